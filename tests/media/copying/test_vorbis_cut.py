"""Vorbis: every segment, decoded alone by FFmpeg and by libvorbis, holds exactly its samples."""

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from server.media.copying.copier import NotCopyable
from server.media.copying.ogg.vorbis_cut import VorbisCopier, open_vorbis
from tests.media.copying.ogg_tools import (
    DECODERS,
    RawPage,
    assert_exact,
    by_ffmpeg,
    by_libsndfile,
    encode,
    packets_of,
    pages_of,
    save,
    write,
)
from zerokerf.errors import CorruptFile
from zerokerf.formats import Format

VORBIS = ("-c:a", "libvorbis")
#: How ffmpeg makes each source: options, rate, channels.
SOURCES: dict[str, tuple[tuple[str, ...], int, int]] = {
    "usual": ((*VORBIS, "-q:a", "4"), 44_100, 2),
    "best": ((*VORBIS, "-q:a", "10"), 48_000, 2),
    "worst": ((*VORBIS, "-q:a", "-1"), 44_100, 1),
    "managed": ((*VORBIS, "-b:a", "96k", "-minrate", "64k", "-maxrate", "128k"), 44_100, 2),
    "telephone": ((*VORBIS, "-q:a", "2"), 8_000, 1),
    "slow": ((*VORBIS, "-q:a", "3"), 22_050, 2),
    "fast": ((*VORBIS, "-q:a", "3"), 96_000, 2),
    "surround": ((*VORBIS, "-q:a", "3"), 44_100, 6),
}
SECONDS = 7.7


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("vorbis")


@pytest.fixture(scope="module")
def source(folder: Path) -> Callable[[str], Path]:
    """A source by its name, made when it is first asked for."""

    def find(name: str) -> Path:
        path = folder / f"{name}.ogg"
        if not path.exists():
            options, rate, channels = SOURCES[name]
            encode(path, *options, samples=round(SECONDS * rate) + 7, rate=rate, channels=channels)
        return path

    return find


@pytest.fixture(scope="module")
def usual(source: Callable[[str], Path]) -> Path:
    return source("usual")


@pytest.mark.parametrize("name", SOURCES)
def test_segments_are_exact_between_packets(source: Callable[[str], Path], tmp_path: Path, name: str) -> None:
    copier = open_vorbis(source(name))
    _, rate, channels = SOURCES[name]
    cuts = [round(place_s * rate) for place_s in (0.1001, 1.33333, 4.3501, 4.4602, 7.1123, SECONDS - 0.2)]

    assert_exact(copier, source(name), cuts, tmp_path)

    assert copier.format is Format.OGG
    assert (copier.sample_rate, copier.channels) == (rate, channels)
    assert (copier.integrity.resyncs, copier.integrity.is_truncated) == (0, False)
    assert copier.integrity.expected_samples == copier.sample_count == round(SECONDS * rate) + 7


def every_cut(copier: VorbisCopier, first: int, stop: int) -> list[int]:
    return sorted({copier.snap(sample) for sample in range(first, stop, 32)})


def test_the_shortest_segments_are_exact(usual: Path, tmp_path: Path) -> None:
    """One, two, three ... packets of output: FFmpeg is particular about streams of so few pages."""
    copier = open_vorbis(usual)
    wholes = [(decode, decode(usual, 2)) for decode in DECODERS.values()]
    for place in (
        0,
        copier.snap(70_000),
        every_cut(copier, copier.sample_count - 5000, copier.sample_count)[-2],
    ):
        grid = [cut for cut in every_cut(copier, place, place + 6000) if cut > place]
        for stop in grid[:4]:
            segment = write(copier, place, stop - place, tmp_path / "a.ogg")
            for decode, whole in wholes:
                np.testing.assert_array_equal(decode(segment, 2), whole[place:stop])


def test_cuts_snap_to_the_nearest_place(usual: Path) -> None:
    copier = open_vorbis(usual)
    grid = every_cut(copier, 0, copier.sample_count + 1)

    assert (grid[0], grid[-1]) == (0, copier.sample_count)
    assert max(stop - first for first, stop in pairwise(grid)) <= 2048
    for sample in range(0, copier.sample_count, 997):
        assert abs(copier.snap(sample) - sample) == min(abs(cut - sample) for cut in grid)
    assert [copier.snap(cut) for cut in grid] == grid
    assert [copier.snap(sample) for sample in (-9, 10**9)] == [0, copier.sample_count]


