"""Frames in which cuts lie are decoded many at once, and by whoever is told to."""

import asyncio
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from server.media.copying.flac.crc import crc16_of_run
from server.media.copying.flac.cut import FlacCopier, open_flac
from server.media.copying.flac.decode import FrameRequest, Samples, decode_here
from server.media.copying.flac.index import read_index
from server.media.copying.flac.limited import LimitedFrames
from tests.media.conftest import Room
from tests.media.copying.flac_sources import SOURCES
from zerokerf.errors import CorruptFile

KINDS = ["16 bit", "24 bit, 96 kHz", "20 bit", "8 channels", "giant blocks", "variable blocks"]


class Counting:
    """Decodes, and remembers how many frames it was asked for each time."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    def __call__(self, request: FrameRequest) -> Sequence[Samples | None]:
        self.asked.append(len(request.frames))
        return decode_here(request)


def source_of(kind: str, folder: Path) -> Path:
    path = folder / "source.flac"
    SOURCES[kind](path)
    return path


def bounds_of(copier: FlacCopier, count: int) -> list[int]:
    return [copier.sample_count * place // count for place in range(count + 1)]


def segments(copier: FlacCopier, bounds: list[int], folder: Path) -> list[bytes]:
    path, found = folder / "segment.flac", []
    for first, end in pairwise(bounds):
        copier.write(first, end - first, path)
        found.append(path.read_bytes())
    return found


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("kind", KINDS)
async def test_a_limited_process_gives_the_same_segments(kind: str, room: Room) -> None:
    path = source_of(kind, room.folder)
    here = open_flac(path)
    bounds = bounds_of(here, 5)
    elsewhere = open_flac(path, LimitedFrames(room.prober))
    elsewhere.expect(bounds)

    made = await asyncio.to_thread(segments, elsewhere, bounds, room.folder)

    assert made == segments(here, bounds, room.folder)


def test_what_is_expected_is_decoded_at_once(tmp_path: Path) -> None:
    decode = Counting()
    copier = open_flac(source_of("16 bit", tmp_path), decode)
    bounds = bounds_of(copier, 9)

    copier.expect(bounds)
    segments(copier, bounds, tmp_path)

    assert decode.asked == [8]


def test_a_hundred_cuts_are_decoded_in_a_few_portions(tmp_path: Path) -> None:
    decode = Counting()
    copier = open_flac(source_of("tiny blocks", tmp_path), decode)
    bounds = [0, *range(100, 22_000, 97), copier.sample_count]

    copier.expect(bounds)
    made = segments(copier, bounds, tmp_path)

    assert len(decode.asked) <= 10
    assert max(decode.asked) <= 65
    assert made == segments(open_flac(copier._index.path), bounds, tmp_path)


def test_what_nobody_expected_is_decoded_too(tmp_path: Path) -> None:
    decode = Counting()
    copier = open_flac(source_of("16 bit", tmp_path), decode)

    copier.expect([50_000])
    copier.write(10_001, 20_000, tmp_path / "segment.flac")

    assert len(decode.asked) == 2


def test_cuts_between_frames_decode_nothing(tmp_path: Path) -> None:
    decode = Counting()
    copier = open_flac(source_of("16 bit", tmp_path), decode)

    copier.expect([0, 4096, 40_960])
    copier.write(4096, 36_864, tmp_path / "segment.flac")

    assert decode.asked == []


@pytest.mark.asyncio(loop_scope="session")
async def test_a_frame_that_does_not_decode_is_damage(room: Room) -> None:
    """Its checksum is right, but its first subframe is of no kind that exists."""
    path = source_of("16 bit", room.folder)
    index = read_index(path)
    data = bytearray(path.read_bytes())
    start, body = int(index.frame_offsets[3]), int(index.body_offsets[3])
    end = body + int(index.body_lengths[3])
    data[body] = 0x7E
    data[end : end + 2] = crc16_of_run(np.frombuffer(data[start:end], np.uint8)).to_bytes(2, "big")
    path.write_bytes(data)

    for decode in (decode_here, LimitedFrames(room.prober)):
        copier = open_flac(path, decode)
        await asyncio.to_thread(copier.write, 0, 3 * 4096, room.folder / "whole.flac")
        with pytest.raises(CorruptFile):
            await asyncio.to_thread(copier.write, 0, 3 * 4096 + 100, room.folder / "cut.flac")
