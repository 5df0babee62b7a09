"""What a native FLAC file says before its first frame (RFC 9639, 8), and how our own files begin."""

from dataclasses import dataclass
from typing import BinaryIO

from server.media.copying.copier import NotCopyable
from server.media.sniff import id3_bytes
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


def read_stream_info(file: BinaryIO) -> StreamInfo:
    """Raises NotCopyable for FLAC in Ogg, CorruptFile where the way to the first frame is lost."""
    start = _find_marker(file)
    file.seek(start + 8)
    body = file.read(34)
    packed = int.from_bytes(body[10:18], "big")
    info = StreamInfo(
        sample_rate=packed >> 44,
        channels=(packed >> 41 & 7) + 1,
        bits=(packed >> 36 & 31) + 1,
        total_samples=packed & MOST_SAMPLES or None,
        frames_offset=_skip_metadata(file, start + 4),
    )
    if len(body) < 34 or not info.sample_rate or info.bits < 4:
        raise CorruptFile("its FLAC stream header is damaged.")
    return info


def write_stream_head(info: StreamInfo, sample_count: int, least_block: int, most_block: int) -> bytes:
    """Without an MD5 of the samples and without frame sizes: zeros say that they are not known."""
    blocks = b"".join(
        min(max(block, _LEAST_BLOCK), _MOST_BLOCK).to_bytes(2, "big") for block in (least_block, most_block)
    )
    packed = info.sample_rate << 44 | (info.channels - 1) << 41 | (info.bits - 1) << 36 | sample_count
    return _STREAMINFO_STARTS[1] + blocks + bytes(6) + packed.to_bytes(8, "big") + bytes(16)


def _find_marker(file: BinaryIO) -> int:
    """Behind an ID3 tag or a little junk; a tag that lies about its size is junk as well."""
    file.seek(0)
    for start in (id3_bytes(file.read(10)), 0):
        file.seek(start)
        head = file.read(_WINDOW_BYTES)
        if head.startswith(b"OggS"):
            raise NotCopyable("FLAC in Ogg is decoded and encoded anew.")
        found = [at for at in map(head.find, _STREAMINFO_STARTS) if at >= 0]
        if found:
            return start + min(found)
    raise CorruptFile("it has no FLAC stream header.")


def _skip_metadata(file: BinaryIO, position: int) -> int:
    """Where the last metadata block ends."""
    for _ in range(_MOST_METADATA_BLOCKS):
        file.seek(position)
        head = file.read(4)
        if len(head) < 4:
            raise CorruptFile("it ends inside its metadata.")
        position += 4 + int.from_bytes(head[1:], "big")
        if head[0] & 0x80:
            return position
    raise NotCopyable("It has too many metadata blocks.")