def test_a_segment_can_be_cut_again(usual: Path, tmp_path: Path) -> None:
    copier = open_vorbis(usual)
    first, stop = copier.snap(60_000), copier.snap(250_000)
    segment = write(copier, first, stop - first, tmp_path / "a.ogg")

    again = open_vorbis(segment)

    assert again.sample_count == stop - first
    assert_exact(again, segment, [4801, 33_333, 150_007], tmp_path)
    np.testing.assert_array_equal(by_ffmpeg(segment, 2), by_ffmpeg(usual, 2)[first:stop])


@pytest.mark.parametrize("samples", [70_001, 88_200, 99_999, 131_072])
def test_sources_of_any_length_are_counted_as_they_decode(tmp_path: Path, samples: int) -> None:
    path = encode(tmp_path / "a.ogg", *VORBIS, samples=samples)

    copier = open_vorbis(path)

    assert copier.sample_count == samples
    assert_exact(copier, path, [samples // 3, samples - 1], tmp_path)


def test_a_thousand_segments_do_not_drift(usual: Path, tmp_path: Path) -> None:
    copier = open_vorbis(usual)
    cuts = sorted({copier.snap(copier.sample_count * number // 1000) for number in range(1001)})
    lengths, whole = [], by_ffmpeg(usual, 2)
    for number, (first, stop) in enumerate(pairwise(cuts)):
        path = tmp_path / "a.ogg"
        copier.write(first, stop - first, path)
        lengths.append(pages_of(path.read_bytes(), is_trusted=True)[-1].granule)
        if number % 99 == 0:
            np.testing.assert_array_equal(by_ffmpeg(path, 2), whole[first:stop])

    assert len(cuts) > 300
    assert lengths == [stop - first for first, stop in pairwise(cuts)]


@pytest.mark.parametrize("place", [0, 33_333, 200_000])
@pytest.mark.parametrize("max_bytes", [100, 6_000, 20_007, 50_000, 10**9])
def test_fit_is_the_most_that_fits(usual: Path, place: int, max_bytes: int) -> None:
    copier = open_vorbis(usual)
    first = copier.snap(place)

    count = copier.fit(first, max_bytes)

    more = [cut for cut in every_cut(copier, first + count, first + count + 4096) if cut > first + count]
    assert count == 0 or copier.size_bytes(first, count) <= max_bytes
    assert not more or copier.size_bytes(first, more[0] - first) > max_bytes
    assert (count == 0) == (max_bytes == 100)
    assert bool(more) == (max_bytes != 10**9)


def test_pages_are_well_formed(usual: Path, tmp_path: Path) -> None:
    copier = open_vorbis(usual)
    first, stop = copier.snap(48_001), copier.snap(250_000)
    pages = pages_of(write(copier, first, stop - first, tmp_path / "a.ogg").read_bytes())

    assert [page.sequence for page in pages] == list(range(len(pages)))
    assert [page.flags for page in pages] == [2, *[0] * (len(pages) - 2), 4]
    granules = [page.granule for page in pages]
    assert granules[:2] == [0, 0]
    assert all(0 < after - before <= 44_100 + 2048 for before, after in pairwise(granules[1:]))
    assert granules[-1] == stop - first
    assert set(packets_of(pages)[3:]) <= set(packets_of(pages_of(usual.read_bytes()))[3:])


def test_headers_are_kept_and_tags_left_out(usual: Path, tmp_path: Path) -> None:
    copier = open_vorbis(usual)
    written = write(copier, 0, copier.snap(50_000), tmp_path / "a.ogg").read_bytes()

    packets, source = packets_of(pages_of(written)), packets_of(pages_of(usual.read_bytes()))
    assert (packets[0], packets[2]) == (source[0], source[2])
    vendor = source[1][7 : 11 + int.from_bytes(source[1][7:11], "little")]
    assert packets[1] == b"\x03vorbis" + vendor + bytes(4) + b"\x01"
    assert written == write(open_vorbis(usual), 0, copier.snap(50_000), tmp_path / "b.ogg").read_bytes()


def edited(source: Path, target: Path, edit: Callable[[list[RawPage]], list[RawPage]]) -> Path:
    return save(edit(pages_of(source.read_bytes())), target)


def test_a_broadcast_may_start_to_count_anywhere(usual: Path, tmp_path: Path) -> None:
    def edit(pages: list[RawPage]) -> list[RawPage]:
        return pages[:2] + [replace(page, granule=page.granule + 10**12) for page in pages[2:]]

    copier = open_vorbis(edited(usual, tmp_path / "a.ogg", edit))

    plain = open_vorbis(usual)
    assert (copier.sample_count, copier.integrity) == (plain.sample_count, plain.integrity)


def test_a_stream_without_its_end_is_truncated(usual: Path, tmp_path: Path) -> None:
    cut_off = edited(usual, tmp_path / "a.ogg", lambda pages: pages[:-2])

    copier = open_vorbis(cut_off)

    assert copier.integrity.is_truncated
    assert copier.integrity.expected_samples is None
    assert_exact(copier, cut_off, [55_555], tmp_path)


def test_a_missing_page_shows_in_the_claims(usual: Path, tmp_path: Path) -> None:
    copier = open_vorbis(edited(usual, tmp_path / "a.ogg", lambda pages: pages[:5] + pages[6:]))

    assert copier.integrity.resyncs == 1
    assert copier.integrity.expected_samples == open_vorbis(usual).sample_count
    assert copier.sample_count < open_vorbis(usual).sample_count - 30_000


def test_segments_on_both_sides_of_a_loss_are_whole(usual: Path, tmp_path: Path) -> None:
    copier = open_vorbis(edited(usual, tmp_path / "a.ogg", lambda pages: pages[:5] + pages[6:]))
    cuts = [copier.snap(copier.sample_count * number // 20) for number in range(21)]

    for first, stop in pairwise(cuts):
        segment = write(copier, first, stop - first, tmp_path / "b.ogg")
        assert len(by_libsndfile(segment, 2)) == len(by_ffmpeg(segment, 2)) == stop - first


def with_body(number: int, change: Callable[[bytearray], None]) -> Callable[[list[RawPage]], list[RawPage]]:
    def edit(pages: list[RawPage]) -> list[RawPage]:
        body = bytearray(pages[number].body)
        change(body)
        return [*pages[:number], replace(pages[number], body=bytes(body)), *pages[number + 1 :]]

    return edit


def in_one_page(pages: list[RawPage]) -> list[RawPage]:
    return [*pages[:2], replace(pages[2], flags=4)]


def trimmed_at_the_start(pages: list[RawPage]) -> list[RawPage]:
    return [*pages[:2], *(replace(page, granule=page.granule - 5) for page in pages[2:])]


DECLINED: dict[str, Callable[[list[RawPage]], list[RawPage]]] = {
    "not Vorbis": with_body(0, lambda body: body.__setitem__(0, 7)),
    "identification header": with_body(0, lambda body: body.__setitem__(28, 0x12)),
    "packet that is damaged": with_body(2, lambda body: body.__setitem__(0, body[0] | 1)),
    "contradict": trimmed_at_the_start,
    "contradict its packets": lambda pages: [
        *pages[:-1],
        replace(pages[-1], granule=pages[-1].granule - 5000),
    ],
    "so short": in_one_page,
    "headers are not whole": lambda pages: pages[:1],
}


@pytest.mark.parametrize("reason", DECLINED)
def test_what_is_not_sure_to_be_exact_is_declined(usual: Path, tmp_path: Path, reason: str) -> None:
    path = edited(usual, tmp_path / "a.ogg", DECLINED[reason])

    with pytest.raises(NotCopyable, match=reason) as caught:
        open_vorbis(path)
    assert caught.value.reason.endswith(".")


def test_a_stream_of_headers_holds_no_samples(usual: Path, tmp_path: Path) -> None:
    with pytest.raises(CorruptFile):
        open_vorbis(edited(usual, tmp_path / "a.ogg", lambda pages: pages[:2]))


def test_what_is_not_between_packets_can_not_be_cut(usual: Path, tmp_path: Path) -> None:
    copier = open_vorbis(usual)
    cut = copier.snap(9_000)
    for first, count in (
        (-1, cut + 1),
        (0, 0),
        (cut + 1, copier.sample_count - cut - 1),
        (0, cut - 1),
        (cut, -cut),
    ):
        with pytest.raises(ValueError, match="can't be cut out"):
            copier.write(first, count, tmp_path / "a.ogg")
    assert copier.excess_samples(0, cut) == 0
