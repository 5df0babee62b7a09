"""Changes to the index of a source in MP4, legal ones and others."""

import struct
from collections.abc import Callable

import numpy as np

from tests.media.copying.m4a_tools import SAMPLES, Node, itunes_note

Change = Callable[[Node], object]

STBL = "trak/mdia/minf/stbl"
PACKETS = -(-(SAMPLES + 1024) // 1024)
WHOLE = PACKETS * 1024  # samples that all packets decode to


def compact_sizes(moov: Node) -> None:
    sizes = np.frombuffer(moov[f"{STBL}/stsz"].body, ">u4", offset=12).astype(">u2")
    table = moov[f"{STBL}/stsz"]
    table.name, table.body = b"stz2", struct.pack(">7xBI", 16, len(sizes)) + sizes.tobytes()


def long_offsets(moov: Node) -> None:
    table = moov[f"{STBL}/stco"]
    offsets = np.frombuffer(table.body, ">u4", offset=8).astype(">u8")
    table.name, table.body = b"co64", table.body[:8] + offsets.tobytes()


def chunk_of_each_packet(moov: Node) -> None:
    stbl = moov[STBL]
    sizes = np.frombuffer(stbl["stsz"].body, ">u4", offset=12).astype(np.int64)
    (first,) = struct.unpack_from(">I", stbl["stco"].body, 8)
    offsets = (np.cumsum(sizes) - sizes + first).astype(">u4")
    stbl["stco"].body = struct.pack(">4xI", len(sizes)) + offsets.tobytes()
    stbl["stsc"].body = struct.pack(">4xIIII", 1, 1, 1, 1)


def long_headers(moov: Node) -> None:
    for path in ("mvhd", "trak/mdia/mdhd"):
        body = moov[path].body
        moov[path].body = (
            b"\1\0\0\0" + struct.pack(">QQIQ", 0, 0, *struct.unpack_from(">II", body, 12)) + body[20:]
        )
    edit_list = moov["trak/edts/elst"]
    edit_list.body = b"\1\0\0\0" + struct.pack(">IQqI", *struct.unpack_from(">IIiI", edit_list.body, 4))


def unknown_duration(moov: Node) -> None:
    moov["trak/mdia/mdhd"].body = replaced(moov["trak/mdia/mdhd"].body, 16, b"\xff\xff\xff\xff")


def edit(duration: int, first: int, count: int = 1, speed: int = 1 << 16) -> Change:
    def change(moov: Node) -> None:
        entry = struct.pack(">IiI", duration & 0xFFFFFFFF, first, speed)
        moov["trak/edts/elst"].body = struct.pack(">4xI", count) + count * entry

    return change


def coarse_edit(duration_ms: int) -> Change:
    def change(moov: Node) -> None:
        moov["mvhd"].body = replaced(moov["mvhd"].body, 12, struct.pack(">II", 1000, duration_ms))
        edit(duration_ms, 1024)(moov)

    return change


def itunes(delay: int, padding: int, then: Change | None = None, count: int | None = None) -> Change:
    """As iTunes does it: whole packets, no edit list unless `then` adds one, and its note."""

    def change(moov: Node) -> None:
        durations(moov, (PACKETS, 1024))
        moov.drop("udta")
        moov.children.append(itunes_note(delay, padding, WHOLE - delay - padding if count is None else count))
        if then is None:
            moov["trak"].drop("edts")
        else:
            then(moov)

    return change


def durations(moov: Node, *runs: tuple[int, int]) -> None:
    table = b"".join(struct.pack(">II", *run) for run in runs)
    moov[f"{STBL}/stts"].body = struct.pack(">4xI", len(runs)) + table
    total = sum(count * ticks for count, ticks in runs)
    moov["trak/mdia/mdhd"].body = replaced(moov["trak/mdia/mdhd"].body, 16, struct.pack(">I", total))


def replaced(data: bytes, at: int, new: bytes) -> bytes:
    return data[:at] + new + data[at + len(new) :]


def new_setup(kind: int, rate: int = 4, channels: int = 2, object_type: int = 0x40) -> Change:
    """Another AudioSpecificConfig of two bytes."""

    def change(moov: Node) -> None:
        config = struct.pack(">H", kind << 11 | rate << 7 | channels << 3)
        inner = (
            bytes([4, 13 + 2 + len(config), object_type, 0x15]) + bytes(11) + bytes([5, len(config)]) + config
        )
        setup = Node(b"esds", bytes(4) + bytes([3, 3 + len(inner)]) + bytes(3) + inner)
        replace_entry(moov, lambda entry: entry[:28] + setup.dump())

    return change


def replace_entry(moov: Node, change: Callable[[bytes], bytes], name: bytes = b"mp4a") -> None:
    table = moov[f"{STBL}/stsd"]
    table.body = table.body[:8] + Node(name, change(table.body[16:])).dump()


def encrypted(moov: Node) -> None:
    replace_entry(moov, lambda entry: entry + Node(b"sinf", b"").dump())


def clock_of(rate: int) -> Change:
    def change(moov: Node) -> None:
        moov["trak/mdia/mdhd"].body = replaced(moov["trak/mdia/mdhd"].body, 12, struct.pack(">I", rate))

    return change


def elsewhere(moov: Node) -> None:
    moov["trak/mdia/minf/dinf/dref"].body = struct.pack(">4xI", 1) + Node(b"url ", bytes(4) + b"x\0").dump()


def resized(index: int, size: int) -> Change:
    def change(moov: Node) -> None:
        table = moov[f"{STBL}/stsz"]
        table.body = replaced(table.body, 12 + 4 * index, struct.pack(">I", size))

    return change


def constant_size(moov: Node) -> None:
    moov[f"{STBL}/stsz"].body = struct.pack(">4xII", 1 << 20, 7_000_000)


def short_clock(moov: Node) -> None:
    moov["trak/mdia/mdhd"].body = replaced(moov["trak/mdia/mdhd"].body, 16, struct.pack(">I", 20_000))
