"""Reads which of a track's samples are heard: by its edit list, or by what iTunes notes in its tags.

The edit list is that of ISO/IEC 14496-12, section 8.6.6; `iTunSMPB` holds the encoder's delay and the padding
at the end in hexadecimal. What two of them say differently is declined, for players disagree about it.
"""

import struct
from dataclasses import dataclass

from server.media.copying.copier import NotCopyable
from server.media.copying.m4a_config import SoundConfig
from server.media.copying.mp4_boxes import Boxes, DamagedTables

_MAX_ITUNES_DELAY = 16_383
_MAX_NOTE_BYTES = 256
_CONTRADICTION = "Its lengths contradict each other."
_UNKNOWN = (0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF)


@dataclass(frozen=True, slots=True)
class Timeline:
    """Samples are counted from the first that the first packet decodes to."""

    first_sample: int
    end_sample: int


def read_timeline(movie: Boxes, trak: Boxes, media: Boxes, config: SoundConfig, total: int) -> Timeline:
    """`total` samples are in all packets. Raises NotCopyable for clocks and edits out of the ordinary."""
    ticks_s, media_ticks = _clock(media.read(b"mdhd"))
    if ticks_s != config.sample_rate:
        raise NotCopyable("Its clock does not count samples.")
    if media_ticks and media_ticks < total:
        raise NotCopyable(_CONTRADICTION)
    edit = _read_edit(movie, trak, ticks_s, total)
    gaps = _read_itunes_gaps(movie)
    if gaps is None:
        return edit or Timeline(0, total)
    return _agree(edit, gaps, total, is_last_whole=total % config.packet_samples == 0)


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


def _read_itunes_gaps(movie: Boxes) -> tuple[int, int] | None:
    """The delay at the start and the padding at the end, in samples."""
    if movie.find(b"udta", b"meta") is None:
        return None
    meta = movie.inside(b"udta", b"meta", skipped_bytes=4)
    if meta.find(b"ilst") is None:
        return None
    for item in meta.inside(b"ilst").every(b"----"):
        name = item.find(b"name")
        if name is not None and name.size_bytes == 12 and item.read(b"name")[4:] == b"iTunSMPB":
            return _parse_gaps(item.read(b"data")[8:])
    return None


def _parse_gaps(note: bytes) -> tuple[int, int] | None:
    fields = note[:_MAX_NOTE_BYTES].split()
    try:
        delay, padding = int(fields[1], 16), int(fields[2], 16)
    except (IndexError, ValueError) as error:
        raise DamagedTables from error
    return (delay, padding) if delay or padding else None


def _agree(edit: Timeline | None, gaps: tuple[int, int], total: int, *, is_last_whole: bool) -> Timeline:
    delay, padding = gaps
    noted = Timeline(delay, total - padding)
    if not 0 < delay <= _MAX_ITUNES_DELAY or padding < 0 or noted.end_sample <= delay:
        raise NotCopyable("Its notes on gapless playing are damaged.")
    if padding and not is_last_whole:
        raise NotCopyable(_CONTRADICTION)
    if edit is None or edit == Timeline(delay, total):
        return noted
    if edit.first_sample != delay or edit.end_sample > noted.end_sample:
        raise NotCopyable(_CONTRADICTION)
    return edit
