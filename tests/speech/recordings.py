"""Real speech with known words, from a package that carries readings, and files as the room hears them."""

import re
import wave
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path

import numpy as np
from faster_whisper import decode_audio

from server.speech.recognizer import SAMPLE_RATE, Samples

TALE = (
    "It was the best of times, it was the worst of times, it was the age of wisdom, it was the age of "
    "foolishness, it was the epoch of belief, it was the epoch of incredulity, it was the season of light, "
    "it was the season of darkness, it was the spring of hope, it was the winter of despair. We had "
    "everything before us, we had nothing before us, we were all going direct to heaven, we were all going "
    "direct the other way. In short, the period was so far like the present period, that some of its "
    "noisiest authorities insisted on its being received, for good or for evil, in the superlative degree "
    "of comparison only."
)
WORSTWARD = "Ever tried. Ever failed. No matter. Try again. Fail again. Fail better."


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    samples: Samples
    words: list[str]


@dataclass(frozen=True, slots=True, eq=False)
class Readings:
    """`play` is a scene of questions and answers; nobody wrote its words down for us."""

    tale: Reading
    worstward: Reading
    play: Samples


def load_readings() -> Readings:
    return Readings(
        tale=Reading(_samples("two_cities.wav"), words_in(TALE)),
        worstward=Reading(_samples("beckett.wav"), words_in(WORSTWARD)),
        play=_samples("endgame_nagg_nell.wav"),
    )


def silence(seconds: float) -> Samples:
    return np.zeros(int(seconds * SAMPLE_RATE), np.float32)


def noise(seconds: float, loudness: float = 0.1) -> Samples:
    random = np.random.default_rng(7)
    return (random.standard_normal(int(seconds * SAMPLE_RATE)) * loudness).astype(np.float32)


def write(path: Path, *parts: Samples) -> Path:
    samples = np.concatenate([silence(0), *parts])
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes(np.clip(np.rint(samples * 32768), -32768, 32767).astype("<i2").tobytes())
    return path


def words_in(text: str) -> list[str]:
    return re.findall(r"[a-z']+", text.lower())


def word_error_rate(reference: list[str], found: list[str]) -> float:
    """Words to change, leave out or put in, for each word of the reference."""
    distances = list(range(len(found) + 1))
    for row, wanted in enumerate(reference, start=1):
        before, distances[0] = distances[0], row
        for column, got in enumerate(found, start=1):
            cheapest = min(distances[column] + 1, distances[column - 1] + 1, before + (wanted != got))
            before, distances[column] = distances[column], cheapest
    return distances[-1] / len(reference)


def _samples(name: str) -> Samples:
    with as_file(files("moonshine_voice") / "assets" / name) as path:
        samples: Samples = decode_audio(str(path))
    return samples
