"""What Opus says about itself: the identification header (RFC 7845) and each packet's TOC byte (RFC 6716)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from server.media.copying.copier import NotCopyable

MAGIC = b"OpusHead"
#: Opus always counts at this rate.
SAMPLE_RATE = 48_000

_MAX_PACKET_SAMPLES = 5760  # 120 ms
# 0 is mono and stereo, 1 is surround in Vorbis's order, 255 leaves the channels' places open.
_MAPPING_FAMILIES = (0, 1, 255)
_FRAME_SAMPLES = np.array(
    [*(480, 960, 1920, 2880) * 3, *(480, 960) * 2, *(120, 240, 480, 960) * 4],
    np.int32,
)


@dataclass(frozen=True, slots=True)
class OpusHead:
    """The identification header. Gain and channel mapping stay in `packet`, untouched."""

    packet: bytes
    channels: int
    pre_skip: int
    stream_count: int

    def with_pre_skip(self, pre_skip: int) -> bytes:
        return self.packet[:10] + pre_skip.to_bytes(2, "little") + self.packet[12:]


def read_head(packet: bytes) -> OpusHead:
    """Raises NotCopyable for what is damaged, or is more than mono, stereo or surround."""
    if len(packet) < 19 or packet[8] >> 4 != 0 or packet[9] == 0:
        raise NotCopyable("Its identification header is damaged.")
    channels, family = packet[9], packet[18]
    if family not in _MAPPING_FAMILIES:
        raise NotCopyable("Its channels are mapped in an unusual way.")
    if channels > 2 if family == 0 else len(packet) < 21 + channels:
        raise NotCopyable("Its identification header is damaged.")
    return OpusHead(packet, channels, int.from_bytes(packet[10:12], "little"), packet[19] if family else 1)


def packet_ends(
    sizes: NDArray[np.uint32], first_bytes: NDArray[np.uint8], second_bytes: NDArray[np.uint8]
) -> NDArray[np.int64]:
    """Where each packet's samples end, counted from the first packet's start.

    Raises NotCopyable if a packet breaks RFC 6716's rules, for decoders part ways over it.
    """
    code = first_bytes & 3
    frames = np.choose(code, (np.uint8(1), np.uint8(2), np.uint8(2), second_bytes & 63))
    samples = _FRAME_SAMPLES[first_bytes >> 3] * frames
    is_bad = (sizes == 0) | (code == 3) & (sizes < 2) | (samples == 0) | (samples > _MAX_PACKET_SAMPLES)
    if is_bad.any():
        raise NotCopyable("It holds a packet that is damaged.")
    return np.cumsum(samples, dtype=np.int64)
