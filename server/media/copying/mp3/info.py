"""The frame before the audio that says how long it is: Xing, Info (the LAME tag, revision 0) and VBRI."""

from collections.abc import Sequence
from dataclasses import dataclass

from server.media.copying.mp3.header import HEADER_BYTES, Mp3Header, parse_header, shortest_header

#: Enough of a file to read the frame from.
INFO_HEAD_BYTES = 2048

_INFO_BYTES = 120  # name, flags, frames, bytes, table of contents, quality
_LAME_BYTES = 36
_GAPS_AT, _CHECKSUM_AT = 21, 34  # in the LAME extension
_VBRI_AT = HEADER_BYTES + 32  # whatever the mode
_HONOURED = (b"LAME", b"Lavf", b"Lavc")  # decoders trust the extension of these encoders only
_OUR_ENCODER = b"LAME3.100"


@dataclass(frozen=True, slots=True, kw_only=True)
class InfoFrame:
    """What the frame says. None or 0 where it says nothing."""

    frame_bytes: int
    frames: int
    audio_bytes: int
    #: Where the LAME extension starts in the frame; None without one that decoders honour.
    lame_at: int | None = None
    #: In samples: what the encoder put before the audio, and after it.
    delay: int = 0
    padding: int = 0


def read_info(head: bytes | bytearray) -> InfoFrame | None:
    """`head` starts at the first frame. None if that frame is audio, or lies beyond the head."""
    header = parse_header(head)
    if header is None:
        return None
    at = HEADER_BYTES + header.side_bytes  # a checksum is not counted here, wherever it may be
    if head[at : at + 4] in (b"Xing", b"Info"):
        return _read_xing(head, header, at)
    if head[_VBRI_AT : _VBRI_AT + 6] == b"VBRI\0\1":
        size, frames = head[_VBRI_AT + 10 : _VBRI_AT + 14], head[_VBRI_AT + 14 : _VBRI_AT + 18]
        return InfoFrame(frame_bytes=header.frame_bytes, frames=_number(frames), audio_bytes=_number(size))
    return None


def _read_xing(head: bytes | bytearray, header: Mp3Header, at: int) -> InfoFrame:
    flags = _number(head[at + 4 : at + 8])
    frames_at = at + 8
    bytes_at = frames_at + 4 * (flags & 1)
    toc_at = bytes_at + 4 * (flags >> 1 & 1)
    lame_at = toc_at + 100 * (flags >> 2 & 1) + 4 * (flags >> 3 & 1)
    is_honoured = head[lame_at : lame_at + 4] in _HONOURED
    gaps = _number(head[lame_at + _GAPS_AT : lame_at + _GAPS_AT + 3]) if is_honoured else 0
    return InfoFrame(
        frame_bytes=header.frame_bytes,
        frames=_number(head[frames_at:bytes_at]),
        audio_bytes=_number(head[bytes_at:toc_at]),
        lame_at=lame_at if is_honoured else None,
        delay=gaps >> 12,
        padding=gaps & 0xFFF,
    )


def write_gaps(frame: bytearray, lame_at: int, delay: int, padding: int) -> None:
    """Says anew how much of the first and last frames is not audio, and sets the frame's checksum."""
    if not (0 <= delay < 4096 and 0 <= padding < 4096):
        raise ValueError("a gap does not fit into its field")
    gaps_at, checksum_at = lame_at + _GAPS_AT, lame_at + _CHECKSUM_AT
    frame[gaps_at : gaps_at + 3] = (delay << 12 | padding).to_bytes(3, "big")
    frame[checksum_at : checksum_at + 2] = _crc16(frame[:checksum_at]).to_bytes(2, "big")


def info_header(like: Mp3Header) -> Mp3Header:
    """Of the frame that `make_info` writes."""
    return shortest_header(like, _INFO_BYTES + _LAME_BYTES)


def make_info(
    like: Mp3Header,
    delay: int,
    padding: int,
    frames: int,
    file_bytes: int,
    toc: Sequence[int],
    *,
    is_vbr: bool,
) -> bytes:
    """`frames` and `toc` (a hundred points in time, in 256ths of the file) leave this frame out,
    `file_bytes` counts it in."""
    header = info_header(like)
    frame = bytearray(header.frame_bytes)
    frame[:HEADER_BYTES] = header.raw
    at = HEADER_BYTES + header.side_bytes
    name = b"Xing" if is_vbr else b"Info"
    sizes = (frames & 0xFFFFFFFF).to_bytes(4, "big") + min(file_bytes, 0xFFFFFFFF).to_bytes(4, "big")
    info = name + (0x0F).to_bytes(4, "big") + sizes + bytes(toc) + bytes(4)
    frame[at : at + _INFO_BYTES] = info
    lame_at = at + _INFO_BYTES
    frame[lame_at : lame_at + 9] = _OUR_ENCODER
    frame[lame_at + 9] = 4 if is_vbr else 1
    frame[lame_at + 28 : lame_at + 32] = sizes[4:]
    write_gaps(frame, lame_at, delay, padding)
    return bytes(frame)


def _number(data: bytes | bytearray) -> int:
    return int.from_bytes(data, "big")


def _crc16(data: bytes | bytearray) -> int:
    """CRC-16/ARC."""
    crc = 0
    for byte in data:
        crc = crc >> 8 ^ _CRC_TABLE[(crc ^ byte) & 0xFF]
    return crc


def _crc_of(byte: int) -> int:
    for _ in range(8):
        byte = byte >> 1 ^ (0xA001 if byte & 1 else 0)
    return byte


_CRC_TABLE = tuple(_crc_of(byte) for byte in range(256))
