"""Every segment of an MP4 file, decoded alone, holds exactly its samples of the source."""

import shutil
import subprocess
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.media.copying.mp4.cut import M4aCopier, open_m4a
from tests.media.copying.m4a_tools import FFMPEG, RATE, SOURCES, by_ffmpeg, by_pyav, encode
from tests.media.corpus import ffmpeg
from zerokerf.formats import Format

PACKET = 1024


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("m4a")


@pytest.fixture(scope="session")
def made(folder: Path) -> Callable[[str], Path]:
    """Each source by its name, encoded when it is first asked for."""

    def make(name: str) -> Path:
        rate, channels, options = SOURCES[name]
        path = folder / name
        return path if path.exists() else encode(path, rate, channels, options)

    return make


@pytest.fixture
def plain(made: Callable[[str], Path]) -> M4aCopier:
    return open_m4a(made("plain.m4a"))


def write(copier: M4aCopier, first: int, count: int, path: Path) -> Path:
    copier.write(first, count, path)
    assert path.stat().st_size == copier.size_bytes(first, count)
    return path


def awkward_cuts(count: int, rate: int) -> list[int]:
    """At the edges of packets and one sample off, at odd places, and 0.1 s from start and end."""
    edge = 30 * PACKET
    places = (0.1, 0.73501, 0.9, 1.333333)
    inside = [edge - 1, edge, edge + 1, *(round(place * rate) for place in places), count - rate // 10]
    return sorted({0, count, *(place for place in inside if 0 < place < count)})


@pytest.mark.parametrize("name", SOURCES)
def test_each_segment_alone_is_its_part_of_the_source_bit_for_bit(
    name: str, made: Callable[[str], Path], tmp_path: Path
) -> None:
    source = made(name)
    copier = open_m4a(source)
    whole, whole_by_another = by_ffmpeg(source), by_pyav(source)

    assert copier.sample_count == len(whole)
    assert (copier.sample_rate, copier.channels) == SOURCES[name][:2]
    for first, end in pairwise(awkward_cuts(copier.sample_count, copier.sample_rate)):
        segment = write(copier, first, end - first, tmp_path / "segment.m4a")
        np.testing.assert_array_equal(by_ffmpeg(segment), whole[first:end])
        by_another = by_pyav(segment)
        np.testing.assert_array_equal(by_another[: end - first], whole_by_another[first:end])
        assert len(by_another) - (end - first) < PACKET


def test_segments_in_a_row_are_the_whole(
    plain: M4aCopier, made: Callable[[str], Path], tmp_path: Path
) -> None:
    cuts = [plain.sample_count * part // 7 for part in range(8)]

    parts = [
        by_ffmpeg(write(plain, first, end - first, tmp_path / f"{first}.m4a"))
        for first, end in pairwise(cuts)
    ]

    np.testing.assert_array_equal(np.concatenate(parts), by_ffmpeg(made("plain.m4a")))


@pytest.mark.parametrize("first", [0, 1, 500, PACKET - 1, 20 * PACKET, 20 * PACKET + 1023, 142_570])
@pytest.mark.parametrize("count", [1, 2, 441])
def test_even_a_segment_shorter_than_a_packet_is_exact(
    first: int, count: int, plain: M4aCopier, made: Callable[[str], Path], tmp_path: Path
) -> None:
    count = min(count, plain.sample_count - first)

    segment = write(plain, first, count, tmp_path / "segment.m4a")

    np.testing.assert_array_equal(by_ffmpeg(segment), by_ffmpeg(made("plain.m4a"))[first : first + count])


def test_a_thousand_segments_do_not_drift(
    plain: M4aCopier, made: Callable[[str], Path], tmp_path: Path
) -> None:
    cuts = [plain.sample_count * part // 1000 for part in range(1001)]
    whole = by_ffmpeg(made("plain.m4a"))

    for index, (first, end) in enumerate(pairwise(cuts)):
        segment = write(plain, first, end - first, tmp_path / "segment.m4a")
        assert open_m4a(segment).sample_count == end - first
        if index % 111 == 0:
            np.testing.assert_array_equal(by_ffmpeg(segment), whole[first:end])


def test_a_segment_can_be_cut_again(plain: M4aCopier, made: Callable[[str], Path], tmp_path: Path) -> None:
    once = open_m4a(write(plain, 12_345, 60_000, tmp_path / "once.m4a"))
    twice = write(once, 1_000, 30_000, tmp_path / "twice.m4a")

    np.testing.assert_array_equal(by_ffmpeg(twice), by_ffmpeg(made("plain.m4a"))[13_345:43_345])


def test_the_first_track_of_sound_is_cut_out_of_a_film(folder: Path, tmp_path: Path) -> None:
    picture = ("-f", "lavfi", "-i", "testsrc=s=64x48:r=10:d=3")
    tone = ("-f", "lavfi", "-i", "sine=440:r=48000:d=3")
    streams = ("-map", "1:v", "-map", "0:a", "-map", "2:a", "-c:v", "mpeg4", "-c:a", "aac", "-aac_pns", "0")
    film = encode(folder / "film.mp4", RATE, 2, (*picture, *tone, *streams))
    copier = open_m4a(film)

    segment = write(copier, 40_000, 50_001, tmp_path / "segment.m4a")

    np.testing.assert_array_equal(by_ffmpeg(segment), by_ffmpeg(film)[40_000:90_001])
    assert copier.sample_count == len(by_ffmpeg(film))


def test_chapters_and_cover_do_not_disturb(folder: Path, tmp_path: Path) -> None:
    chapters = folder / "chapters.txt"
    chapters.write_text(";FFMETADATA1\ntitle=Book\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=900\ntitle=One\n")
    ffmpeg(FFMPEG, "-f", "lavfi", "-i", "testsrc=s=64x48", "-frames:v", "1", folder / "cover.png")
    more = (
        "-i",
        str(chapters),
        "-i",
        str(folder / "cover.png"),
        "-map",
        "0:a",
        "-map",
        "2:v",
        "-c:v",
        "copy",
    )
    options = ("-map_metadata", "1", "-map_chapters", "1", "-disposition:v", "attached_pic", "-f", "ipod")
    book = encode(folder / "book.m4a", RATE, 2, (*more, *options, "-c:a", "aac", "-aac_pns", "0"))
    copier = open_m4a(book)

    segment = write(copier, 10_000, 100_000, tmp_path / "segment.m4a")

    np.testing.assert_array_equal(by_ffmpeg(segment), by_ffmpeg(book)[10_000:110_000])


def test_noise_made_up_by_the_decoder_leaves_lengths_exact(folder: Path, tmp_path: Path) -> None:
    source = encode(folder / "noise.m4a", RATE, 2, ("-c:a", "aac", "-b:a", "96k"))
    copier = open_m4a(source)

    segment = write(copier, 33_333, 50_000, tmp_path / "segment.m4a")

    assert copier.sample_count == len(by_ffmpeg(source))
    assert len(by_ffmpeg(segment)) == 50_000


@pytest.mark.skipif(shutil.which("faad") is None, reason="faad is not installed")
def test_a_decoder_of_other_origin_hears_the_same(
    plain: M4aCopier, made: Callable[[str], Path], tmp_path: Path
) -> None:
    """faad knows no edit lists: it plays whole packets behind the first."""
    whole = _by_faad(made("plain.m4a"), tmp_path)
    first = 50 * PACKET + 77

    segment = _by_faad(write(plain, first, 40_000, tmp_path / "segment.m4a"), tmp_path)

    np.testing.assert_array_equal(segment, whole[first - 77 : first - 77 + len(segment)])
    assert 40_000 <= len(segment) - 77 < 40_000 + PACKET


def _by_faad(path: Path, folder: Path) -> np.ndarray:
    argv = ["faad", "-q", "-b", "4", "-f", "2", "-o", str(folder / "raw"), str(path)]
    subprocess.run(argv, check=True, timeout=60, capture_output=True)
    return np.fromfile(folder / "raw", np.float32).reshape(-1, 2)


def test_the_same_call_writes_the_same_bytes(plain: M4aCopier, tmp_path: Path) -> None:
    twice = [write(plain, 777, 50_000, tmp_path / f"{run}.m4a").read_bytes() for run in range(2)]

    assert twice[0] == twice[1]


def test_it_says_what_it_is(plain: M4aCopier) -> None:
    assert plain.format is Format.M4A
    assert [plain.snap(sample) for sample in (-5, 0, 777, 10**9)] == [0, 0, 777, plain.sample_count]
    assert plain.excess_samples(5, 50_000) == 0


@pytest.mark.parametrize(("first", "count"), [(-1, 5), (0, 0), (0, 142_572), (142_571, 1)])
def test_samples_that_are_not_there_are_refused(first: int, count: int, plain: M4aCopier) -> None:
    with pytest.raises(ValueError, match="are not there"):
        plain.size_bytes(first, count)


@settings(deadline=None, max_examples=200)
@given(place=st.floats(0, 1), max_bytes=st.integers(0, 60_000))
def test_as_much_fits_as_can(place: float, max_bytes: int, made: Callable[[str], Path]) -> None:
    copier = open_m4a(made("plain.m4a"))
    first = int(place * (copier.sample_count - 1))

    count = copier.fit(first, max_bytes)

    assert 0 <= count <= copier.sample_count - first
    assert count == 0 or copier.size_bytes(first, count) <= max_bytes
    assert first + count == copier.sample_count or copier.size_bytes(first, count + 1) > max_bytes
