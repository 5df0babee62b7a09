"""The two checksums of FLAC frames (RFC 9639, 9.1.8 and 9.3), for many frames at once.

CRC-16 divides by x^16+x^15+x^2+1 = (x+1)(x^15+x+1). The second factor is primitive: every remainder but 0 is
a power of x, so "append n zero bytes" adds to its exponent. And x^15 = x+1 gives x^(15m) = x^m+1 for every m
that is a power of two, so long data folds together by exclusive-or alone, many bytes an instruction.
"""

from functools import cache
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Crcs = NDArray[np.uint16]
_Word = TypeVar("_Word", np.uint8, np.uint64)

_TRINOMIAL = 0x8003
_ORDER = (1 << 15) - 1
_CHUNKS = 15
_LEAST_CHUNK_BYTES = 8
FOLDED_BYTES = _CHUNKS * _LEAST_CHUNK_BYTES


@cache
def _crc8_table() -> Bytes:
    table = np.arange(256, dtype=np.uint16)
    for _ in range(8):
        table = np.where(table & 0x80, (table << 1 & 0xFF) ^ 7, table << 1)
    return table.astype(np.uint8)


@cache
def _crc16_table() -> Crcs:
    table = np.arange(256, dtype=np.uint32) << 8
    for _ in range(8):
        table = np.where(table & 0x8000, (table << 1 & 0xFFFF) ^ 0x8005, table << 1)
    return table.astype(np.uint16)


@cache
def _powers() -> tuple[Crcs, NDArray[np.int64]]:
    """x^0, x^1 ... reduced by the trinomial, and the exponent of every such remainder."""
    powers = np.zeros(_ORDER, np.uint16)
    value = 1
    for exponent in range(_ORDER):
        powers[exponent] = value
        value <<= 1
        value ^= _TRINOMIAL * (value >> 15)
    exponents = np.zeros(1 << 15, np.int64)
    exponents[powers] = np.arange(_ORDER)
    return powers, exponents


def crc8(rows: Bytes) -> Bytes:
    """One for each row. Zeros at the front of a row change nothing."""
    table = _crc8_table()
    crcs = np.zeros(len(rows), np.uint8)
    for column in rows.T:
        crcs = table[crcs ^ column]
    return crcs


def crc16_of_short(rows: Bytes) -> Crcs:
    """One for each row, byte by byte: for rows of a few bytes. Zeros at the front change nothing."""
    table = _crc16_table()
    crcs = np.zeros(len(rows), np.uint16)
    for column in rows.T:
        crcs = (crcs << 8) ^ table[crcs >> 8 ^ column]
    return crcs


def appended(crcs: Crcs, byte_counts: NDArray[np.int64]) -> Crcs:
    """The checksums after so many zero bytes more."""
    powers, exponents = _powers()
    high = crcs >> np.uint16(15)
    remainders = crcs ^ high * np.uint16(_TRINOMIAL)
    moved = powers[(exponents[remainders] + 8 * byte_counts) % _ORDER]
    return _joined(np.where(remainders, moved, np.uint16(0)), np.bitwise_count(crcs) & np.uint8(1))


def folded_width(byte_count: int) -> int:
    """The least row width that can be folded and that holds so many bytes."""
    chunk = _top_chunk(byte_count)
    return max(_CHUNKS, -(-byte_count // chunk)) * chunk


def parities(rows: Bytes) -> Bytes:
    """Remainders by x+1, of rows whose width is a multiple of 8."""
    words: NDArray[np.uint64] = np.bitwise_xor.reduce(rows.view(np.uint64), axis=1)
    return np.bitwise_count(words) & np.uint8(1)


def folded(rows: Bytes) -> Bytes:
    """Rows of FOLDED_BYTES with the same remainders by the trinomial."""
    words = np.ascontiguousarray(rows.view(np.uint64).T)  # so that chunks of all rows lie together
    chunk = _top_chunk(rows.shape[1])
    while chunk >= _LEAST_CHUNK_BYTES:
        words = _fold(words, chunk // 8)
        chunk //= 2
    return np.ascontiguousarray(words.T).view(np.uint8)


def crc16_of_run(data: Bytes) -> int:
    """Of all bytes together: quick for many."""
    row = np.zeros((1, folded_width(len(data))), np.uint8)
    row[0, row.shape[1] - len(data) :] = data
    return int(crc16_of_folded(folded(row), parities(row))[0])


def crc16_of_folded(rows: Bytes, parity: Bytes) -> Crcs:
    """Of what was folded into these rows and has these parities."""
    columns = np.ascontiguousarray(rows.T)
    for chunk in (4, 2, 1):
        columns = _fold(columns, chunk)
    crcs = crc16_of_short(columns.T)
    return _joined(crcs ^ (crcs >> np.uint16(15)) * np.uint16(_TRINOMIAL), parity)


def _top_chunk(byte_count: int) -> int:
    chunk = _LEAST_CHUNK_BYTES
    while 2 * _CHUNKS * chunk < byte_count:
        chunk *= 2
    return chunk


def _fold(words: NDArray[_Word], chunk: int) -> NDArray[_Word]:
    """Down to 15 chunks of so many words: each one before them is added to the 14th and 15th after it."""
    surplus = len(words) // chunk - _CHUNKS
    while surplus > 0:
        count = min(surplus, _CHUNKS - 1)
        front, words = words[: count * chunk], words[count * chunk :]
        words[(_CHUNKS - 1 - count) * chunk : (_CHUNKS - 1) * chunk] ^= front
        words[(_CHUNKS - count) * chunk : _CHUNKS * chunk] ^= front
        surplus -= count
    return words


def _joined(remainders: Crcs, parity: NDArray[np.uint8]) -> Crcs:
    """The remainder by the whole divisor, from those by its two factors."""
    differs = np.bitwise_count(remainders) & np.uint8(1) ^ parity
    return remainders ^ differs * np.uint16(_TRINOMIAL)
