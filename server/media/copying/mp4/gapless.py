"""Reads which of a track's samples are heard: by its edit list, or by what iTunes notes in its tags.

The edit list is that of ISO/IEC 14496-12, section 8.6.6; `iTunSMPB` holds the encoder's delay and the padding
at the end in hexadecimal. What two of them say differently is declined, for players disagree about it.
"""

import re
import struct
from dataclasses import dataclass

from server.media.copying.copier import NotCopyable
from server.media.copying.mp4.aac_config import SoundConfig
from server.media.copying.mp4.boxes import Boxes, DamagedTables

_MAX_NOTED_DELAY = 16_383
_MAX_NOTE_BYTES = 256
_HEXADECIMAL = re.compile(rb"[0-9A-Fa-f]{1,16}")
_BAD_NOTE = "Its note on gapless playing is damaged."
_CONTRADICTION = "Its lengths contradict each other."
_UNKNOWN = (0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF)


@dataclass(frozen=True, slots=True)
class Timeline:
    """Samples are counted from the first that the first packet decodes to."""

    first_sample: int
    end_sample: int


@dataclass(frozen=True, slots=True)
class _Note:
    """What iTunes notes, in samples; nothing about the gaps if delay and padding are 0."""

    delay: int
    padding: int
    sample_count: int


def read_timeline(movie: Boxes, trak: Boxes, media: Boxes, config: SoundConfig, total: int) -> Timeline:
    """`total` samples are in all packets. Raises NotCopyable for clocks and edits out of the ordinary."""
    ticks_s, media_ticks = _clock(media.read(b"mdhd"))
    if ticks_s != config.sample_rate:
        raise NotCopyable("Its clock does not count samples.")
    if media_ticks < total:
        raise NotCopyable(_CONTRADICTION)
    edit = _read_edit(movie, trak, ticks_s, total)
    note = _read_note(movie)
    if note is None:
        return edit or Timeline(0, total)
    return _agree(edit, note, total, config.packet_samples)


def _clock(body: bytes) -> tuple[int, int]:
    """Ticks a second and the duration in them, of a media or movie header; 0 for a duration not known."""
    if len(body) < (32 if body[:1] == b"\1" else 20):
        raise DamagedTables
    ticks_s, duration = struct.unpack_from(">IQ" if body[0] == 1 else ">II", body, 20 if body[0] == 1 else 12)
    return ticks_s, 0 if duration in _UNKNOWN else duration


def _read_edit(movie: Boxes, trak: Boxes, ticks_s: int, total: int) -> Timeline | None:
    """The one edit there may be, rounded to samples as players do."""
    body = trak.read_any(b"edts", b"elst")
    if body is None or body[4:8] == bytes(4):
        return None
    if len(body) < 8:
        raise DamagedTables
    if body[4:8] != b"\0\0\0\1":
        raise NotCopyable("It is edited: it plays its sound in several pieces.")
    layout = ">QqI" if body[0] == 1 else ">IiI"
    if len(body) < 8 + struct.calcsize(layout):
        raise DamagedTables
    duration, first, speed = struct.unpack_from(layout, body, 8)
    movie_ticks_s, _ = _clock(movie.read(b"mvhd"))
    if speed != 1 << 16 or not movie_ticks_s or first < 0:
        raise NotCopyable("It is edited in a rare way.")
    end = first + (2 * duration * ticks_s + movie_ticks_s) // (2 * movie_ticks_s)
    if duration == 0 or first >= total:
        raise NotCopyable("It is edited to nothing.")
    return Timeline(first, min(end, total))


def _read_note(movie: Boxes) -> _Note | None:
    if movie.find(b"udta", b"meta") is None:
        return None
    meta = movie.inside(b"udta", b"meta", skipped_bytes=4)
    if meta.find(b"ilst") is None:
        return None
    for item in meta.inside(b"ilst").every(b"----"):
        name = item.find(b"name")
        if name is not None and name.size_bytes == 12 and item.read(b"name")[4:] == b"iTunSMPB":
            return _parse_note(item.read(b"data")[8:])
    return None


def _parse_note(text: bytes) -> _Note | None:
    fields = text[:_MAX_NOTE_BYTES].split()[1:4]
    if len(fields) < 3 or not all(_HEXADECIMAL.fullmatch(field) for field in fields):
        raise NotCopyable(_BAD_NOTE)
    note = _Note(*(int(field, 16) for field in fields))
    return note if note.delay or note.padding else None


def _agree(edit: Timeline | None, note: _Note, total: int, packet_samples: int) -> Timeline:
    noted = Timeline(note.delay, total - note.padding)
    if not 0 < note.delay <= _MAX_NOTED_DELAY or noted.end_sample <= note.delay:
        raise NotCopyable(_BAD_NOTE)
    if note.padding and total % packet_samples:
        raise NotCopyable(_CONTRADICTION)  # two reasons to shorten the last packet add up
    if edit is None:
        return noted
    if edit.first_sample != note.delay or note.sample_count != noted.end_sample - noted.first_sample:
        raise NotCopyable(_CONTRADICTION)
    if edit.end_sample == total:
        return noted
    if edit.end_sample > noted.end_sample:
        raise NotCopyable(_CONTRADICTION)
    return edit
