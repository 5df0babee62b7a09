"""Tells by its first bytes which demuxer may open a file, and refuses the rest with a sentence to act on."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from zerokerf.errors import CorruptFile, UnsupportedFormat

FrameBytes = Callable[[bytes], int]

_WINDOW_BYTES = 64 * 1024
_MAX_ID3_FRAMES = 10_000
_ID3_FRAME = re.compile(rb"[A-Z][A-Z0-9]{3}")
_ACCEPTED = "send mp3, wav, flac, ogg, opus, aac or m4a"
_PLAYLISTS = {
    b"#extm3u": "an HLS playlist",
    b"ffconcat": "a concatenation script",
    b"v=0": "an SDP description",
    b"[playlist]": "a playlist",
}
_MARKUP = {b"<mpd": "a DASH manifest", b"<!doctype html": "a web page", b"<html": "a web page"}
_OTHERS = {
    b"\x1aE\xdf\xa3": "a Matroska or WebM file",
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"GIF8": "a GIF image",
    b"%PDF": "a PDF document",
    b"PK\x03\x04": "a ZIP archive",
    b"\x1f\x8b": "a gzip archive",
    b"FORM": "an AIFF file",
    b"\x30\x26\xb2\x75": "a Windows Media file",
    b"#!AMR": "an AMR file",
    b"caff": "a CAF file",
    b".snd": "an AU file",
    b"FLV": "a Flash video",
}
_MP4_BOXES = (b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot")
_MPEG_KBITS = {  # by (is MPEG-1, layer)
    (True, 3): (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (False, 3): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (True, 2): (0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (False, 2): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
#: By the two bits that say which version it is.
MPEG_RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}


def sniff(path: Path) -> str:
    """The name of the one demuxer that may read this file. Blocking, reads at most two windows."""
    with path.open("rb") as file:
        head = file.read(_WINDOW_BYTES)
        if not head:
            raise UnsupportedFormat(f"it is empty; {_ACCEPTED}.")
        tags_bytes = id3_bytes(head)
        if tags_bytes:
            if _has_audio(_behind_id3_frames(file, head, tags_bytes)):
                raise CorruptFile("its tags claim bytes that are audio.", tagBytes=tags_bytes)
            file.seek(tags_bytes)
            head = file.read(_WINDOW_BYTES)
    if tags_bytes and not head:
        raise CorruptFile("its tags claim more bytes than the file has.", tagBytes=tags_bytes)
    return _demuxer_of(head) or _refuse(head)


def id3_bytes(head: bytes) -> int:
    """The length of an ID3v2 tag at the start, 0 without one."""
    if len(head) < 10 or head[:3] != b"ID3" or any(byte & 0x80 for byte in head[6:10]):
        return 0
    size = head[6] << 21 | head[7] << 14 | head[8] << 7 | head[9]
    return size + (20 if head[5] & 0x10 else 10)


def _behind_id3_frames(file: BinaryIO, head: bytes, tags_bytes: int) -> bytes:
    """What an ID3v2 tag holds after the last of its frames: padding, if its length is no lie."""
    version, flags = head[3], head[5]
    if version not in (3, 4) or flags & 0xC0:
        return b""
    shift, position = (7 if version == 4 else 8), 10
    for _ in range(_MAX_ID3_FRAMES):
        file.seek(position)
        frame = file.read(10)
        if position >= tags_bytes or len(frame) < 10:
            return b""
        if not _ID3_FRAME.match(frame):
            file.seek(position)
            return file.read(min(_WINDOW_BYTES, tags_bytes - position)).lstrip(b"\0")
        position += 10 + sum(byte << shift * place for place, byte in enumerate(frame[7:3:-1]))
    return b""


def _has_audio(head: bytes) -> bool:
    return any(_run(head, 0, frame_bytes)[0] == 3 for frame_bytes in (mpeg_frame_bytes, adts_frame_bytes))


def _demuxer_of(head: bytes) -> str | None:
    if head[:4] in (b"RIFF", b"RF64") and head[8:12] == b"WAVE":
        return "wav"
    if head[:8] == b"riff\x2e\x91\xcf\x11":
        return "w64"
    if head[:4] == b"fLaC":
        return "flac"
    if head[:4] == b"OggS":
        return "ogg"
    if head[4:8] in _MP4_BOXES and not _is_text(head):
        return "mov"
    return _mpeg_demuxer_of(head)


def _mpeg_demuxer_of(head: bytes) -> str | None:
    """A run of frames whose lengths lead from one to the next; a lone sync word proves nothing."""
    if _starts_with_frames(head, adts_frame_bytes):
        return "aac"
    if _starts_with_frames(head, mpeg_frame_bytes):
        return "mp3"
    position = -1 if _is_text(head) else head.find(b"\xff")
    while position >= 0:
        if _run(head, position, mpeg_frame_bytes)[0] == 3:
            return "mp3"
        position = head.find(b"\xff", position + 1)
    return None


def _starts_with_frames(head: bytes, frame_bytes: FrameBytes) -> bool:
    count, end = _run(head, 0, frame_bytes)
    return count >= 2 or (count == 1 and end >= len(head))


def _run(head: bytes, position: int, frame_bytes: FrameBytes) -> tuple[int, int]:
    """How many frames (at most three) follow each other here, and where the last of them ends."""
    for count in range(3):
        size = frame_bytes(head[position : position + 6])
        if not size:
            return count, position
        position += size
    return 3, position


def mpeg_frame_bytes(header: bytes) -> int:
    """The length of the MPEG audio frame (layer II or III) that starts here, 0 if none does."""
    if len(header) < 4 or header[0] != 0xFF or header[1] & 0xE0 != 0xE0:
        return 0
    version, layer = header[1] >> 3 & 3, 4 - (header[1] >> 1 & 3)
    kbits_index, rate_index = header[2] >> 4, header[2] >> 2 & 3
    if version == 1 or layer not in (2, 3) or kbits_index in (0, 15) or rate_index == 3:
        return 0
    kbits = _MPEG_KBITS[version == 3, layer][kbits_index]
    slots = 72 if layer == 3 and version != 3 else 144
    return slots * kbits * 1000 // MPEG_RATES[version][rate_index] + (header[2] >> 1 & 1)


def adts_frame_bytes(header: bytes) -> int:
    """The length of the ADTS frame that starts here, 0 if none does."""
    if len(header) < 6 or header[0] != 0xFF or header[1] & 0xF6 != 0xF0 or header[2] >> 2 & 15 > 12:
        return 0
    size = (header[3] & 3) << 11 | header[4] << 3 | header[5] >> 5
    return size if size >= 7 else 0


def _refuse(head: bytes) -> str:
    raise UnsupportedFormat(f"it is {_what(head)}; {_ACCEPTED}.")


def _what(head: bytes) -> str:
    for magic, name in _OTHERS.items():
        if head.startswith(magic):
            return name
    if head[:4] == b"RIFF":
        return "a RIFF file without audio data (AVI or WebP)"
    text = head[:4096].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    for start, name in _PLAYLISTS.items():
        if text.startswith(start):
            return f"{name}, which points to other files instead of holding audio"
    for mark, name in _MARKUP.items():
        if text.startswith(b"<") and mark in text:
            return name
    return "text" if _is_text(head) else "of an unknown kind"


def _is_text(head: bytes) -> bool:
    sample = head[:4096]
    if sample.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    return not any(byte < 9 or 13 < byte < 32 for byte in sample) and b"\xff" not in sample
