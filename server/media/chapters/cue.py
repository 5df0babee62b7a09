"""Reads a cue sheet: where its tracks begin, in frames of a 75th of a second, and what they are called."""

import re
from dataclasses import dataclass, replace

from zerokerf.errors import InvalidCueSheet
from zerokerf.template import clean

FRAMES_PER_S = 75

_MAX_CHARACTERS = 1_000_000
_MAX_TRACKS = 10_000
_SHOWN_CHARACTERS = 60
_TIME = re.compile(r"(\d{1,6}):(\d{2}):(\d{2})", re.ASCII)
_NUMBER = re.compile(r"\d{1,6}", re.ASCII)
_LINE_END = re.compile(r"\r\n|\r|\n")
_IGNORED = {
    *("REM", "CATALOG", "CDTEXTFILE", "PERFORMER", "SONGWRITER", "COMPOSER", "ARRANGER", "MESSAGE"),
    *("ISRC", "FLAGS", "PREGAP", "POSTGAP", "GENRE", "DATE", "DISC_ID", "TOC_INFO", "UPC_EAN", "SIZE_INFO"),
}


@dataclass(frozen=True, slots=True)
class CueTrack:
    """One track. `line` is where its start is stated, for messages."""

    start_frames: int
    title: str | None
    line: int

    @property
    def start_text(self) -> str:
        seconds, frames = divmod(self.start_frames, FRAMES_PER_S)
        return f"{seconds // 60:02}:{seconds % 60:02}:{frames:02}"


def parse_cue(sheet: str) -> tuple[CueTrack, ...]:
    """At least one track, starts strictly rising. Raises InvalidCueSheet with the line and the value."""
    if len(sheet) > _MAX_CHARACTERS:
        raise InvalidCueSheet(1, f"it is longer than {_MAX_CHARACTERS} characters.")
    reader = _Reader()
    for number, text in enumerate(_LINE_END.split(sheet.removeprefix("\ufeff")), 1):
        reader.read(number, text.strip(" \t\0"))
    return reader.finish()


class _Reader:
    """What the lines so far have said."""

    def __init__(self) -> None:
        self._line = 0
        self._files = 0
        self._tracks: list[CueTrack] = []
        self._open: CueTrack | None = None  # begun; until its INDEX 01 is read its start is negative

    def read(self, line: int, text: str) -> None:
        word, _, rest = text.replace("\t", " ").partition(" ")
        command, rest = word.upper(), rest.strip()
        self._line = line
        if command == "FILE":
            self._file()
        elif command == "TRACK":
            self._track(rest)
        elif command == "INDEX":
            self._index(rest)
        elif command == "TITLE":
            self._title(rest)
        elif command and command not in _IGNORED:
            raise self._wrong("is no command of a cue sheet", word)

    def finish(self) -> tuple[CueTrack, ...]:
        self._close_track()
        if not self._tracks:
            raise InvalidCueSheet(self._line, "it ends without a TRACK.")
        return tuple(self._tracks)

    def _wrong(self, why: str, value: str) -> InvalidCueSheet:
        shown = value if len(value) <= _SHOWN_CHARACTERS else value[:_SHOWN_CHARACTERS] + "…"
        return InvalidCueSheet(self._line, f"{shown!r} {why}.", value=shown)

    def _file(self) -> None:
        self._files += 1
        if self._files > 1:
            raise InvalidCueSheet(self._line, "a second FILE begins; only sheets for one file can be used.")

    def _track(self, rest: str) -> None:
        self._close_track()
        number, _, kind = rest.partition(" ")
        if not _NUMBER.fullmatch(number):
            raise self._wrong("is no track number", number)
        if kind.strip().upper() != "AUDIO":
            raise self._wrong("is no kind of audio track", kind.strip())
        if len(self._tracks) >= _MAX_TRACKS:
            raise InvalidCueSheet(self._line, f"it has more than {_MAX_TRACKS} tracks.")
        self._open = CueTrack(-1, None, self._line)

    def _index(self, rest: str) -> None:
        number, _, time = rest.partition(" ")
        if self._open is None:
            raise self._wrong("stands before the first TRACK", f"INDEX {rest}")
        if not _NUMBER.fullmatch(number):
            raise self._wrong("is no index number", number)
        frames = self._frames(time.strip())
        if int(number) == 1:
            self._start(frames, time.strip())

    def _start(self, frames: int, time: str) -> None:
        if self._open is None or self._open.start_frames >= 0:
            raise self._wrong("is a second INDEX 01 of one track", time)
        self._open = replace(self._open, start_frames=frames, line=self._line)
        if self._tracks and frames <= self._tracks[-1].start_frames:
            raise self._wrong(f"is not after {self._tracks[-1].start_text} of the track before", time)

    def _frames(self, time: str) -> int:
        found = _TIME.fullmatch(time)
        if found is None:
            raise self._wrong("is no time; write minutes:seconds:frames, such as 03:25:74", time)
        minutes, seconds, frames = (int(part) for part in found.groups())
        if seconds >= 60 or frames >= FRAMES_PER_S:
            raise self._wrong("is no time; seconds end at 59, frames at 74", time)
        return (minutes * 60 + seconds) * FRAMES_PER_S + frames

    def _title(self, rest: str) -> None:
        if self._open is not None:
            self._open = replace(self._open, title=_unquoted(rest))

    def _close_track(self) -> None:
        if self._open is None:
            return
        if self._open.start_frames < 0:
            raise InvalidCueSheet(self._open.line, "the track that begins here has no INDEX 01.")
        self._tracks.append(self._open)


def _unquoted(text: str) -> str | None:
    if text.startswith('"'):
        text = text[1:].removesuffix('"')
    return clean(text)
