"""The rules about modes and their options: which lengths and limits can be asked for."""

from typing import Any

from google.protobuf.duration_pb2 import Duration

from zerokerf.errors import InvalidParams, SegmentTooShort
from zerokerf.v1 import split_pb2, split_service_pb2

MIN_FILE_SIZE = 1024
MAX_LENGTH_S = 10**9
MIN_SILENCE_NS = 10**8
MAX_CUE_BYTES = 64 * 1024
#: More can neither be made nor told apart in an answer; the exact limit is the worker's.
MAX_POSITIONS = 5000


def mode_fields(mode: split_pb2.SplitMode) -> dict[str, Any]:
    """The fields of a SplitRequest that the mode sets. Raises InvalidParams, naming the field."""
    match mode.WhichOneof("mode"):
        case "duration":
            return {"segment_ns": _segment_ns(mode.duration.segment_duration)}
        case "file_size":
            return {"max_file_size": _max_file_size(mode.file_size.max_file_size)}
        case "parts":
            return {"parts": _parts(mode.parts.count)}
        case "timestamps":
            return {"timestamps_ns": _timestamps(mode.timestamps)}
        case "chapters":
            return {"by_chapters": True}
        case "cue":
            return {"cue_sheet": _cue_sheet(mode.cue.sheet)}
        case "silence":
            return _silence(mode.silence)
    raise InvalidParams({"mode": "A mode is required, such as by duration or by file size."})


def option_fields(
    request: split_service_pb2.CreateSplitRequest | split_service_pb2.PlanSplitRequest,
) -> dict[str, Any]:
    """Those that the options set."""
    if not request.HasField("options"):
        return {}
    if request.mode.WhichOneof("mode") == "file_size":
        raise InvalidParams({"options": "Cuts by size have no options: the limit alone decides."})
    options = request.options
    snaps = options.HasField("snap_to_silence")
    return {
        "snap_window_ns": _length(options.snap_to_silence, "options.snap_to_silence") if snaps else None,
        "overlap_ns": _length(options.overlap, "options.overlap"),
        "min_tail_ns": _length(options.min_tail, "options.min_tail"),
    }


def _segment_ns(duration: Duration) -> int:
    field = "mode.duration.segment_duration"
    nanoseconds = _nanoseconds(duration, field)
    if nanoseconds < 10**9:
        raise SegmentTooShort({field: f"A segment lasts at least 1 s, not {nanoseconds / 10**9:g} s."})
    return nanoseconds


def _max_file_size(size: int) -> int:
    if size < MIN_FILE_SIZE:
        raise InvalidParams(
            {"mode.file_size.max_file_size": f"A file size limit is at least {MIN_FILE_SIZE}, not {size}."}
        )
    return size


def _parts(count: int) -> int:
    if count < 1:
        raise InvalidParams({"mode.parts.count": f"At least 1 part can be made, not {count}."})
    return count


def _timestamps(mode: split_pb2.TimestampsMode) -> tuple[int, ...]:
    field = "mode.timestamps.positions"
    if not 1 <= len(mode.positions) <= MAX_POSITIONS:
        raise InvalidParams({field: f"From 1 to {MAX_POSITIONS} positions are needed."})
    return tuple(_length(position, field) for position in mode.positions)


def _cue_sheet(sheet: str) -> str:
    if not sheet.strip() or len(sheet.encode()) > MAX_CUE_BYTES or "\0" in sheet:
        raise InvalidParams({"mode.cue.sheet": f"A cue sheet is text of up to {MAX_CUE_BYTES} bytes."})
    return sheet


def _silence(mode: split_pb2.SilenceMode) -> dict[str, Any]:
    min_silence_ns = _length(mode.min_silence, "mode.silence.min_silence")
    if min_silence_ns < MIN_SILENCE_NS:
        raise InvalidParams({"mode.silence.min_silence": "A pause lasts at least 0.1 s."})
    min_segment_ns = _length(mode.min_segment, "mode.silence.min_segment")
    max_segment_ns = None
    if mode.HasField("max_segment"):
        max_segment_ns = _length(mode.max_segment, "mode.silence.max_segment")
        if max_segment_ns < max(10**9, min_segment_ns):
            sentence = "The longest segment lasts at least 1 s, and no less than the shortest one."
            raise InvalidParams({"mode.silence.max_segment": sentence})
    return {
        "min_silence_ns": min_silence_ns,
        "min_segment_ns": min_segment_ns,
        "max_segment_ns": max_segment_ns,
    }


def _length(duration: Duration, field: str) -> int:
    nanoseconds = _nanoseconds(duration, field)
    if nanoseconds < 0:
        raise InvalidParams({field: f"{nanoseconds / 10**9:g} s is negative."})
    return nanoseconds


def _nanoseconds(duration: Duration, field: str) -> int:
    if abs(duration.nanos) >= 10**9 or duration.seconds > MAX_LENGTH_S:
        raise InvalidParams({field: f"A length is at most {MAX_LENGTH_S} s."})
    return duration.seconds * 10**9 + duration.nanos
