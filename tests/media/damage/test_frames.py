"""Frames of a damaged file are counted from gap to gap, in bounded time whatever a file holds."""

import random
import time
from pathlib import Path

import pytest

from server.media.copying.opened import opened
from server.media.frame_losses import ADTS_FRAMES, MPEG_FRAMES, FrameKind, FrameLosses, count_losses

MPEG_FRAME = b"\xff\xfb\x90\x00" + bytes(413)
ADTS_FRAME = b"\xff\xf1\x50\x80\x0c\xbf\xfc" + bytes(94)
FRAMES = {"mpeg": (MPEG_FRAMES, MPEG_FRAME), "adts": (ADTS_FRAMES, ADTS_FRAME)}


def losses(folder: Path, kind: FrameKind, content: bytes) -> FrameLosses:
    path = folder / "frames"
    path.write_bytes(content)
    with opened(path) as file:
        return count_losses(file, 0, len(content), kind)


@pytest.fixture(params=FRAMES)
def case(request: pytest.FixtureRequest) -> tuple[FrameKind, bytes]:
    return FRAMES[request.param]


def test_frames_without_a_gap_are_whole(case: tuple[FrameKind, bytes], tmp_path: Path) -> None:
    kind, frame = case

    assert losses(tmp_path, kind, frame * 5_000) == FrameLosses(5_000, 0, is_cut_off=False)


@pytest.mark.parametrize("gap_bytes", [1, 7, 20_000, 3 << 20])
def test_each_gap_is_one_loss(case: tuple[FrameKind, bytes], gap_bytes: int, tmp_path: Path) -> None:
    kind, frame = case
    gap = bytes(gap_bytes)

    found = losses(tmp_path, kind, frame * 9 + gap + frame * 2 + gap + frame * 300)

    assert found == FrameLosses(311, 2, is_cut_off=False)


def test_what_lies_around_the_frames_is_no_loss(case: tuple[FrameKind, bytes], tmp_path: Path) -> None:
    kind, frame = case

    found = losses(tmp_path, kind, bytes(5_000) + frame * 9 + b"TAG" + bytes(125))

    assert found == FrameLosses(9, 0, is_cut_off=False)


def test_a_last_frame_that_is_not_whole_is_cut_off(case: tuple[FrameKind, bytes], tmp_path: Path) -> None:
    kind, frame = case

    assert losses(tmp_path, kind, frame * 9 + frame[:-1]) == FrameLosses(9, 0, is_cut_off=True)


def test_one_frame_in_a_gap_is_taken_for_chance(case: tuple[FrameKind, bytes], tmp_path: Path) -> None:
    kind, frame = case
    gap = bytes(500) + frame + bytes(500)

    assert losses(tmp_path, kind, frame * 9 + gap + frame * 9) == FrameLosses(18, 1, is_cut_off=False)


HOSTILE = {
    "nothing but sync words": b"\xff\xfb" * (4 << 20),
    "nothing but headers": b"\xff\xfb\x90\x00" * (2 << 20),
    "a gap after every second frame": (MPEG_FRAME * 2 + b"\0") * 12_000,
    "noise": random.Random(1).randbytes(8 << 20),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_takes_bounded_time(name: str, tmp_path: Path) -> None:
    started = time.process_time()

    found = losses(tmp_path, MPEG_FRAMES, HOSTILE[name])

    assert time.process_time() - started < 10
    assert found.resyncs <= 10_000
