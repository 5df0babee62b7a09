"""Opus: every segment, decoded alone by FFmpeg and by libopus, holds exactly its samples."""

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from server.media.copying.copier import Grid, NotCopyable
from server.media.copying.opus_cut import STANDARD_PRE_ROLL_MS, OpusCopier, open_opus
from tests.media.copying.ogg_tools import (
    DECODERS,
    RawPage,
    assert_exact,
    by_ffmpeg,
    by_libsndfile,
    encode,
    in_small_pages,
    packets_of,
    pages_of,
    save,
    write,
)
from zerokerf.errors import CorruptFile
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

    assert (copier.format, copier.grid, copier.sample_rate) == (Format.OPUS, Grid.SAMPLE, 48_000)
    assert copier.content_is_exact == (copier.channels <= 2)


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

    assert not copier.content_is_exact
    for first, count in ((0, 50_001), (50_001, 100_003), (150_004, copier.sample_count - 150_004)):
        segment = write(copier, first, count, tmp_path / "a.opus")
        for decode, whole in wholes:
            decoded = decode(segment, 1)
            assert (len(whole), len(decoded)) == (copier.sample_count, count)
            assert signal_to_noise_db(whole[first : first + count], decoded) > 20


def signal_to_noise_db(wanted: np.ndarray, heard: np.ndarray) -> float:
    noise = float(np.square(wanted - heard, dtype=np.float64).mean())
    return 10 * float(np.log10(np.square(wanted, dtype=np.float64).mean() / max(noise, 1e-20)))


def test_the_standard_pre_roll_is_shorter_near_enough_and_admits_it(usual: Path, tmp_path: Path) -> None:
    exact, standard = open_opus(usual), open_opus(usual, pre_roll_ms=STANDARD_PRE_ROLL_MS)
    first, count = 100_001, 48_000

    heard = by_ffmpeg(write(standard, first, count, tmp_path / "a.opus"), 2)

    assert not standard.content_is_exact
    assert standard.size_bytes(first, count) < exact.size_bytes(first, count) - 3000
    assert len(heard) == count
    wanted = by_ffmpeg(usual, 2)[first : first + count]
    assert signal_to_noise_db(wanted[:4800], heard[:4800]) > 20
    np.testing.assert_array_equal(heard[28_800:], wanted[28_800:])


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


def edited(source: Path, target: Path, edit: Callable[[list[RawPage]], list[RawPage]]) -> Path:
    return save(edit(pages_of(source.read_bytes())), target)


def test_gain_and_mapping_are_kept_and_tags_left_out(usual: Path, tmp_path: Path) -> None:
    def edit(pages: list[RawPage]) -> list[RawPage]:
        head = bytearray(pages[0].body)
        head[16:18] = (-1536).to_bytes(2, "little", signed=True)
        return [replace(pages[0], body=bytes(head)), *pages[1:]]

    louder = edited(usual, tmp_path / "a.opus", edit)
    packets = packets_of(pages_of(write(open_opus(louder), 99, 50_000, tmp_path / "b.opus").read_bytes()))

    source = packets_of(pages_of(louder.read_bytes()))
    assert packets[0][:10] + packets[0][12:] == source[0][:10] + source[0][12:]
    vendor = source[1][8 : 12 + int.from_bytes(source[1][8:12], "little")]
    assert packets[1] == b"OpusTags" + vendor + bytes(4)
    assert_exact(open_opus(louder), louder, [150_001], tmp_path)


@pytest.mark.parametrize("most_values", [1, 2, 3, 7])
def test_packets_across_pages_are_put_together(usual: Path, tmp_path: Path, most_values: int) -> None:
    scattered = edited(usual, tmp_path / "a.opus", lambda pages: in_small_pages(pages, most_values, PACKET))
    copier, plain = open_opus(scattered), open_opus(usual)

    assert copier.sample_count == plain.sample_count == len(by_ffmpeg(scattered, 2))
    assert copier.integrity == plain.integrity
    for first, count in ((0, 100_000), (123_456, 4_800), (0, plain.sample_count)):
        copied = write(copier, first, count, tmp_path / "b.opus").read_bytes()
        assert copied == write(plain, first, count, tmp_path / "c.opus").read_bytes()


def test_a_loss_within_packets_leaves_only_whole_packets(usual: Path, tmp_path: Path) -> None:
    """The page before the lost one begins a packet whose end is lost."""
    scattered = in_small_pages(pages_of(usual.read_bytes()), 3, PACKET)
    lost = next(at for at in range(30, 200) if scattered[at].flags & 1)
    lossy = save(scattered[:lost] + scattered[lost + 1 :], tmp_path / "a.opus")
    copier = open_opus(lossy)

    written = write(copier, 0, copier.sample_count, tmp_path / "b.opus")

    packets, whole = packets_of(pages_of(written.read_bytes()))[2:], packets_of(scattered)[2:]
    assert copier.integrity.resyncs == 1
    assert len(whole) - 4 <= len(packets) < len(whole)
    assert set(packets) <= set(whole)
    assert_exact(open_opus(written), written, [100_001], tmp_path)


