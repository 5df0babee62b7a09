"""Turns what a caller means into the messages of the contract. Says at once what cannot be meant."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from google.protobuf.duration_pb2 import Duration

from zerokerf.errors import InvalidFormat, InvalidParams
from zerokerf.v1.audio_pb2 import AudioFormat
from zerokerf.v1.split_pb2 import (
    ChaptersMode,
    CueMode,
    CutOptions,
    DurationMode,
    FileSizeMode,
    PartsMode,
    SilenceMode,
    SplitMode,
    SplitSource,
    TimestampsMode,
)

MetadataValue = str | float | bool | None

_PREFIX = "AUDIO_FORMAT_"
_MAX_INT32 = 2**31 - 1
_MAX_INT64 = 2**63 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """Cuts in the middle of each pause of at least `min_silence`.

    Pieces shorter than `min_segment` join a neighbour; those longer than `max_segment`, which is the stronger
    limit, are cut where they are quietest.
    """

    min_silence: timedelta = timedelta(milliseconds=500)
    min_segment: timedelta | None = None
    max_segment: timedelta | None = None


def format_names() -> list[str]:
    return [name.removeprefix(_PREFIX).lower() for name, number in AudioFormat.items() if number]


def format_name(value: AudioFormat.ValueType) -> str:
    known = value in AudioFormat.values()
    return AudioFormat.Name(value).removeprefix(_PREFIX).lower() if known else f"format {value}"


def output_format(to: AudioFormat.ValueType | str | None) -> AudioFormat.ValueType:
    """None and "same" keep the source's format. Raises InvalidFormat."""
    if to is None or to == "same":
        return AudioFormat.AUDIO_FORMAT_UNSPECIFIED
    if not isinstance(to, str):
        return to
    if to.lower() not in format_names():
        raise InvalidFormat(
            {"output_format": f"{to!r} is not a known format; use one of {', '.join(format_names())}."}
        )
    return AudioFormat.Value(f"{_PREFIX}{to.upper()}")


def split_mode(
    *,
    every: timedelta | None = None,
    max_size: int | None = None,
    parts: int | None = None,
    at: Sequence[timedelta] | None = None,
    chapters: bool = False,
    cue: str | None = None,
    silence: Silence | None = None,
) -> SplitMode:
    """Raises InvalidParams unless exactly one is given."""
    _exactly_one(
        "mode",
        every=every,
        max_size=max_size,
        parts=parts,
        at=at,
        chapters=chapters or None,
        cue=cue,
        silence=silence,
    )
    return SplitMode(
        duration=None if every is None else DurationMode(segment_duration=_duration(every)),
        file_size=None if max_size is None else _file_size(max_size),
        parts=None if parts is None else _parts(parts),
        timestamps=None if at is None else TimestampsMode(positions=[_duration(each) for each in at]),
        chapters=ChaptersMode() if chapters else None,
        cue=None if cue is None else CueMode(sheet=cue),
        silence=None if silence is None else _silence(silence),
    )


def cut_options(
    *, snap: timedelta | None, overlap: timedelta | None, min_tail: timedelta | None
) -> CutOptions | None:
    """None if none is given."""
    if snap is None and overlap is None and min_tail is None:
        return None
    return CutOptions(
        snap_to_silence=_optional(snap), overlap=_optional(overlap), min_tail=_optional(min_tail)
    )


def split_source(*, url: str | None, upload_id: str | None) -> SplitSource:
    return SplitSource(url=url) if url is not None else SplitSource(upload_id=upload_id or "")


def check_sources(**sources: object) -> None:
    """Raises InvalidParams unless exactly one is given."""
    _exactly_one("source", **sources)


def _exactly_one(field: str, **values: object) -> None:
    given = [name for name, value in values.items() if value is not None]
    if len(given) != 1:
        raise InvalidParams({field: f"Give exactly one of {', '.join(values)}."})


def _file_size(max_size: int) -> FileSizeMode:
    return FileSizeMode(max_file_size=_in_range("mode.file_size.max_file_size", max_size, _MAX_INT64))


def _parts(count: int) -> PartsMode:
    return PartsMode(count=_in_range("mode.parts.count", count, _MAX_INT32))


def _in_range(field: str, number: int, most: int) -> int:
    """Only keeps numbers that a message can carry; the rules are the server's."""
    if abs(number) > most:
        raise InvalidParams({field: f"Must be at most {most}."})
    return number


def _silence(silence: Silence) -> SilenceMode:
    return SilenceMode(
        min_silence=_duration(silence.min_silence),
        min_segment=_optional(silence.min_segment),
        max_segment=_optional(silence.max_segment),
    )


def _optional(length: timedelta | None) -> Duration | None:
    return None if length is None else _duration(length)


def _duration(length: timedelta) -> Duration:
    duration = Duration()
    duration.FromTimedelta(length)
    return duration
