"""Segments of FLAC decode, each on its own, to exactly their samples, by ffmpeg and by libFLAC."""

import random
import shutil
import subprocess
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile

from server.media.copying.flac.cut import FlacCopier, open_flac
from tests.media.copying.flac_sources import FFMPEG, SOURCES

HEAD_BYTES = 42


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("flac")


@pytest.fixture(scope="session", params=SOURCES)
def source(request: pytest.FixtureRequest, folder: Path) -> Path:
    path = folder / f"{request.param}.flac"
    SOURCES[request.param](path)
    return path


@pytest.fixture(scope="session")
def plain(folder: Path) -> Path:
    path = folder / "plain.flac"
    SOURCES["16 bit"](path)
    return path


def by_ffmpeg(path: Path, channels: int) -> np.ndarray:
    """Without a complaint, but for the tags that are no FLAC in some sources."""
    options = ["-map", "0:a:0", "-f", "s32le", "pipe:1"]
    argv: list[str | Path] = [FFMPEG, "-nostdin", "-v", "warning", "-i", path, *options]
    done = subprocess.run(argv, check=True, capture_output=True, timeout=60)
    assert done.stderr == b"" or path.parent.name.startswith("flac"), done.stderr
    return np.frombuffer(done.stdout, np.int32).reshape(-1, channels)


def by_libflac(path: Path) -> np.ndarray:
    """In libsndfile, or for the depths it does not know in the flac program."""
    readable = path
    if bits_of(path) not in (8, 16, 24):
        readable = path.with_suffix(".decoded.wav")
        argv: list[str | Path] = [flac_program(), "-d", "-s", "-f", "-o", readable, path]
        subprocess.run(argv, check=True, capture_output=True, timeout=60)
    samples: np.ndarray = soundfile.read(readable, dtype="int32", always_2d=True)[0]
    return samples


def bits_of(path: Path) -> int:
    data = path.read_bytes()
    at = data.index(b"fLaC") + 20
    return ((data[at] & 1) << 4 | data[at + 1] >> 4) + 1


def flac_program() -> str:
    tool = shutil.which("flac")
    if tool is None:
        pytest.skip("the flac program is not installed")
    return tool


def write(copier: FlacCopier, first: int, stop: int, path: Path) -> Path:
    copier.write(first, stop - first, path)
    assert path.stat().st_size == copier.size_bytes(first, stop - first)
    return path


def awkward_places(copier: FlacCopier, block: int) -> list[int]:
    """Edges of blocks, samples around them, and thirds of a sample number that nothing divides."""
    edge = min(5 * block, copier.sample_count // 2 // block * block) or block
    places = {0, 1, edge - 17, edge - 15, edge - 1, edge, edge + 1, edge + 16, copier.sample_count}
    places |= {copier.sample_count // 3, copier.sample_count * 2 // 3 + 1, copier.sample_count - 1}
    return sorted(place for place in places if 0 <= place <= copier.sample_count)


def block_of(path: Path) -> int:
    data = path.read_bytes()
    at = data.index(b"fLaC")
    return int.from_bytes(data[at + 10 : at + 12], "big")


def test_every_segment_holds_exactly_its_samples_for_two_decoders(source: Path, tmp_path: Path) -> None:
    copier = open_flac(source)
    whole = by_ffmpeg(source, copier.channels)
    places = awkward_places(copier, block_of(source))

    assert copier.sample_count == len(whole)
    for first, stop in pairwise(places):
        segment = write(copier, first, stop, tmp_path / f"{first}.flac")
        np.testing.assert_array_equal(
            by_ffmpeg(segment, copier.channels), whole[first:stop], f"{first} to {stop}"
        )
        np.testing.assert_array_equal(by_libflac(segment), whole[first:stop], f"{first} to {stop}")


def test_flac_accepts_every_segment(source: Path, tmp_path: Path) -> None:
    copier = open_flac(source)

    places = awkward_places(copier, block_of(source))
    segments = [write(copier, first, stop, tmp_path / f"{first}.flac") for first, stop in pairwise(places)]

    argv: list[str | Path] = [flac_program(), "-t", "-s", *segments]
    done = subprocess.run(argv, check=False, capture_output=True, text=True, timeout=60)
    complaints = [line for line in done.stderr.splitlines() if "cannot check MD5" not in line]
    assert (done.returncode, complaints) == (0, [])


def test_a_segment_can_be_cut_again(plain: Path, tmp_path: Path) -> None:
    samples = by_libflac(plain)
    open_flac(plain).write(5_001, 60_000, tmp_path / "once.flac")
    again = open_flac(tmp_path / "once.flac")

    again.write(12_345, 20_002, tmp_path / "twice.flac")

    assert again.sample_count == 60_000
    np.testing.assert_array_equal(by_libflac(tmp_path / "twice.flac"), samples[17_346 : 17_346 + 20_002])


def test_a_thousand_segments_do_not_drift(plain: Path, tmp_path: Path) -> None:
    copier = open_flac(plain)
    places = [round(number * copier.sample_count / 1000) for number in range(1001)]

    whole = by_libflac(plain)
    for first, stop in list(pairwise(places))[::25]:
        segment = write(copier, first, stop, tmp_path / "segment.flac")
        np.testing.assert_array_equal(by_libflac(segment), whole[first:stop])


def test_the_same_call_writes_the_same_bytes(plain: Path, tmp_path: Path) -> None:
    once, twice = tmp_path / "once.flac", tmp_path / "twice.flac"
    open_flac(plain).write(100, 50_000, once)
    open_flac(plain).write(100, 50_000, twice)

    assert once.read_bytes() == twice.read_bytes()


def test_a_limit_is_filled_to_the_last_sample(source: Path) -> None:
    copier = open_flac(source)
    rng = random.Random(5)
    whole = copier.size_bytes(0, copier.sample_count)
    for _ in range(150):
        first = rng.choice((0, rng.randrange(copier.sample_count), block_of(source) - rng.randrange(1, 20)))
        first = min(max(0, first), copier.sample_count - 1)
        limit = rng.choice((rng.randrange(HEAD_BYTES, 200), rng.randrange(whole), whole * 2))
        count = copier.fit(first, limit)

        assert count == 0 or copier.size_bytes(first, count) <= limit
        assert first + count == copier.sample_count or copier.size_bytes(first, count + 1) > limit


def test_no_longer_segment_would_fit_either(plain: Path) -> None:
    copier = open_flac(plain)
    for first, limit in ((0, 9_000), (4_090, 19_000), (5_000, 45)):
        sizes = [copier.size_bytes(first, count) for count in range(1, 9_000)]

        assert copier.fit(first, limit) == max(
            (count for count, size in enumerate(sizes, 1) if size <= limit), default=0
        )


def test_every_sample_is_a_place_to_cut(plain: Path) -> None:
    copier = open_flac(plain)

    assert [copier.snap(place) for place in (-3, 0, 4_097, 10**9)] == [0, 0, 4_097, copier.sample_count]
    assert copier.excess_samples(0, 100) == 0
    assert (copier.sample_rate, copier.channels) == (44_100, 2)


def test_ranges_outside_of_the_recording_are_mistakes(plain: Path, tmp_path: Path) -> None:
    copier = open_flac(plain)
    for first, count in ((-1, 10), (0, 0), (copier.sample_count, 1), (5, copier.sample_count)):
        with pytest.raises(ValueError, match="no samples"):
            copier.write(first, count, tmp_path / "never.flac")
    assert not (tmp_path / "never.flac").exists()
