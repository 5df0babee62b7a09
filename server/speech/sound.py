"""A decoded recording on disk: a WAV of one channel, 16 bits and 16 kHz."""

import wave
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np

from server.speech.recognizer import SAMPLE_RATE, Samples


@dataclass(frozen=True, slots=True)
class Sound:
    """Blocking to open and to read. No more is in memory than what is asked for."""

    path: Path
    sample_count: int

    @classmethod
    def open(cls, path: Path) -> Self:
        """Raises ValueError for a file of any other kind: decoding makes them, nobody uploads them."""
        with wave.open(str(path), "rb") as file:
            if (file.getnchannels(), file.getsampwidth(), file.getframerate()) != (1, 2, SAMPLE_RATE):
                raise ValueError("speech is heard in 16 bits, 16 kHz and one channel")
            return cls(path, file.getnframes())

    @property
    def duration_ms(self) -> int:
        return self.sample_count * 1000 // SAMPLE_RATE

    def read(self, first_sample: int, end_sample: int) -> Samples:
        """Raises ValueError where the file has become shorter."""
        with wave.open(str(self.path), "rb") as file:
            file.setpos(first_sample)
            data = file.readframes(end_sample - first_sample)
        if len(data) != 2 * (end_sample - first_sample):
            raise ValueError("the decoded recording is shorter than it was")
        return samples_of(data)


def samples_of(data: bytes) -> Samples:
    """Of 16 bits each."""
    return np.frombuffer(data, "<i2").astype(np.float32) / np.float32(32768)
