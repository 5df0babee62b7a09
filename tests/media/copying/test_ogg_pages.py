"""Ogg pages: checksums, windows, and everything that can be wrong with them."""

import os
import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from server.media.copying.copier import NotCopyable
from server.media.copying.ogg.packets import OggPackets
from server.media.copying.ogg.pages import PageMaker, checksum, make_header_pages, mirrored
from server.media.copying.ogg.scan import index_packets
from tests.media.copying.ogg_tools import RawPage, packets_of, pages_of, save, slow_crc
from zerokerf.errors import CorruptFile

SERIAL = 0xFFFFFFFE


def stream(page_count: int = 60, most_packet_bytes: int = 3000, seed: int = 1) -> list[RawPage]:
    """Pages full of random packets, a header first, cut wherever a page is full."""
    rng = random.Random(seed)
    lacing, body = bytearray(), bytearray()
    while len(lacing) < page_count * 40:
        packet = rng.randbytes(rng.choice((0, 1, 2, 254, 255, 256, 510, rng.randrange(most_packet_bytes))))
        lacing += b"\xff" * (len(packet) // 255) + bytes([len(packet) % 255])
        body += packet
    while lacing[page_count * 40 - 1] == 255:
        lacing[page_count * 40 - 1] = 7
    pages = [RawPage(2, 0, SERIAL, 0, b"\x04", b"head")]
    at = 0
    for number in range(page_count):
        part = bytes(lacing[number * 40 : number * 40 + 40])
        flags = (number > 0 and lacing[number * 40 - 1] == 255) | 4 * (number == page_count - 1)
        held = bytes(body[at : at + sum(part)])
        at += len(held)
        pages.append(RawPage(flags, number, SERIAL, number + 1, part, held.ljust(sum(part), b"x")))
    return pages


def read_all(index: OggPackets) -> list[bytes]:
    with index.path.open("rb") as file:
        places = zip(index.starts.tolist(), index.sizes.tolist(), strict=True)
        return [index.read(file.fileno(), start, start + size) for start, size in places]


@pytest.mark.parametrize("size_bytes", [0, 1, 3, 282, 65_307])
def test_the_fast_checksum_is_the_specified_one(size_bytes: int) -> None:
    data = random.Random(size_bytes).randbytes(size_bytes)

    whole = checksum(mirrored(data))
    in_parts = checksum(mirrored(data[:100]), memoryview(mirrored(data))[100:])

    assert whole == in_parts == slow_crc(data).to_bytes(4, "little")


def test_header_packets_go_on_across_pages() -> None:
    packets = [random.Random(0).randbytes(size) for size in (30, 255 * 255, 70_001, 254)]

    pages = pages_of(make_header_pages(PageMaker(SERIAL), packets))

    assert packets_of(pages) == packets
    assert [page.sequence for page in pages] == list(range(len(pages)))
    assert [page.flags for page in pages] == [2, 1, 1]


def test_packets_are_found_in_files_of_many_windows(tmp_path: Path) -> None:
    pages = stream(page_count=700)
    path = save(pages, tmp_path / "a.ogg")
    assert path.stat().st_size > 3 << 20

    index = index_packets(path, header_count=1)

    expected = packets_of(pages)[1:]
    assert read_all(index) == expected
    filled = [number for number, packet in enumerate(expected) if len(packet) > 1]
    assert [index.first_bytes[number] for number in filled] == [expected[number][0] for number in filled]
    assert [index.second_bytes[number] for number in filled] == [expected[number][1] for number in filled]
    assert (index.resyncs, index.has_end) == (0, True)


def test_a_packet_can_be_longer_than_a_window(tmp_path: Path) -> None:
    cover = random.Random(3).randbytes(3_000_000)
    made = make_header_pages(PageMaker(SERIAL), [b"head", cover, b"audio"])
    (tmp_path / "a.ogg").write_bytes(made)

    index = index_packets(tmp_path / "a.ogg", header_count=2)

    assert read_all(index) == [b"audio"]
    with index.path.open("rb") as file:
        assert index.header(file.fileno(), 1, 10**9) == cover


def test_pages_say_where_their_last_packets_end(tmp_path: Path) -> None:
    pages = stream(page_count=9)
    index = index_packets(save(pages, tmp_path / "a.ogg"), header_count=1)

    ended = np.cumsum([sum(value < 255 for value in page.lacing) for page in pages]) - 1
    marks = [index.first_mark, index.previous_mark, index.last_mark]
    assert [(mark.granule, mark.packets, mark.is_last) for mark in marks if mark] == [
        (0, ended[1], False),
        (7, ended[8], False),
        (8, ended[9], True),
    ]


def without(pages: list[RawPage], number: int) -> list[RawPage]:
    return pages[:number] + pages[number + 1 :]


@pytest.mark.parametrize("number", range(20, 40))
def test_a_missing_page_costs_its_packets_and_is_counted(tmp_path: Path, number: int) -> None:
    """Packets that began before it or end after it included."""
    pages = stream(page_count=45)
    index = index_packets(save(without(pages, number), tmp_path / "a.ogg"), header_count=1)

    kept, whole = read_all(index), packets_of(pages)[1:]
    before = len(packets_of(pages[:number])[1:])
    behind = len(packets_of(pages[number + 1 :])) - (pages[number + 1].flags & 1)
    assert index.resyncs == 1
    assert kept == whole[:before] + whole[len(whole) - behind :]


def test_a_doubled_page_is_counted(tmp_path: Path) -> None:
    pages = stream()
    index = index_packets(save([*pages[:20], *pages[19:]], tmp_path / "a.ogg"), header_count=1)

    assert index.resyncs == 1


@pytest.mark.parametrize("place", [0, 4, 5, 8, 15, 20, 23, 26, 30, 400])
def test_a_flipped_bit_costs_its_page_and_is_counted(tmp_path: Path, place: int) -> None:
    pages = stream()
    data = bytearray(save(pages, tmp_path / "a.ogg").read_bytes())
    data[len(save(pages[:30], tmp_path / "b.ogg").read_bytes()) + place] ^= 0x10
    (tmp_path / "a.ogg").write_bytes(data)

    index = index_packets(tmp_path / "a.ogg", header_count=1)

    assert index.resyncs == 1
    lost = index_packets(save(without(pages, 30), tmp_path / "b.ogg"), header_count=1)
    assert read_all(index) == read_all(lost)


def test_junk_between_pages_is_counted_and_costs_nothing(tmp_path: Path) -> None:
    pages = stream()
    junk = b"OggS" * 5 + bytes(2_000_000)
    data = b"".join(page.to_bytes() for page in pages[:9])
    (tmp_path / "a.ogg").write_bytes(data + junk + b"".join(page.to_bytes() for page in pages[9:]))

    index = index_packets(tmp_path / "a.ogg", header_count=1)

    assert read_all(index) == packets_of(pages)[1:]
    assert index.resyncs == 1


def test_tags_round_the_stream_are_no_damage(tmp_path: Path) -> None:
    pages = stream()
    data = b"".join(page.to_bytes() for page in pages)
    (tmp_path / "a.ogg").write_bytes(b"ID3" + bytes(500) + data + b"TAG" + bytes(125))

    index = index_packets(tmp_path / "a.ogg", header_count=1)

    assert read_all(index) == packets_of(pages)[1:]
    assert (index.resyncs, index.has_end) == (0, True)


@pytest.mark.parametrize("missing_bytes", [1, 5_000, 200_000])
def test_a_file_cut_short_has_no_end(tmp_path: Path, missing_bytes: int) -> None:
    pages = stream()
    data = b"".join(page.to_bytes() for page in pages)
    (tmp_path / "a.ogg").write_bytes(data[:-missing_bytes])

    index = index_packets(tmp_path / "a.ogg", header_count=1)

    assert not index.has_end
    kept = read_all(index)
    assert kept == packets_of(pages)[1:][: len(kept)]


def multiplexed() -> list[RawPage]:
    pages = stream()
    other = [replace(page, serial=7) for page in pages]
    return [page for pair in zip(pages, other, strict=True) for page in pair]


def chained() -> list[RawPage]:
    return stream() + [replace(page, serial=7) for page in stream(seed=2)]


@pytest.mark.parametrize("make", [multiplexed, chained, lambda: stream() + stream()])
def test_more_than_one_stream_is_declined(tmp_path: Path, make: object) -> None:
    assert callable(make)
    path = save(make(), tmp_path / "a.ogg")

    with pytest.raises(NotCopyable, match="more than one stream"):
        index_packets(path, header_count=1)


def test_a_stream_without_its_first_page_is_declined(tmp_path: Path) -> None:
    with pytest.raises(NotCopyable, match="beginning is missing"):
        index_packets(save(stream()[1:], tmp_path / "a.ogg"), header_count=1)


@pytest.mark.parametrize(
    "data", [b"", b"O", b"OggS", b"RIFF" + bytes(100), random.Random(4).randbytes(3 << 20)]
)
def test_a_file_without_pages_is_corrupt(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.ogg").write_bytes(data)

    with pytest.raises(CorruptFile):
        index_packets(tmp_path / "a.ogg", header_count=1)


def test_endless_false_pages_are_given_up(tmp_path: Path) -> None:
    page = b"OggS\0" + bytes(21) + b"\x01"
    (tmp_path / "a.ogg").write_bytes(page * 200_000)

    with pytest.raises(NotCopyable, match="too damaged"):
        index_packets(tmp_path / "a.ogg", header_count=1)


def test_millions_of_empty_packets_are_declined(tmp_path: Path) -> None:
    maker = PageMaker(SERIAL)
    made = [maker.header(b"\x04", mirrored(b"head"), 0), b"head"]
    made += [maker.header(bytes(255), b"", 0) for _ in range(79_000)]
    (tmp_path / "a.ogg").write_bytes(b"".join(made))

    with pytest.raises(NotCopyable, match="more packets"):
        index_packets(tmp_path / "a.ogg", header_count=1)


def test_a_file_that_shrinks_meanwhile_is_corrupt(tmp_path: Path) -> None:
    path = save(stream(), tmp_path / "a.ogg")
    index = index_packets(path, header_count=1)
    os.truncate(path, path.stat().st_size // 2)

    with pytest.raises(CorruptFile, match="shorter"):
        read_all(index)
