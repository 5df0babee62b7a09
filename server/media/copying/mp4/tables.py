"""Reads the sample tables of a track (ISO/IEC 14496-12, section 8.6 and 8.7) as arrays, one entry a packet.

The specification calls a packet a sample; here a sample is always one of sound.
"""

import struct
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from server.media.copying.copier import NotCopyable
from server.media.copying.mp4.boxes import Boxes, DamagedTables

_MAX_PACKETS = 8_000_000  # fifty hours
_MAX_OFFSET = 1 << 50

Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class PacketTable:
    """Where each packet lies and how large it is, in bytes of the file. Both arrays are int64."""

    offsets: Integers
    sizes: Integers

    def __len__(self) -> int:
        return len(self.sizes)


def read_packets(stbl: Boxes, file_bytes: int) -> PacketTable:
    """Raises DamagedTables where the tables contradict each other."""
    sizes = _read_sizes(stbl, file_bytes)
    if len(sizes) == 0:
        return PacketTable(sizes, sizes)
    if int(sizes.min()) < 1:
        raise DamagedTables
    chunk_offsets = _read_chunk_offsets(stbl)
    counts = _read_chunk_counts(stbl, len(chunk_offsets))
    if int(counts.sum()) != len(sizes):
        raise DamagedTables
    firsts = np.cumsum(counts) - counts
    before = np.cumsum(sizes) - sizes  # bytes of all packets before each
    return PacketTable(before + np.repeat(chunk_offsets - before[firsts], counts), sizes)


def read_sample_count(stbl: Boxes, packet_count: int, packet_samples: int) -> int:
    """Samples of all packets: each lasts as long as it decodes to, the last may be announced shorter.

    Its unit is that of the track's clock. Raises NotCopyable where others differ, for nothing says how a
    player fills the gaps.
    """
    runs = _entries(stbl.read(b"stts"), 4, 2)
    runs = runs[runs[:, 0] > 0]
    if int(runs[:, 0].sum()) != packet_count:
        raise DamagedTables
    last = int(runs[-1, 1])
    others = runs[: -1 if runs[-1, 0] == 1 else None, 1]
    if (others != packet_samples).any() or not 0 < last <= packet_samples:
        raise NotCopyable("Its packets do not follow each other evenly.")
    return (packet_count - 1) * packet_samples + last


def _read_sizes(stbl: Boxes, file_bytes: int) -> Integers:
    body = stbl.read_any(b"stsz")
    if body is None:
        return _read_compact_sizes(stbl.read(b"stz2"))
    same, count = _numbers(body, ">4xII")
    _check_count(count)
    if same * count > file_bytes:
        raise DamagedTables
    if same:
        return np.full(count, same, np.int64)
    return _column(body, 12, count, ">u4")


def _read_compact_sizes(body: bytes) -> Integers:
    bits, count = _numbers(body, ">7xBI")
    _check_count(count)
    if bits == 16:
        return _column(body, 12, count, ">u2")
    if bits == 8:
        return _column(body, 12, count, ">u1")
    if bits != 4:
        raise DamagedTables
    pairs = _column(body, 12, (count + 1) // 2, ">u1")
    return np.stack([pairs >> 4, pairs & 15], axis=1).reshape(-1)[:count]


def _read_chunk_offsets(stbl: Boxes) -> Integers:
    body = stbl.read_any(b"stco")
    item = ">u4"
    if body is None:
        body, item = stbl.read(b"co64"), ">i8"
    (count,) = _numbers(body, ">4xI")
    _check_count(count)
    offsets = _column(body, 8, count, item)
    if count and not 0 <= int(offsets.min()) <= int(offsets.max()) <= _MAX_OFFSET:
        raise DamagedTables
    return offsets


def _read_chunk_counts(stbl: Boxes, chunk_count: int) -> Integers:
    """How many packets each chunk holds. All of them must be of the first kind that is described."""
    runs = _entries(stbl.read(b"stsc"), 4, 3)
    first, count, kind = runs.T
    if int(kind.min()) != 1 or int(kind.max()) != 1:
        raise DamagedTables
    lengths = np.diff(np.append(first, chunk_count + 1))
    if int(first[0]) != 1 or int(lengths.min()) < 1 or int(count.max()) > _MAX_PACKETS:
        raise DamagedTables
    return np.repeat(count, lengths)


def _entries(body: bytes, start: int, width: int) -> Integers:
    """A table of 32 bit numbers behind its 32 bit count, as rows; at least one."""
    (count,) = _numbers(body[start:], ">I")
    _check_count(count)
    if count == 0:
        raise DamagedTables
    return _column(body, start + 4, count * width, ">u4").reshape(count, width)


def _column(body: bytes, start: int, count: int, item: str) -> Integers:
    if len(body) < start + count * np.dtype(item).itemsize:
        raise DamagedTables
    return np.frombuffer(body, item, count, start).astype(np.int64)


def _numbers(body: bytes, layout: str) -> tuple[int, ...]:
    if len(body) < struct.calcsize(layout):
        raise DamagedTables
    return struct.unpack_from(layout, body)


def _check_count(count: int) -> None:
    if count > _MAX_PACKETS:
        raise NotCopyable("It has more packets than are cut by copying.")
