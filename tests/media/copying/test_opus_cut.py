"""Opus: every segment, decoded alone by FFmpeg and by libopus, holds exactly its samples."""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from server.media.copying.ogg.opus_cut import OpusCopier, open_opus
from tests.media.copying.ogg_tools import (
    DECODERS,
    assert_exact,
    by_ffmpeg,
    by_libsndfile,
    encode,
    packets_of,
    pages_of,
    write,
)
from zerokerf.formats import Format

OPUS = ("-c:a", "libopus")
#: How ffmpeg makes each source, and how many channels it has.
CELT: dict[str, tuple[tuple[str, ...], int]] = {
    "usual": ((*OPUS, "-b:a", "96k"), 2),
    "mono": ((*OPUS, "-b:a", "64k"), 1),
    "constant": ((*OPUS, "-b:a", "128k", "-vbr", "off"), 2),
    "2.5ms": ((*OPUS, "-b:a", "96k", "-frame_duration", "2.5", "-application", "lowdelay"), 2),
    "60ms": ((*OPUS, "-b:a", "96k", "-frame_duration", "60"), 2),
    "120ms": ((*OPUS, "-b:a", "96k", "-frame_duration", "120"), 2),
    "surround": ((*OPUS, "-b:a", "320k", "-mapping_family", "1"), 6),
    "discrete": ((*OPUS, "-b:a", "192k", "-mapping_family", "255"), 3),
}
SPEECH: dict[str, tuple[tuple[str, ...], int]] = {
    "silk": ((*OPUS, "-b:a", "12k", "-application", "voip"), 1),
    "hybrid": ((*OPUS, "-b:a", "28k", "-application", "voip"), 1),
}
SAMPLES = 333_333  # of 44.1 kHz
PACKET = 960


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("opus")


@pytest.fixture(scope="module")
def source(folder: Path) -> Callable[[str], Path]:
    """A source by its name, made when it is first asked for."""

    def find(name: str) -> Path:
        path = folder / f"{name}.opus"
        if not path.exists():
            options, channels = {**CELT, **SPEECH}[name]
            encode(path, *options, samples=SAMPLES, channels=channels)
        return path

    return find


@pytest.fixture(scope="module")
def usual(source: Callable[[str], Path]) -> Path:
    return source("usual")


def seconds(*places_s: float) -> list[int]:
    return [round(place_s * 48_000) for place_s in places_s]


@pytest.mark.parametrize("name", CELT)
def test_segments_are_exact_at_any_sample(source: Callable[[str], Path], tmp_path: Path, name: str) -> None:
    copier = open_opus(source(name))
    cuts = seconds(0.1001, 1.33333, 4.3501, 4.4502, 7.1123)

    assert_exact(copier, source(name), [*cuts, copier.sample_count - 4801], tmp_path)

    assert (copier.format, copier.sample_rate) == (Format.OPUS, 48_000)


def test_no_decoder_is_asked_to_skip_too_much(source: Callable[[str], Path], tmp_path: Path) -> None:
    copier, whole = open_opus(source("120ms")), by_libsndfile(source("120ms"), 2)
    for first in range(100_000, 106_000, 960):
        segment = write(copier, first, 9_600, tmp_path / "a.opus")
        assert int.from_bytes(pages_of(segment.read_bytes())[0].body[10:12], "little") <= 31_680
        np.testing.assert_array_equal(by_libsndfile(segment, 2), whole[first : first + 9_600])


@pytest.mark.parametrize("off", [-1, 0, 1])
def test_cuts_beside_the_edges_of_packets_are_exact(usual: Path, tmp_path: Path, off: int) -> None:
    copier = open_opus(usual)
    edge = 200 * PACKET - 312

    assert_exact(copier, usual, [edge + off, edge + off + 5 * PACKET, edge + off + 10 * PACKET], tmp_path)


@pytest.mark.parametrize("count", [1, 119, 312, 959, 960, 961, 4800])
def test_very_short_segments_are_exact(usual: Path, tmp_path: Path, count: int) -> None:
    copier = open_opus(usual)
    wholes = [(decode, decode(usual, 2)) for decode in DECODERS.values()]
    for first in (0, 100, 70_001, copier.sample_count - count):
        segment = write(copier, first, count, tmp_path / "a.opus")
        for decode, whole in wholes:
            np.testing.assert_array_equal(decode(segment, 2), whole[first : first + count])


@pytest.mark.parametrize("name", SPEECH)
def test_speech_keeps_its_place_and_length_and_promises_no_more(
    source: Callable[[str], Path], tmp_path: Path, name: str
) -> None:
    copier = open_opus(source(name))
    wholes = [(decode, decode(source(name), 1)) for decode in DECODERS.values()]

    for first, count in ((0, 50_001), (50_001, 100_003), (150_004, copier.sample_count - 150_004)):
        segment = write(copier, first, count, tmp_path / "a.opus")
        for decode, whole in wholes:
            decoded = decode(segment, 1)
            assert (len(whole), len(decoded)) == (copier.sample_count, count)
            assert signal_to_noise_db(whole[first : first + count], decoded) > 20


