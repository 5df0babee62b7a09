"""How answers repeat where a request asked to cut. Only those who used extensions see their fields."""

from collections.abc import Mapping
from typing import NotRequired

from typing_extensions import TypedDict

from gateway.splits.bodies import SplitModeName
from zerokerf.durations import exact_seconds
from zerokerf.v1.split_pb2 import CutOptions, SilenceMode, Split

_NAMES: Mapping[str, SplitModeName] = {
    "duration": "duration",
    "file_size": "fileSize",
    "parts": "parts",
    "timestamps": "timestamps",
    "chapters": "chapters",
    "cue": "cue",
    "silence": "silence",
}


class ModeJson(TypedDict):
    """The mode with its numbers and the options; what was not asked for is absent."""

    splitMode: SplitModeName
    segmentDuration: NotRequired[float]
    maxFileSize: NotRequired[int]
    parts: NotRequired[int]
    timestamps: NotRequired[list[float]]
    cueSheet: NotRequired[str]
    minSilence: NotRequired[float]
    minSegment: NotRequired[float]
    maxSegment: NotRequired[float]
    snapToSilence: NotRequired[float]
    overlap: NotRequired[float]
    minTail: NotRequired[float]


def uses_extensions(split: Split) -> bool:
    """Whether the request went beyond the documented modes."""
    return split.mode.WhichOneof("mode") not in {"duration", "file_size"} or split.HasField("options")


def add_mode(answer: ModeJson, split: Split) -> None:
    """As requested."""
    add_mode_summary(answer, split)
    if split.mode.HasField("timestamps"):
        answer["timestamps"] = [exact_seconds(each) for each in split.mode.timestamps.positions]
    if split.mode.HasField("cue"):
        answer["cueSheet"] = split.mode.cue.sheet
    _add_options(answer, split.options)


def add_mode_summary(answer: ModeJson, split: Split) -> None:
    """Without what may be long."""
    mode = split.mode
    name = mode.WhichOneof("mode") or "duration"
    answer["splitMode"] = _NAMES[name]
    match name:
        case "duration":
            answer["segmentDuration"] = exact_seconds(mode.duration.segment_duration)
        case "file_size":
            answer["maxFileSize"] = mode.file_size.max_file_size
        case "parts":
            answer["parts"] = mode.parts.count
        case "silence":
            _add_silence(answer, mode.silence)


def _add_silence(answer: ModeJson, silence: SilenceMode) -> None:
    answer["minSilence"] = exact_seconds(silence.min_silence)
    if silence.HasField("min_segment"):
        answer["minSegment"] = exact_seconds(silence.min_segment)
    if silence.HasField("max_segment"):
        answer["maxSegment"] = exact_seconds(silence.max_segment)


def _add_options(answer: ModeJson, options: CutOptions) -> None:
    if options.HasField("snap_to_silence"):
        answer["snapToSilence"] = exact_seconds(options.snap_to_silence)
    if options.HasField("overlap"):
        answer["overlap"] = exact_seconds(options.overlap)
    if options.HasField("min_tail"):
        answer["minTail"] = exact_seconds(options.min_tail)
