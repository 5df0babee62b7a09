"""The speech models of one worker: each is loaded once, the default one before there is any work."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from server.speech.models import Model
from server.speech.observed import ObservedRecognizer, OnRecognizing
from server.speech.recognizer import Recognizer
from server.speech.whisper import WhisperRecognizer, WhisperRuntime


class Recognizers:
    """Shared by all tasks of a process."""

    def __init__(self, runtime: WhisperRuntime, on_recognizing: OnRecognizing | None = None) -> None:
        self._runtime = runtime
        self._on_recognizing = on_recognizing
        self._loaded: dict[str, Recognizer] = {}
        self._loading = asyncio.Lock()

    async def get(self, model: Model) -> Recognizer:
        """Raises ConfigError if the model cannot be run here."""
        async with self._loading:
            if model.code not in self._loaded:
                self._loaded[model.code] = await self._load(model)
            return self._loaded[model.code]

    async def _load(self, model: Model) -> Recognizer:
        recognizer = await WhisperRecognizer.load(model.files, self._runtime)
        if self._on_recognizing is None:
            return recognizer
        return ObservedRecognizer(recognizer, self._on_recognizing)

    async def close(self) -> None:
        async with self._loading:
            for recognizer in self._loaded.values():
                await recognizer.close()
            self._loaded.clear()


@asynccontextmanager
async def open_recognizers(
    runtime: WhisperRuntime, default: Model | None, on_recognizing: OnRecognizing | None = None
) -> AsyncIterator[Recognizers]:
    """Raises ConfigError if the default model cannot be run here. Other models are loaded when needed."""
    recognizers = Recognizers(runtime, on_recognizing)
    try:
        if default is not None:
            await recognizers.get(default)
        yield recognizers
    finally:
        await recognizers.close()
