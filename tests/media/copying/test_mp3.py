"""Every segment of an MP3, decoded alone, is the same range of the source's decode: in two decoders."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from server.media.copying.copier import NotCopyable
from server.media.copying.mp3.cut import Mp3Copier, open_mp3
from server.media.decoder import Decoder
from tests.media.copying.mp3_corpus import (
    KINDS,
    by_ffmpeg,
    by_mpg123,
    frames_of,
    info_frame,
    make_mp3,
    protect,
)
from zerokerf.formats import Format

#: mpg123 computes mono and the lower rates in another order: the last bit of a float may differ.
LAST_BIT = 2e-7


@dataclass(frozen=True, slots=True)
class Source:
    path: Path
    copier: Mp3Copier
    binary: Path
    by_ffmpeg: np.ndarray
    by_mpg123: np.ndarray


def decoded(path: Path, binary: Path) -> Source:
    copier = open_mp3(path)
    whole = by_ffmpeg(binary, path, copier.channels)
    other = by_mpg123(path)
    if "no_info" in path.name or "no_reservoir" in path.name:
        other = np.concatenate([other[:529], by_mpg123(_stated(path))])
    return Source(path, copier, binary, whole, other)


def _stated(path: Path) -> Path:
    """libsndfile stops where it guesses the end to be, unless told; told, it leaves out the first 529."""
    frames = frames_of(path.read_bytes())
    stated = path.with_suffix(".stated")
    stated.write_bytes(info_frame(frames[0], name=b"Xing", frames=len(frames)) + path.read_bytes())
    return stated


@pytest.fixture(scope="module", params=KINDS)
def source(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, decoder: Decoder
) -> Source:
    folder = tmp_path_factory.mktemp("mp3")
    return decoded(make_mp3(folder, decoder.binary, request.param), decoder.binary)


@pytest.fixture(scope="module")
def cbr(tmp_path_factory: pytest.TempPathFactory, decoder: Decoder) -> Source:
    return decoded(make_mp3(tmp_path_factory.mktemp("mp3"), decoder.binary, "cbr"), decoder.binary)


def awkward_points(copier: Mp3Copier) -> list[int]:
    rate, edge = copier.sample_rate, 1152 * 60 - 1105
    points = [0, rate // 10, 2 * rate + 1, edge + 1152 * 20, edge + 1152 * 30 - 1, edge + 1152 * 40 + 1]
    points += [round(7.3501 * rate), round(8.333333 * rate), copier.sample_count - rate // 10]
    return [*sorted(point for point in points if point < copier.sample_count), copier.sample_count]


def assert_exact(source: Source, first: int, count: int, folder: Path) -> None:
    output = folder / f"{first}_{count}.mp3"
    source.copier.write(first, count, output)
    again = by_ffmpeg(source.binary, output, source.copier.channels)
    assert np.array_equal(again, source.by_ffmpeg[first : first + count])
    other = by_mpg123(output)
    assert len(other) == count
    assert np.abs(other - source.by_mpg123[first : first + count]).max() <= LAST_BIT


def test_the_index_counts_what_a_decoder_gives(source: Source) -> None:
    copier = source.copier

    assert copier.format is Format.MP3
    assert copier.sample_count == len(source.by_ffmpeg)
    assert (copier.sample_rate, copier.channels) == KINDS[source.path.stem][:2]
    assert not copier.integrity.is_truncated
    assert copier.integrity.resyncs == 0
    assert copier.integrity.expected_samples in (None, copier.sample_count)


def test_every_segment_decodes_alone_to_its_samples(source: Source, tmp_path: Path) -> None:
    points = awkward_points(source.copier)

    for first, end in pairwise(points):
        assert_exact(source, first, end - first, tmp_path)


def test_segments_of_a_few_samples_are_exact_too(source: Source, tmp_path: Path) -> None:
    last = source.copier.sample_count

    for first, count in ((0, 1), (0, 46), (577, 2), (last // 2, 300), (last - 1, 1)):
        assert_exact(source, first, count, tmp_path)


def test_sizes_are_foretold_and_used_up(source: Source, tmp_path: Path) -> None:
    copier, output = source.copier, tmp_path / "segment.mp3"

    for first in (0, 1, 20_011, copier.sample_count - 9000):
        for limit in (4_000, 9_001, 20_000):
            count = copier.fit(first, limit)
            copier.write(first, count, output)

            assert output.stat().st_size == copier.size_bytes(first, count) <= limit
            assert first + count == copier.sample_count or copier.size_bytes(first, count + 1) > limit


def test_a_finished_segment_is_whole_to_the_index(source: Source, tmp_path: Path) -> None:
    points, output = awkward_points(source.copier), tmp_path / "segment.mp3"

    for first, end in pairwise(points):
        source.copier.write(first, end - first, output)
        finished = open_mp3(output)

        assert finished.sample_count == finished.integrity.expected_samples == end - first
        assert not finished.integrity.is_truncated


def test_nothing_fits_where_there_is_no_room_or_no_audio(cbr: Source) -> None:
    total = cbr.copier.sample_count

    assert [cbr.copier.fit(0, limit) for limit in (0, 100, 600)] == [0, 0, 0]
    assert [cbr.copier.fit(first, 10_000) for first in (-1, total, total + 1)] == [0, 0, 0]
    assert cbr.copier.fit(0, 10**12) == total


def test_cuts_can_be_anywhere_and_hide_everything_else(cbr: Source) -> None:
    copier = cbr.copier

    assert [copier.snap(sample) for sample in (-5, 0, 12_345, 10**9)] == [0, 0, 12_345, copier.sample_count]
    assert copier.excess_samples(12_345, 10_000) == 0
    for first, count in ((-1, 10), (0, 0), (0, copier.sample_count + 1)):
        with pytest.raises(ValueError, match="outside"):
            copier.size_bytes(first, count)


def test_a_thousand_segments_do_not_drift(cbr: Source, tmp_path: Path) -> None:
    copier, output = cbr.copier, tmp_path / "segment.mp3"
    points = [copier.sample_count * k // 1000 for k in range(1001)]

    for k, (first, end) in enumerate(pairwise(points)):
        copier.write(first, end - first, output)
        assert open_mp3(output).sample_count == end - first
        if k % 100 == 99:
            assert np.array_equal(by_mpg123(output), cbr.by_mpg123[first:end])


def test_a_segment_can_be_cut_again(cbr: Source, tmp_path: Path) -> None:
    once, twice = tmp_path / "once.mp3", tmp_path / "twice.mp3"

    cbr.copier.write(50_001, 120_003, once)
    open_mp3(once).write(7_777, 40_001, twice)

    assert np.array_equal(by_ffmpeg(cbr.binary, twice, 2), cbr.by_ffmpeg[57_778 : 57_778 + 40_001])


def test_many_threads_write_the_same_bytes(cbr: Source, tmp_path: Path) -> None:
    def write(k: int) -> bytes:
        cbr.copier.write(33_333, 44_444, tmp_path / f"{k}.mp3")
        return (tmp_path / f"{k}.mp3").read_bytes()

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(write, range(32)))) == 1


def test_frames_with_checksums_are_exact(tmp_path: Path, decoder: Decoder) -> None:
    bare = make_mp3(tmp_path, decoder.binary, "cbr_no_info")
    path = tmp_path / "protected_no_info.mp3"
    path.write_bytes(protect(bare.read_bytes()))
    source = decoded(path, decoder.binary)

    assert np.array_equal(source.by_ffmpeg, by_ffmpeg(decoder.binary, bare, 2))
    for first, count in ((0, 5000), (5000, 70_001), (75_001, 33_333)):
        assert_exact(source, first, count, tmp_path)


def test_headers_that_change_from_frame_to_frame_are_exact(tmp_path: Path, decoder: Decoder) -> None:
    frames = frames_of(make_mp3(tmp_path, decoder.binary, "cbr_no_reservoir").read_bytes())
    path = tmp_path / "unlike_no_info.mp3"
    copyrighted = (
        bytes((*frame[:3], frame[3] ^ 8)) + frame[4:] if k % 3 == 2 else frame
        for k, frame in enumerate(frames)
    )
    path.write_bytes(b"".join(copyrighted))
    source = decoded(path, decoder.binary)

    for first in range(100_000, 100_000 + 6 * 1152, 1152):
        assert_exact(source, first, 5001, tmp_path)


@pytest.mark.parametrize("kind", ["cbr_no_info", "vbr_no_info", "mpeg2_no_info"])
def test_a_recording_that_begins_in_the_midst_of_a_stream_is_exact(
    kind: str, tmp_path: Path, decoder: Decoder
) -> None:
    frames = frames_of(make_mp3(tmp_path, decoder.binary, kind).read_bytes())
    path, copied = tmp_path / f"{kind}_late_no_info.mp3", 0

    for start in (30, 47, 81, 105, 120, 133):
        path.write_bytes(b"".join(frames[start:]))
        try:
            source = decoded(path, decoder.binary)
        except NotCopyable:  # so little is missing that mpg123 would take our own bytes for it
            continue
        copied += 1
        assert source.copier.sample_count == len(source.by_ffmpeg)
        for first, count in ((0, 3000), (900, 5000), (1700, 5000), (3000, 20_001)):
            assert_exact(source, first, count, tmp_path)
    assert copied >= 3


def test_a_stream_whose_first_frames_all_lack_data_is_exact(tmp_path: Path, decoder: Decoder) -> None:
    frames = frames_of(make_mp3(tmp_path, decoder.binary, "mpeg2_no_info").read_bytes())
    path, copied = tmp_path / "late.mp3", 0

    for start in range(30, 200):
        late = frames[start:]
        if late[1][4] <= len(late[0]) - 13:  # what the second frame needs is there
            continue
        path.write_bytes(info_frame(late[0], frames=len(late), gaps=(0, 0)) + b"".join(late))
        source = decoded(path, decoder.binary)
        for first in (0, 200, 1100, 1500, 2200):
            assert_exact(source, first, 3000, tmp_path)
        copied += 1
        if copied == 3:
            break
    assert copied
