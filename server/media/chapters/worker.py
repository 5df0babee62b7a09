# mypy: allow-untyped-calls
# mutagen says that it is typed, but few of its functions are.
"""Reads what a file says of its chapters, in the limited process that opens strangers' files."""

from collections.abc import Callable, Sequence
from typing import Any

from av.container import InputContainer
from mutagen import MutagenError
from mutagen.apev2 import APEv2
from mutagen.flac import FLAC

_MAX_CHARACTERS = 300  # twelve bytes of JSON each at worst: still below PIPE_BUF
_MAX_SHEET_CHARACTERS = 1_100_000
_NANOS = 1_000_000_000
_LEAD_OUTS = (170, 255)

Tell = Callable[[list[Any]], None]


def list_chapters(
    container: InputContainer, path: str, demuxer: str, max_chapters: int, tell: Tell
) -> dict[str, Any]:
    """Tells of each chapter: its start and end in nanoseconds, and its title. Without any, the parts are
    those of the text of a cue sheet, and the answer says so."""
    flac = _flac(path) if demuxer == "flac" else None
    tracks = [] if flac is None else _tracks(flac)
    # FFmpeg makes chapters of the tracks, and mixes them up with all others.
    chapters = [] if tracks else _chapters(container)
    sheet = "" if chapters else _sheet(container, path, demuxer)
    if sheet:
        for at in range(0, len(sheet), _MAX_CHARACTERS):
            tell([sheet[at : at + _MAX_CHARACTERS]])
        return {"is_sheet": True}
    return _tell_all(chapters or tracks, max_chapters, tell)


def _tell_all(chapters: Sequence[list[Any]], max_chapters: int, tell: Tell) -> dict[str, Any]:
    if len(chapters) > max_chapters:
        return {"problem": "too_many_chapters"}
    for chapter in chapters:
        tell(chapter)
    return {}


def _chapters(container: InputContainer) -> list[list[Any]]:
    found = []
    for chapter in container.chapters():
        unit_ns = (chapter["time_base"] or 1) * _NANOS
        title = chapter["metadata"].get("title", "")[:_MAX_CHARACTERS]
        found.append([round(chapter["start"] * unit_ns), round(chapter["end"] * unit_ns), title])
    return found


def _sheet(container: InputContainer, path: str, demuxer: str) -> str:
    """As a field of its own, of whatever kind of tags the file has."""
    found = dict(container.metadata)
    if container.streams.audio:
        found |= container.streams.audio[0].metadata
    texts = {key.lower(): text for key, text in found.items()}
    sheet = texts.get("cuesheet") or (_ape_sheet(path) if demuxer == "mp3" else "")
    return sheet[:_MAX_SHEET_CHARACTERS]


def _ape_sheet(path: str) -> str:
    """FFmpeg does not look for these tags behind MP3."""
    try:
        return str(APEv2(path).get("cuesheet", ""))
    except (MutagenError, ValueError):
        return ""


def _flac(path: str) -> Any:  # noqa: ANN401 - a class of mutagen, none of whose fields has a type
    try:
        return FLAC(path)
    except (MutagenError, ValueError):
        return None


def _tracks(flac: Any) -> list[list[Any]]:  # noqa: ANN401 - as above
    """Of the block that FLAC has for a cue sheet, which holds no titles."""
    if flac.cuesheet is None:
        return []
    starts = [_start(track) for track in flac.cuesheet.tracks if track.track_number not in _LEAD_OUTS]
    rate = flac.info.sample_rate
    return [[round(start * _NANOS / rate)] * 2 + [""] for start in starts]


def _start(track: Any) -> int:  # noqa: ANN401 - as above
    """Where its sound begins: behind the pause in front of it."""
    offsets = [index.index_offset for index in track.indexes if index.index_number == 1]
    return int(track.start_offset) + int(offsets[0] if offsets else 0)
