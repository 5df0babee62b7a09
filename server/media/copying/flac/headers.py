"""Headers of FLAC frames (RFC 9639, 9.1), read and written for many frames at once.

A header is sync code and blocking strategy (2 bytes), codes of block size and rate (1), of channels and bits
(1), the number of the frame or of its first sample (1 to 7), a tail for what the codes left open (0 to 4),
and a CRC-8.
"""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from server.media.copying.flac.crc import Bytes, crc8
from server.media.copying.flac.stream import StreamInfo

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

MOST_HEADER_BYTES = 16
#: Coded numbers below these take 1, 2 ... 6 bytes; 7 bytes hold 36 bits.
NUMBER_LIMITS = np.array([1 << 7, 1 << 11, 1 << 16, 1 << 21, 1 << 26, 1 << 31], np.int64)
_MOST_TAIL_BYTES = 4
_STANDARD_RATES = (0, 88200, 176400, 192000, 8000, 16000, 22050, 24000, 32000, 44100, 48000, 96000)
_BITS_CODES = {8: 1, 12: 2, 16: 4, 20: 5, 24: 6, 32: 7}
_STEREO_ASSIGNMENTS = (1, 8, 9, 10)
_LEADS = np.array([0, 0, 0xC0, 0xE0, 0xF0, 0xF8, 0xFC, 0xFE], np.uint8)  # by the length of a coded number


def _lead_lengths() -> Ints:
    lengths = np.zeros(256, np.int64)
    lengths[:0x80] = 1
    for length, (start, end) in enumerate(zip(_LEADS[2:], [*_LEADS[3:], 0xFF], strict=True), 2):
        lengths[start:end] = length
    return lengths


def _tail_lengths() -> Ints:
    """By the byte of the codes of block size and rate."""
    of_size, of_rate = np.zeros(16, np.int64), np.zeros(16, np.int64)
    of_size[6:8] = 1, 2
    of_rate[12:15] = 1, 2, 2
    return (of_size[:, None] + of_rate).reshape(256)


def _coded_blocks() -> Ints:
    """Samples by the code of the block size; 0 where the tail says it."""
    small = [0, 192, *(576 << power for power in range(4)), 0, 0]
    return np.array([*small, *(256 << power for power in range(8))], np.int64)


def _true_bytes() -> tuple[Flags, Flags]:
    """Which values both bytes of codes can have; some are reserved."""
    byte = np.arange(256)
    first = (byte >> 4 > 0) & (byte & 15 < 15)
    second = (byte >> 4 < 11) & (byte >> 1 & 7 != 3) & (byte & 1 == 0)
    return first, second


_LEAD_LENGTHS, _TAIL_LENGTHS, _CODED_BLOCKS = _lead_lengths(), _tail_lengths(), _coded_blocks()
_TRUE_FIRST, _TRUE_SECOND = _true_bytes()


@dataclass(frozen=True, slots=True, kw_only=True)
class Headers:
    """One row or item a frame."""

    numbers: Ints
    #: Both bytes of codes, then the tail, zeros behind it: shape (frames, 6).
    codes: Bytes
    blocks: Ints
    lengths: Ints

    def __getitem__(self, which: slice | Flags) -> "Headers":
        return Headers(**{field.name: getattr(self, field.name)[which] for field in fields(self)})

    def __len__(self) -> int:
        return len(self.numbers)


def codes_for(info: StreamInfo, block: int) -> bytes:
    """Codes and tail of a frame of our own, its channels independent of each other, without zeros behind."""
    rate_code, rate_tail = _rate_codes(info.sample_rate)
    channels_and_bits = (info.channels - 1) << 4 | _BITS_CODES.get(info.bits, 0) << 1
    return bytes((0x70 | rate_code, channels_and_bits)) + (block - 1).to_bytes(2, "big") + rate_tail


