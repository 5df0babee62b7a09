"""What Vorbis packets say about themselves: the identification header and each packet's window (Vorbis I)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from server.media.copying.copier import NotCopyable

MAGIC = b"\x01vorbis"


@dataclass(frozen=True, slots=True)
class VorbisHead:
    """The identification header, and how many samples a short and a long window span."""

    packet: bytes
    channels: int
    sample_rate: int
    windows: tuple[int, int]


def read_head(packet: bytes) -> VorbisHead:
    """Raises NotCopyable if it is damaged."""
    if len(packet) < 30 or packet[7:11] != bytes(4) or not packet[29] & 1:
        raise NotCopyable("Its identification header is damaged.")
    channels, sample_rate = packet[11], int.from_bytes(packet[12:16], "little")
    short, long = 1 << (packet[28] & 15), 1 << (packet[28] >> 4)
    if not channels or not sample_rate or not 64 <= short <= long <= 8192:
        raise NotCopyable("Its identification header is damaged.")
    return VorbisHead(packet[:30], channels, sample_rate, (short, long))


def packet_ends(
    sizes: NDArray[np.uint32], first_bytes: NDArray[np.uint8], head: VorbisHead, modes: list[bool]
) -> NDArray[np.int64]:
    """Where each packet's samples end. The first packet gives none: it is what the second overlaps with.

    Raises NotCopyable if a packet is no audio, or of a mode that does not exist.
    """
    mode_bits = (len(modes) - 1).bit_length()
    mode = first_bytes >> 1 & ((1 << mode_bits) - 1)
    if ((sizes == 0) | (first_bytes & 1 == 1) | (mode >= len(modes))).any():
        raise NotCopyable("It holds a packet that is damaged.")
    quarters = np.array([head.windows[is_long] // 4 for is_long in modes], np.int16)[mode]
    samples = np.zeros(len(sizes), np.int16)
    samples[1:] = quarters[1:] + quarters[:-1]
    return np.cumsum(samples, dtype=np.int64)
