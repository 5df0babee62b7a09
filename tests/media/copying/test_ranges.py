"""Segments described as ranges of their source, beside the files that are written of them."""

import random
from pathlib import Path

import numpy as np
import pytest

from server.media.copying.stretch import Stretch, Stretching
from server.media.copying.wav_cut import open_wav
from server.media.wav import build_header


def bytes_of(stretch: Stretch, source: Path) -> bytes:
    with source.open("rb") as file:
        file.seek(stretch.offset)
        return stretch.head + file.read(stretch.size_bytes) + stretch.tail


def wav(folder: Path, block_bytes: int, samples: int, *, start: bytes = b"RIFF") -> Path:
    """Of 8 bits a sample, so that files of one channel can have an odd length."""
    shape = (
        np.array([1, block_bytes], "<u2").tobytes() + np.array([8000, 8000 * block_bytes], "<u4").tobytes()
    )
    head = build_header(shape + np.array([block_bytes, 8], "<u2").tobytes(), block_bytes, samples)
    path = folder / f"{block_bytes}.wav"
    path.write_bytes(start + head[4:] + random.Random(samples).randbytes(samples * block_bytes) + b"more")
    return path


@pytest.mark.parametrize("channels", [1, 2, 3])
def test_a_range_with_its_ends_is_the_file_that_would_be_written(tmp_path: Path, channels: int) -> None:
    source, output = wav(tmp_path, channels, 5001), tmp_path / "out.wav"
    copier = open_wav(source)
    assert isinstance(copier, Stretching)
    chance = random.Random(channels)
    for _ in range(100):
        first = chance.randrange(5001)
        count = chance.randrange(1, 5001 - first + 1)

        stretch = copier.stretch(first, count)

        copier.write(first, count, output)
        assert bytes_of(stretch, source) == output.read_bytes()
        assert stretch.file_bytes == copier.size_bytes(first, count) == output.stat().st_size


def test_a_range_of_a_long_recording_is_said_without_reading_it(tmp_path: Path) -> None:
    source = tmp_path / "long.wav"
    shape = np.array([1, 1], "<u2").tobytes() + np.array([48000, 48000], "<u4").tobytes()
    samples = 6 << 30
    head = build_header(shape + np.array([1, 8], "<u2").tobytes(), 1, samples)
    with source.open("wb") as file:
        file.write(head)
        file.truncate(len(head) + samples)

    stretch = open_wav(source).stretch(7, samples - 7)

    assert (stretch.offset, stretch.size_bytes, stretch.tail) == (len(head) + 7, samples - 7, b"\0")
    assert stretch.head[:4] == b"RF64"


def test_a_range_that_is_not_there_is_refused(tmp_path: Path) -> None:
    copier = open_wav(wav(tmp_path, 2, 100))
    assert isinstance(copier, Stretching)
    with pytest.raises(ValueError, match="no 2 samples"):
        copier.stretch(99, 2)
