"""How a request says where to cut: its mode and options as messages."""

from collections.abc import Callable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import TypeVar

from google.protobuf.duration_pb2 import Duration

from gateway.bodies import MAX_INT32, MAX_SAFE_INTEGER, SENTENCES
from gateway.splits.bodies import PlanSplitBody
from zerokerf.errors import InvalidParams
from zerokerf.v1.split_pb2 import (
    ChaptersMode,
    CueMode,
    CutOptions,
    DurationMode,
    FileSizeMode,
    PartsMode,
    SilenceMode,
    SplitMode,
    TimestampsMode,
)

T = TypeVar("T")

#: The largest google.protobuf.Duration.
_MAX_DURATION_S = 315_576_000_000


def split_mode(body: PlanSplitBody) -> SplitMode:
    """The other modes' fields are ignored, whatever they say."""
    return _MODES[body.splitMode](body)


def cut_options(body: PlanSplitBody) -> CutOptions | None:
    """None if none was asked for. With which modes they go is the server's to say."""
    options = CutOptions(
        snap_to_silence=_optional("snapToSilence", body.snapToSilence),
        overlap=_optional("overlap", body.overlap),
        min_tail=_optional("minTail", body.minTail),
    )
    return options if options.ListFields() else None


def in_range(name: str, value: int, most: int) -> int:
    """Only keeps numbers that the wire can carry; what a number may be is the server's to say."""
    if abs(value) > most:
        raise InvalidParams({name: f"Must be at most {most}."})
    return value


def _by_duration(body: PlanSplitBody) -> SplitMode:
    seconds = in_range("segmentDuration", _given("segmentDuration", body.segmentDuration), _MAX_DURATION_S)
    return SplitMode(duration=DurationMode(segment_duration=Duration(seconds=seconds)))


def _by_size(body: PlanSplitBody) -> SplitMode:
    limit_bytes = in_range("maxFileSize", _given("maxFileSize", body.maxFileSize), MAX_SAFE_INTEGER)
    return SplitMode(file_size=FileSizeMode(max_file_size=limit_bytes))


def _by_parts(body: PlanSplitBody) -> SplitMode:
    count = in_range("parts", _given("parts", body.parts), MAX_INT32)
    return SplitMode(parts=PartsMode(count=count))


def _by_timestamps(body: PlanSplitBody) -> SplitMode:
    positions = [_duration("timestamps", each) for each in _given("timestamps", body.timestamps)]
    return SplitMode(timestamps=TimestampsMode(positions=positions))


def _by_chapters(_: PlanSplitBody) -> SplitMode:
    return SplitMode(chapters=ChaptersMode())


def _by_cue(body: PlanSplitBody) -> SplitMode:
    return SplitMode(cue=CueMode(sheet=_given("cueSheet", body.cueSheet)))


def _by_silence(body: PlanSplitBody) -> SplitMode:
    silence = SilenceMode(
        min_silence=_duration("minSilence", _given("minSilence", body.minSilence)),
        min_segment=_optional("minSegment", body.minSegment),
        max_segment=_optional("maxSegment", body.maxSegment),
    )
    return SplitMode(silence=silence)


_MODES: Mapping[str, Callable[[PlanSplitBody], SplitMode]] = {
    "duration": _by_duration,
    "fileSize": _by_size,
    "parts": _by_parts,
    "timestamps": _by_timestamps,
    "chapters": _by_chapters,
    "cue": _by_cue,
    "silence": _by_silence,
}


def _given(name: str, value: T | None) -> T:
    if value is None:
        raise InvalidParams({name: SENTENCES["missing"]})
    return value


def _optional(name: str, seconds: Decimal | None) -> Duration | None:
    return None if seconds is None else _duration(name, seconds)


def _duration(name: str, seconds: Decimal) -> Duration:
    """To the nearest nanosecond; decimal all the way, for a binary fraction may miss the sample meant."""
    if not abs(seconds) <= _MAX_DURATION_S:
        raise InvalidParams({name: f"Must be at most {_MAX_DURATION_S}."})
    duration = Duration()
    duration.FromNanoseconds(int((seconds * 10**9).to_integral_value(ROUND_HALF_UP)))
    return duration
