"""Opus sources that are odd, damaged or not for us: what is kept, what is said, and what is declined."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from server.media.copying.copier import NotCopyable
from server.media.copying.ogg.opus_cut import open_opus
from tests.media.copying.ogg_tools import (
    RawPage,
    assert_exact,
    by_ffmpeg,
    encode,
    in_small_pages,
    packets_of,
    pages_of,
    save,
    write,
)
from zerokerf.errors import CorruptFile

PACKET = 960


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("opus") / "usual.opus"
    return encode(target, "-c:a", "libopus", "-b:a", "96k", samples=333_333)


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
