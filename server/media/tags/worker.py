"""Reads the tags of an open file, in the limited process that opens strangers' files."""

import base64
from collections.abc import Callable
from itertools import islice
from typing import Any

from av.container import InputContainer
from av.stream import Disposition

_FIELDS = ("title", "artist", "album", "album_artist", "genre", "date", "track", "tracktotal")
_MAX_CHARACTERS = 300  # twelve bytes of JSON each at worst: still below PIPE_BUF
_COVER_CHUNK_BYTES = 2700  # 3600 characters
_MEDIA_TYPES = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png"}


def list_tags(
    container: InputContainer, max_cover_bytes: int, tell: Callable[[list[str]], None]
) -> dict[str, Any]:
    """Tells of field after field, then of the cover piece by piece. The answer holds the cover's type."""
    found = dict(container.metadata)
    if container.streams.audio:
        found |= container.streams.audio[0].metadata
    lowered = {key.lower(): value for key, value in found.items()}
    for field in _FIELDS:
        if lowered.get(field):
            tell([field, lowered[field][:_MAX_CHARACTERS]])
    cover = _cover(container)
    media_type = next((kind for magic, kind in _MEDIA_TYPES.items() if cover.startswith(magic)), None)
    if media_type is None:
        return {}
    if len(cover) > max_cover_bytes:
        return {"cover_bytes": len(cover)}
    for at in range(0, len(cover), _COVER_CHUNK_BYTES):
        tell(["cover", base64.b64encode(cover[at : at + _COVER_CHUNK_BYTES]).decode()])
    return {"cover": media_type, "cover_bytes": len(cover)}


def _cover(container: InputContainer) -> bytes:
    """The first attached picture; such a stream has one packet, which comes before all sound."""
    for stream in container.streams.video:
        if stream.disposition & Disposition.attached_pic:
            for packet in islice(container.demux(stream), 1):
                return bytes(packet)
    return b""
