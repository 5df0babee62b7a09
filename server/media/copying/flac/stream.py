"""What a native FLAC file says before its first frame (RFC 9639, 8), and how our own files begin."""

import os
from dataclasses import dataclass

from server.media.copying.copier import NotCopyable
from zerokerf.errors import CorruptFile

#: Marker, block head and STREAMINFO: all that our files have before their first frame.
STREAM_HEAD_BYTES = 4 + 4 + 34
MOST_SAMPLES = (1 << 36) - 1
_STREAMINFO_STARTS = (b"fLaC\x00\x00\x00\x22", b"fLaC\x80\x00\x00\x22")
_LEAST_BLOCK = 16  # samples, for every block but the last
_MOST_BLOCK = 65535
_MOST_METADATA_BLOCKS = 10_000
_WINDOW_BYTES = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamInfo:
    """Its claims; only the kind of samples is relied on."""

    sample_rate: int
    channels: int
    bits: int
    total_samples: int | None
    frames_offset: int


def read_stream_info(fd: int, position: int) -> StreamInfo:
    """From the end of the tags in front on; a little junk is passed over.

    Raises NotCopyable for FLAC in Ogg, CorruptFile where the way to the first frame is lost.
    """
    start = _find_marker(fd, position)
    body = os.pread(fd, 34, start + 8)
    packed = int.from_bytes(body[10:18], "big")
    info = StreamInfo(
        sample_rate=packed >> 44,
        channels=(packed >> 41 & 7) + 1,
        bits=(packed >> 36 & 31) + 1,
        total_samples=packed & MOST_SAMPLES or None,
        frames_offset=_skip_metadata(fd, start + 4),
    )
    if not info.sample_rate or info.bits < 4:
        raise CorruptFile("its FLAC stream header is damaged.")
    return info


def write_stream_head(info: StreamInfo, sample_count: int, least_block: int, most_block: int) -> bytes:
    """Without an MD5 of the samples and without frame sizes: zeros say that they are not known."""
    blocks = b"".join(
        min(max(block, _LEAST_BLOCK), _MOST_BLOCK).to_bytes(2, "big") for block in (least_block, most_block)
    )
    packed = info.sample_rate << 44 | (info.channels - 1) << 41 | (info.bits - 1) << 36 | sample_count
    return _STREAMINFO_STARTS[1] + blocks + bytes(6) + packed.to_bytes(8, "big") + bytes(16)


def _find_marker(fd: int, position: int) -> int:
    if os.pread(fd, len(_STREAMINFO_STARTS[0]), position) in _STREAMINFO_STARTS:
        return position
    head = os.pread(fd, _WINDOW_BYTES, position)
    if head.startswith(b"OggS"):
        raise NotCopyable("It is FLAC in Ogg.")
    found = [at for at in map(head.find, _STREAMINFO_STARTS) if at >= 0]
    if not found:
        raise CorruptFile("it has no FLAC stream header.")
    return position + min(found)


def _skip_metadata(fd: int, position: int) -> int:
    """Where the last metadata block ends."""
    for _ in range(_MOST_METADATA_BLOCKS):
        head = os.pread(fd, 4, position)
        if len(head) < 4:
            raise CorruptFile("it ends inside its metadata.")
        position += 4 + int.from_bytes(head[1:], "big")
        if head[0] & 0x80:
            return position
    raise NotCopyable("It has too many metadata blocks.")
