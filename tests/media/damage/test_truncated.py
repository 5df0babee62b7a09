"""A recording that ends too early is split as far as it goes, and everybody is told."""

from pathlib import Path

import numpy as np
import pytest

from tests.media.conftest import Room
from tests.media.corpus import SOURCES, ffmpeg
from tests.media.damage.trying import Outcome, assert_told, outcome_of
from zerokerf.errors import CorruptFile, UnsupportedFormat

pytestmark = pytest.mark.asyncio(loop_scope="session")

#: The index of these comes at their end, and is gone with it.
INDEX_LAST = ("aac.m4a", "alac.m4a")
NAMES = (*SOURCES, "front aac.m4a", "front alac.m4a")
#: They say how long they are in a place that a cut leaves alone.
ANNOUNCING = tuple(
    name for name in NAMES if name.endswith((".wav", ".flac", ".mp3", ".w64")) or name.startswith("front ")
)
SILENT_ABOUT_IT = ("adpcm.wav", "no_xing.mp3")
KEPT = (0.1, 0.333, 0.5, 0.5003, 0.777, 0.99)
#: What is left of the last frame becomes samples that are not those of the whole file.
FRAGMENT_SAMPLES = 3 * 1152


def recording(sources: Path, room: Room, name: str) -> Path:
    if not name.startswith("front "):
        return sources / name
    path = room.folder / "front.m4a"
    original = sources / name.removeprefix("front ")
    ffmpeg(room.decoder.binary, "-i", original, "-c", "copy", "-movflags", "+faststart", path)
    return path


async def cut_off(room: Room, data: bytes, kept_bytes: int) -> Outcome:
    path = room.folder / "cut"
    path.write_bytes(data[:kept_bytes])
    return await outcome_of(room, path)


@pytest.mark.parametrize("name", NAMES)
async def test_a_whole_file_is_called_whole(name: str, sources: Path, room: Room) -> None:
    outcome = await outcome_of(room, recording(sources, room, name))

    assert (outcome.error, outcome.refused, outcome.notes) == (None, None, ())


@pytest.mark.parametrize("name", [name for name in NAMES if name not in INDEX_LAST])
async def test_what_is_left_is_decoded_and_what_is_missing_is_told(
    name: str, sources: Path, room: Room
) -> None:
    data = recording(sources, room, name).read_bytes()
    whole = await cut_off(room, data, len(data))
    before = whole.samples.copy() if whole.decoded and whole.decoded.pcm.frame_bytes == 4 else None

    found = [0]
    for kept in KEPT:
        cut = await cut_off(room, data, int(len(data) * kept))
        if cut.error is not None:
            assert isinstance(cut.error, CorruptFile)
            assert kept < 0.4, "only headers and a page of audio may be too large to leave anything"
            continue
        assert found[-1] <= cut.found_samples <= whole.found_samples
        assert_told(cut)
        if name in ANNOUNCING and name not in SILENT_ABOUT_IT:
            assert cut.expected_samples == whole.found_samples
        if before is not None:
            sure = cut.found_samples - FRAGMENT_SAMPLES
            np.testing.assert_array_equal(cut.samples[:sure], before[:sure])
        found.append(cut.found_samples)


@pytest.mark.parametrize("name", INDEX_LAST)
async def test_an_mp4_without_its_index_is_lost(name: str, sources: Path, room: Room) -> None:
    data = (sources / name).read_bytes()

    for kept in KEPT:
        assert isinstance((await cut_off(room, data, int(len(data) * kept))).error, CorruptFile)


@pytest.mark.parametrize("name", NAMES)
async def test_a_piece_of_a_header_is_no_recording(name: str, sources: Path, room: Room) -> None:
    data = recording(sources, room, name).read_bytes()

    for kept_bytes in (0, 1, 3, 11, 27, 43):
        cut = await cut_off(room, data, kept_bytes)
        assert isinstance(cut.error, CorruptFile | UnsupportedFormat)