def _rate_codes(rate: int) -> tuple[int, bytes]:
    """Code and tail; said in the frame where it can be, as the frames around it do."""
    if rate in _STANDARD_RATES:
        return _STANDARD_RATES.index(rate), b""
    if rate % 1000 == 0 and rate < 256_000:
        return 12, (rate // 1000).to_bytes(1, "big")
    if rate < 65536:
        return 13, rate.to_bytes(2, "big")
    return (14, (rate // 10).to_bytes(2, "big")) if rate % 10 == 0 and rate < 655_360 else (0, b"")


def parse_headers(data: Bytes, starts: Ints, info: StreamInfo) -> tuple[Headers, Ints, Flags]:
    """The true headers among those that may start there, where they do, and whether they are of this stream.

    Behind each start `data` has at least 16 bytes.
    """
    starts = starts[_TRUE_FIRST[data[starts + 2]] & _TRUE_SECOND[data[starts + 3]]]
    starts = starts[_LEAD_LENGTHS[data[starts + 4]] > 0]
    rows = data[starts[:, None] + np.arange(MOST_HEADER_BYTES)]
    number_bytes = _LEAD_LENGTHS[rows[:, 4]]
    tail_bytes = _TAIL_LENGTHS[rows[:, 2]]
    lengths = 4 + number_bytes + tail_bytes + 1
    numbers, is_number = _read_numbers(rows[:, 4:11], number_bytes)
    codes = np.zeros((len(rows), 2 + _MOST_TAIL_BYTES), np.uint8)
    codes[:, :2] = rows[:, 2:4]
    columns = np.arange(_MOST_TAIL_BYTES)
    tails = np.take_along_axis(rows, 4 + number_bytes[:, None] + columns, axis=1)
    codes[:, 2:] = np.where(columns < tail_bytes[:, None], tails, 0)
    blocks = _read_blocks(codes)
    is_true = is_number & (crc8(right_aligned(rows, lengths)) == 0) & (blocks > 0)
    headers = Headers(numbers=numbers, codes=codes, blocks=blocks, lengths=lengths)[is_true]
    return headers, starts[is_true], _fits(headers.codes, info)


def coded_bytes(numbers: Ints | int) -> Ints:
    """How many bytes each of these takes in a header."""
    lengths: Ints = 1 + np.searchsorted(NUMBER_LIMITS, numbers, side="right")
    return lengths


def tail_lengths(codes: Bytes) -> Ints:
    return _TAIL_LENGTHS[codes[:, 0]]


def write_headers(numbers: Ints, codes: Bytes) -> tuple[Bytes, Ints]:
    """Rows of 16 bytes that begin with the headers, sample numbers in them, and how long each one is."""
    number_bytes = coded_bytes(numbers)
    tail_bytes = tail_lengths(codes)
    lengths = 4 + number_bytes + tail_bytes + 1
    rows = np.zeros((len(numbers), MOST_HEADER_BYTES), np.uint8)
    rows[:, 0], rows[:, 1] = 0xFF, 0xF9
    rows[:, 2:4] = codes[:, :2]
    rows[:, 4:11] = _coded_numbers(numbers, number_bytes)
    tail_columns = 4 + number_bytes[:, None] + np.arange(_MOST_TAIL_BYTES)
    np.put_along_axis(rows, tail_columns, codes[:, 2:], axis=1)
    np.put_along_axis(rows, lengths[:, None] - 1, crc8(right_aligned(rows, lengths - 1))[:, None], axis=1)
    return rows, lengths


def right_aligned(rows: Bytes, lengths: Ints) -> Bytes:
    """The first so many bytes of each row at its end, zeros before them."""
    columns = np.arange(rows.shape[1]) - rows.shape[1] + lengths[:, None]
    return np.where(columns < 0, np.uint8(0), np.take_along_axis(rows, np.maximum(columns, 0), axis=1))


def _fits(codes: Bytes, info: StreamInfo) -> Flags:
    """Where rate, channels and bits are the stream's, or left to its header."""
    assignment, bits_code = codes[:, 1] >> 4, codes[:, 1] >> 1 & 7
    assignments = _STEREO_ASSIGNMENTS if info.channels == 2 else (info.channels - 1,)
    has_bits = (bits_code == 0) | (bits_code == _BITS_CODES.get(info.bits, 0))
    has_rate = _rates(codes, info.sample_rate) == info.sample_rate
    fits: Flags = np.isin(assignment, assignments) & has_bits & has_rate
    return fits


def _read_numbers(columns: Bytes, byte_counts: Ints) -> tuple[Ints, Flags]:
    """UTF-8 as it once was, up to 7 bytes; and where its follow-up bytes are what they should be."""
    lead_bits = np.where(byte_counts == 1, 0x7F, 0x7F >> byte_counts)
    numbers = (columns[:, 0] & lead_bits).astype(np.int64)
    is_right = np.ones(len(columns), np.bool_)
    for index in range(1, columns.shape[1]):
        is_inside = byte_counts > index
        byte = columns[:, index]
        is_right &= ~is_inside | (byte & 0xC0 == 0x80)
        numbers = np.where(is_inside, numbers << 6 | (byte & 0x3F), numbers)
    return numbers, is_right


def _coded_numbers(numbers: Ints, byte_counts: Ints) -> Bytes:
    """Shape (frames, 7), zeros behind each number."""
    follow_ups = byte_counts[:, None] - 1 - np.arange(7)
    parts = numbers[:, None] >> 6 * np.maximum(follow_ups, 0)
    coded = np.where(follow_ups < 0, 0, parts & 0x3F | 0x80)
    coded[:, 0] = np.where(byte_counts == 1, numbers, parts[:, 0] | _LEADS[byte_counts])
    return coded.astype(np.uint8)


def _read_blocks(codes: Bytes) -> Ints:
    """Samples of each frame, 0 where the header cannot be true."""
    size_code = codes[:, 0] >> 4
    first, second = codes[:, 2].astype(np.int64), codes[:, 3].astype(np.int64)
    two_bytes = (first << 8 | second) + 1
    blocks = np.where(
        size_code == 6, first + 1, np.where(size_code == 7, two_bytes, _CODED_BLOCKS[size_code])
    )
    return np.where(blocks > 65535, 0, blocks)


def _rates(codes: Bytes, default: int) -> Ints:
    size_bytes = _TAIL_LENGTHS[codes[:, 0] & 0xF0]
    rate_code = codes[:, 0] & 15
    places = 2 + size_bytes[:, None] + np.arange(2)
    first, second = np.take_along_axis(codes, places, axis=1).astype(np.int64).T
    two_bytes = first << 8 | second
    coded = np.array([default, *_STANDARD_RATES[1:], *[0] * 4])[rate_code]
    return np.select(
        [rate_code == 12, rate_code == 13, rate_code == 14], [first * 1000, two_bytes, two_bytes * 10], coded
    )
