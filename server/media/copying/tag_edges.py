"""Where the audio of a file lies between its tags: ID3v2 in front; ID3v1, APEv2 and Lyrics3 behind."""

import os

from server.media.probing.sniff import id3_bytes
from zerokerf.errors import CorruptFile

_MAX_TAGS = 16
_ID3V1_BYTES, _ID3V1_MORE_BYTES = 128, 227
_LYRICS3V1_BYTES = 5100 + len(b"LYRICSBEGIN")


def audio_range(file: int) -> tuple[int, int]:
    """First byte after the tags in front, and first of those behind. Raises CorruptFile if there is none."""
    size = os.fstat(file).st_size
    start = 0
    for _ in range(_MAX_TAGS):
        tag_bytes = id3_bytes(os.pread(file, 10, start))
        if not tag_bytes:
            break
        start += tag_bytes
    if start >= size:
        raise CorruptFile("its tags claim more bytes than the file has." if size else "it is empty.")
    end = size
    for _ in range(_MAX_TAGS):
        tag_bytes = _last_tag_bytes(os.pread(file, min(end - start, 512), max(start, end - 512)), file, end)
        if not 0 < tag_bytes <= end - start:
            break
        end -= tag_bytes
    return start, end


def _last_tag_bytes(tail: bytes, file: int, end: int) -> int:
    """The length of the tag that ends with `tail`, 0 if none does."""
    if tail[-_ID3V1_BYTES:][:3] == b"TAG" and len(tail) >= _ID3V1_BYTES:
        has_more = tail[-_ID3V1_BYTES - _ID3V1_MORE_BYTES :][:4] == b"TAG+"
        return _ID3V1_BYTES + (_ID3V1_MORE_BYTES if has_more else 0)
    if tail[-32:-24] == b"APETAGEX":
        has_header = tail[-9] & 0x80
        return int.from_bytes(tail[-20:-16], "little") + (32 if has_header else 0)
    if tail[-9:] == b"LYRICS200" and tail[-15:-9].isdigit():
        return int(tail[-15:-9]) + 15
    if tail[-9:] == b"LYRICSEND":
        start = max(0, end - _LYRICS3V1_BYTES)
        begin = os.pread(file, end - start, start).rfind(b"LYRICSBEGIN")
        return end - start - begin if begin >= 0 else 0
    return 0