def signal_to_noise_db(wanted: np.ndarray, heard: np.ndarray) -> float:
    noise = float(np.square(wanted - heard, dtype=np.float64).mean())
    return 10 * float(np.log10(np.square(wanted, dtype=np.float64).mean() / max(noise, 1e-20)))


def test_a_segment_can_be_cut_again(usual: Path, tmp_path: Path) -> None:
    segment = write(open_opus(usual), 77_777, 200_001, tmp_path / "a.opus")

    again = open_opus(segment)

    assert again.sample_count == 200_001
    assert_exact(again, segment, [4801, 33_333, 150_007], tmp_path)
    np.testing.assert_array_equal(by_ffmpeg(segment, 2), by_ffmpeg(usual, 2)[77_777:277_778])


@pytest.mark.parametrize("samples", [4_410, 5_001, 20_000, 44_100, 45_678, 88_200])
def test_sources_of_any_length_are_counted_as_they_decode(tmp_path: Path, samples: int) -> None:
    path = encode(tmp_path / "a.opus", *OPUS, samples=samples)

    copier = open_opus(path)

    assert len(by_ffmpeg(path, 2)) == copier.sample_count
    assert_exact(copier, path, [copier.sample_count // 3], tmp_path)


def test_a_thousand_segments_do_not_drift(usual: Path, tmp_path: Path) -> None:
    copier = open_opus(usual)
    cuts = [copier.sample_count * number // 1000 for number in range(1001)]
    lengths, whole = [], by_ffmpeg(usual, 2)
    for number, (first, stop) in enumerate(pairwise(cuts)):
        path = tmp_path / "a.opus"
        copier.write(first, stop - first, path)
        pages = pages_of(path.read_bytes(), is_trusted=True)
        lengths.append(pages[-1].granule - int.from_bytes(pages[0].body[10:12], "little"))
        if number % 333 == 0:
            np.testing.assert_array_equal(by_ffmpeg(path, 2), whole[first:stop])

    assert lengths == [stop - first for first, stop in pairwise(cuts)]
    assert sum(lengths) == copier.sample_count


@pytest.mark.parametrize("first", [0, 1, 33_333, 200_000])
@pytest.mark.parametrize("max_bytes", [100, 3_000, 10_007, 25_000, 10**9])
def test_fit_is_the_most_that_fits(usual: Path, first: int, max_bytes: int) -> None:
    copier = open_opus(usual)

    count = copier.fit(first, max_bytes)

    left = copier.sample_count - first
    assert count == 0 or copier.size_bytes(first, count) <= max_bytes
    assert count == left or copier.size_bytes(first, count + 1) > max_bytes
    assert (count == 0) == (max_bytes == 100 or (max_bytes == 3_000 and first > PACKET))


def test_pages_are_well_formed(usual: Path, tmp_path: Path) -> None:
    copier = open_opus(usual)
    pages = pages_of(write(copier, 48_001, 200_000, tmp_path / "a.opus").read_bytes())

    assert [page.sequence for page in pages] == list(range(len(pages)))
    assert [page.flags for page in pages] == [2, *[0] * (len(pages) - 2), 4]
    assert {page.serial for page in pages} == {pages[0].serial}
    granules = [page.granule for page in pages]
    assert granules[:2] == [0, 0]
    assert all(0 < after - before <= 48_000 for before, after in pairwise(granules[1:]))
    assert set(packets_of(pages)[2:]) <= set(packets_of(pages_of(usual.read_bytes()))[2:])


def test_the_same_call_writes_the_same_bytes_and_other_calls_other_streams(
    usual: Path, tmp_path: Path
) -> None:
    copier = open_opus(usual)
    first = write(copier, 48_001, 9_600, tmp_path / "a.opus").read_bytes()
    again = write(open_opus(usual), 48_001, 9_600, tmp_path / "b.opus").read_bytes()
    other = write(copier, 48_002, 9_600, tmp_path / "c.opus").read_bytes()

    assert first == again
    assert pages_of(first)[0].serial != pages_of(other)[0].serial


def test_what_is_not_there_can_not_be_cut(usual: Path, tmp_path: Path) -> None:
    copier = open_opus(usual)
    for first, count in ((-1, 5), (0, 0), (5, copier.sample_count)):
        with pytest.raises(ValueError, match="not there"):
            copier.write(first, count, tmp_path / "a.opus")
    assert [copier.snap(place) for place in (-5, 7, 10**9)] == [0, 7, copier.sample_count]
    assert copier.excess_samples(0, 5) == 0
    assert isinstance(copier, OpusCopier)
