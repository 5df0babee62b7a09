"""Cuts at stated places: times, the source's chapters, the tracks of a cue sheet."""

from collections.abc import Sequence

from server.media.chapters.cue import FRAMES_PER_S, CueTrack
from server.media.chapters.read import Chapter
from server.media.plan.modes import LEAST_SEGMENT_NS, Reason, TimestampsMode
from server.media.plan.source import Bound, Source, start_of_source
from server.media.plan.time import divide_rounding, sample_at, seconds_text
from zerokerf.errors import InvalidCueSheet, InvalidTimestamps, NoChapters

_LEAD_S = 2  # the usual silence in front of the first track of a disc


def bounds_by_timestamps(mode: TimestampsMode, source: Source) -> list[Bound]:
    times_ns = mode.times_ns[1:] if mode.times_ns[0] == 0 else mode.times_ns
    source.refuse_count(len(times_ns) + 1)
    bounds = [start_of_source()]
    before_ns = 0
    for time_ns in times_ns:
        _check_time(time_ns, before_ns, source)
        at = sample_at(time_ns, source.sample_rate)
        bounds.append(Bound(at, at, Reason.TIMESTAMP))
        before_ns = time_ns
    return bounds


def _check_time(time_ns: int, before_ns: int, source: Source) -> None:
    time_s, before_s = seconds_text(max(0, time_ns)), seconds_text(before_ns)
    if time_ns < 0:
        raise InvalidTimestamps("one is before the start.")
    if time_ns <= before_ns:
        raise InvalidTimestamps(f"{time_s} s does not come after {before_s} s.", time=time_s, before=before_s)
    if not source.is_before_end(time_ns):
        raise InvalidTimestamps(
            f"{time_s} s is not within the source, which lasts {source.length_text} s.",
            time=time_s,
            sourceSeconds=source.length_text,
        )
    if time_ns - before_ns < LEAST_SEGMENT_NS:
        least_s = seconds_text(LEAST_SEGMENT_NS)
        raise InvalidTimestamps(
            f"{before_s} s and {time_s} s are less than {least_s} s apart.", time=time_s, before=before_s
        )


def bounds_by_chapters(chapters: Sequence[Chapter], source: Source) -> list[Bound]:
    """A chapter ends where the next one starts, whatever it says itself."""
    within = [chapter for chapter in chapters if source.is_before_end(chapter.start_ns)]
    if not within:
        raise NoChapters
    source.refuse_count(len(within))
    places = [(sample_at(chapter.start_ns, source.sample_rate), chapter.title) for chapter in within]
    return _titled(sorted(places, key=lambda place: place[0]), Reason.CHAPTER, source)


def bounds_by_cue(tracks: Sequence[CueTrack], source: Source) -> list[Bound]:
    source.refuse_count(len(tracks))
    places: list[tuple[int, str | None]] = []
    for track in tracks:
        at = divide_rounding(track.start_frames * source.sample_rate, FRAMES_PER_S)
        if at >= source.total_samples:
            why = f"{track.start_text} is not within the source, which lasts {source.length_text} s."
            raise InvalidCueSheet(track.line, why, value=track.start_text)
        if places and at - places[-1][0] < source.least_samples:
            why = (
                f"{track.start_text} is less than {seconds_text(LEAST_SEGMENT_NS)} s after the track before."
            )
            raise InvalidCueSheet(track.line, why, value=track.start_text)
        places.append((at, track.title))
    return _titled(places, Reason.CUE, source)


def _titled(places: list[tuple[int, str | None]], reason: Reason, source: Source) -> list[Bound]:
    """What lies before the first title belongs to it if it is short, and is a segment without one if not."""
    bounds = [start_of_source()]
    if places[0][0] <= _LEAD_S * source.sample_rate:
        bounds = [start_of_source(places[0][1])]
        places = places[1:]
    return bounds + [Bound(at, at, reason, title) for at, title in places]
