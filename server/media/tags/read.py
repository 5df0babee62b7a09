"""Asks the limited process for the tags of a source."""

import base64
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from server.media.facts import MediaLimits
from server.media.probing.prober import Prober
from server.media.tags.names import Cover, Tags
from zerokerf.template import clean

_MAX_COVER_BYTES = 4 * 1024**2
_TRACK = re.compile(r"\s*(\d{1,4})\s*(?:/\s*(\d{1,4}))?")


@dataclass(frozen=True, slots=True)
class SourceTags:
    """`notes` are sentences about what was left behind."""

    tags: Tags
    notes: tuple[str, ...] = ()


async def read_tags(
    path: Path,
    demuxer: str,
    limits: MediaLimits,
    prober: Prober,
    *,
    max_cover_bytes: int = _MAX_COVER_BYTES,
) -> SourceTags:
    """Tags that can't be read are no reason to fail: there are none then, and a note says so."""
    request = _request(path, demuxer, limits, max_cover_bytes)
    answer = await prober.ask(request, limits.probe_wall_s + 5)
    if "problem" in answer:
        return SourceTags(Tags(), ("The tags of the source could not be read.",))
    return _source_tags(answer, max_cover_bytes)


def _request(path: Path, demuxer: str, limits: MediaLimits, max_cover_bytes: int) -> dict[str, Any]:
    return {
        "path": str(path.absolute()),
        "demuxer": demuxer,
        "max_cover_bytes": max_cover_bytes,
        "wall_s": limits.probe_wall_s,
        "cpu_s": limits.probe_cpu_s,
        "memory_bytes": limits.memory_bytes,
    }


def _source_tags(answer: dict[str, Any], max_cover_bytes: int) -> SourceTags:
    parts: list[list[str]] = answer["parts"]
    found = {field: text for field, text in parts if field != "cover"}
    track, track_count = _track(found.pop("track", ""), found.pop("tracktotal", ""))
    cover: Cover | None = None
    notes: tuple[str, ...] = ()
    if "cover" in answer:
        data = b"".join(base64.b64decode(text) for field, text in parts if field == "cover")
        cover = Cover(answer["cover"], data)
    elif "cover_bytes" in answer:
        size_bytes = answer["cover_bytes"]
        notes = (f"The cover of {size_bytes} bytes was left out; at most {max_cover_bytes} are kept.",)
    texts: dict[str, Any] = {field: clean(text) for field, text in found.items()}
    tags = Tags(
        **texts,
        track=track,
        track_count=track_count,
        cover=cover,
    )
    return SourceTags(tags, notes)


def _track(track: str, total: str) -> tuple[int | None, int | None]:
    """Some formats state both numbers in one field."""
    stated = _TRACK.fullmatch(track)
    if stated is None:
        return None, None
    count = stated[2] or (total if total.isdecimal() and len(total) <= 4 else None)
    return int(stated[1]), int(count) if count else None
