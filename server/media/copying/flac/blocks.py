"""Single FLAC frames, made anew with the samples as they are."""

from collections.abc import Iterable

import numpy as np

from server.media.copying.flac.crc import crc16_of_run
from server.media.copying.flac.decode import Samples
from server.media.copying.flac.headers import coded_bytes, codes_for, write_headers
from server.media.copying.flac.stream import StreamInfo

_MOST_STREAMABLE = 4608  # samples of a block that every player takes


def block_lengths(most_block: int, sample_count: int) -> list[int]:
    """How so many samples become frames: one, or two halves where one would be longer than is usual."""
    if sample_count <= max(most_block, _MOST_STREAMABLE):
        return [sample_count] if sample_count else []
    return [sample_count - sample_count // 2, sample_count // 2]


def verbatim_bytes(info: StreamInfo, first_number: int, lengths: Iterable[int]) -> int:
    """The size of `verbatim_frames` of blocks of these lengths."""
    total = 0
    for length in lengths:
        number_bytes = int(coded_bytes(first_number))
        header_bytes = 2 + len(codes_for(info, length)) + number_bytes + 1
        total += header_bytes + -(-info.channels * (8 + length * info.bits) // 8) + 2
        first_number += length
    return total


def verbatim_frames(info: StreamInfo, first_number: int, lengths: Iterable[int], samples: Samples) -> bytes:
    """Frames of these lengths whose subframes hold the samples unchanged."""
    frames, at = b"", 0
    for length in lengths:
        codes = np.frombuffer(codes_for(info, length).ljust(6, b"\0"), np.uint8)[None]
        rows, header_lengths = write_headers(np.array([first_number + at]), codes)
        frame = rows[0, : header_lengths[0]].tobytes() + _subframes(info, samples[at : at + length])
        frames += frame + crc16_of_run(np.frombuffer(frame, np.uint8)).to_bytes(2, "big")
        at += length
    return frames


def _subframes(info: StreamInfo, samples: Samples) -> bytes:
    """Each a byte that says "verbatim" and the samples of a channel, big-endian, without gaps."""
    octets = np.ascontiguousarray(samples.T, ">i4").view(np.uint8).reshape(info.channels, -1, 4)
    if info.bits % 8 == 0:
        plain = octets[:, :, 4 - info.bits // 8 :].reshape(info.channels, -1)
        return np.insert(plain, 0, 2, axis=1).tobytes()
    bits = np.unpackbits(octets, axis=2)[:, :, 32 - info.bits :].reshape(info.channels, -1)
    kinds = np.tile(np.unpackbits(np.array([2], np.uint8)), (info.channels, 1))
    return np.packbits(np.concatenate((kinds, bits), axis=1)).tobytes()
