"""The bundled model, loaded once, and the readings that it is tried on."""

import asyncio
from collections.abc import Iterator

import pytest

from server.speech.listening import SpeechDetector
from server.speech.model_files import ModelFiles
from server.speech.models import bundled_model
from server.speech.whisper import WhisperRecognizer, WhisperRuntime
from tests.speech.recordings import Readings, load_readings


@pytest.fixture(scope="session")
def readings() -> Readings:
    return load_readings()


@pytest.fixture(scope="session")
def model_files() -> ModelFiles:
    return ModelFiles.open(bundled_model())


@pytest.fixture(scope="session")
def recognizer(model_files: ModelFiles) -> Iterator[WhisperRecognizer]:
    recognizer = asyncio.run(WhisperRecognizer.load(model_files, WhisperRuntime(threads=2)))
    yield recognizer
    asyncio.run(recognizer.close())


@pytest.fixture(scope="session")
def detector() -> Iterator[SpeechDetector]:
    detector = SpeechDetector(threads=2)
    yield detector
    asyncio.run(detector.close())