@pytest.mark.parametrize("most_samples", [1, 959, 960, 2_500, 9_000])
def test_the_last_page_may_trim_many_packets(usual: Path, tmp_path: Path, most_samples: int) -> None:
    def edit(pages: list[RawPage]) -> list[RawPage]:
        return [*pages[:-1], replace(pages[-1], granule=pages[-1].granule - most_samples)]

    path = edited(usual, tmp_path / "a.opus", edit)
    copier = open_opus(path)

    assert copier.sample_count == open_opus(usual).sample_count - most_samples
    assert_exact(copier, path, [copier.sample_count - 4_801], tmp_path)


def test_a_cover_of_many_pages_does_not_count(usual: Path, tmp_path: Path) -> None:
    def edit(pages: list[RawPage]) -> list[RawPage]:
        tags = pages[1].body + bytes(255 * 255 * 3 - len(pages[1].body) + 9)
        serial = pages[0].serial
        full = [RawPage(number > 0, -1, serial, 0, b"\xff" * 255, tags[:65_025]) for number in range(3)]
        tail = RawPage(1, 0, serial, 0, b"\x09", tags[-9:])
        laid = [
            pages[0],
            full[0],
            *(replace(page, body=bytes(65_025)) for page in full[1:]),
            tail,
            *pages[2:],
        ]
        return [replace(page, sequence=sequence) for sequence, page in enumerate(laid)]

    covered = edited(usual, tmp_path / "a.opus", edit)

    assert open_opus(covered).size_bytes(5, 90_000) == open_opus(usual).size_bytes(5, 90_000)
    assert_exact(open_opus(covered), covered, [100_001], tmp_path)


def test_a_broadcast_may_start_to_count_anywhere(usual: Path, tmp_path: Path) -> None:
    def edit(pages: list[RawPage]) -> list[RawPage]:
        return pages[:2] + [replace(page, granule=page.granule + 10**12) for page in pages[2:]]

    copier = open_opus(edited(usual, tmp_path / "a.opus", edit))

    assert (copier.sample_count, copier.integrity) == (
        open_opus(usual).sample_count,
        open_opus(usual).integrity,
    )


def test_a_stream_without_its_end_is_truncated(usual: Path, tmp_path: Path) -> None:
    cut_off = edited(usual, tmp_path / "a.opus", lambda pages: pages[:-2])

    copier = open_opus(cut_off)

    assert copier.integrity.is_truncated
    assert copier.integrity.expected_samples is None
    assert_exact(copier, cut_off, [55_555], tmp_path)


def test_a_missing_page_shows_in_the_claims(usual: Path, tmp_path: Path) -> None:
    copier = open_opus(edited(usual, tmp_path / "a.opus", lambda pages: pages[:4] + pages[5:]))

    assert copier.integrity.resyncs == 1
    assert not copier.integrity.is_truncated
    assert copier.integrity.expected_samples == open_opus(usual).sample_count == copier.sample_count + 48_000


def with_head(change: Callable[[bytearray], None]) -> Callable[[list[RawPage]], list[RawPage]]:
    def edit(pages: list[RawPage]) -> list[RawPage]:
        head = bytearray(pages[0].body)
        change(head)
        return [replace(pages[0], body=bytes(head), lacing=bytes([len(head)])), *pages[1:]]

    return edit


def with_first_byte(byte: int) -> Callable[[list[RawPage]], list[RawPage]]:
    return lambda pages: [
        *pages[:3],
        replace(pages[3], body=bytes([byte, 0]) + pages[3].body[2:]),
        *pages[4:],
    ]


def ambisonic(head: bytearray) -> None:
    head[18:] = b"\x02\x01\x01\x00\x01"


def newer(head: bytearray) -> None:
    head[8] = 0x10


DECLINED: dict[str, Callable[[list[RawPage]], list[RawPage]]] = {
    "another codec": with_head(lambda head: head.__setitem__(0, 0)),
    "identification header is damaged": with_head(newer),
    "identification": with_head(lambda head: head.__delitem__(slice(12, None))),
    "unusual way": with_head(ambisonic),
    "packet that is damaged": with_first_byte(0xFF),
    "contradict": lambda pages: [*pages[:2], replace(pages[2], granule=47_999), *pages[3:]],
    "contradict its packets": lambda pages: [*pages[:-1], replace(pages[-1], granule=48_000)],
    "headers are not whole": lambda pages: pages[:1],
}


@pytest.mark.parametrize("reason", DECLINED)
def test_what_is_not_sure_to_be_exact_is_declined(usual: Path, tmp_path: Path, reason: str) -> None:
    path = edited(usual, tmp_path / "a.opus", DECLINED[reason])

    with pytest.raises(NotCopyable, match="not Opus" if reason == "another codec" else reason) as caught:
        open_opus(path)
    assert caught.value.reason.endswith(".")


def test_a_stream_of_headers_holds_no_samples(usual: Path, tmp_path: Path) -> None:
    with pytest.raises(CorruptFile):
        open_opus(edited(usual, tmp_path / "a.opus", lambda pages: pages[:2]))


def test_what_is_not_there_can_not_be_cut(usual: Path, tmp_path: Path) -> None:
    copier = open_opus(usual)
    for first, count in ((-1, 5), (0, 0), (5, copier.sample_count)):
        with pytest.raises(ValueError, match="not there"):
            copier.write(first, count, tmp_path / "a.opus")
    assert [copier.snap(place) for place in (-5, 7, 10**9)] == [0, 7, copier.sample_count]
    assert copier.excess_samples(0, 5) == 0
    assert isinstance(copier, OpusCopier)
