"""The JSON of answers about splits: which fields each state shows, and how values are written."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Literal, NotRequired

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp
from typing_extensions import TypedDict

from gateway.speech.answers import TranscribeJson, transcribe_json
from gateway.splits.bodies import Scalar
from gateway.splits.mode_answers import ModeJson, add_mode, add_mode_summary, uses_extensions
from gateway.structs import from_struct
from zerokerf.durations import Number, milliseconds, seconds, segment_ms
from zerokerf.v1 import audio_pb2, job_error_pb2
from zerokerf.v1.split_pb2 import Segment, Split, TranscriptFile

Status = Literal["queued", "processing", "completed", "failed"]

#: States that a later server may add count as active.
STATUSES: dict[Split.State.ValueType, Status] = {
    Split.STATE_QUEUED: "queued",
    Split.STATE_PROCESSING: "processing",
    Split.STATE_COMPLETED: "completed",
    Split.STATE_FAILED: "failed",
    Split.STATE_CANCELLED: "failed",
}


class JobErrorJson(TypedDict):
    code: str
    message: str


class TranscriptJson(TypedDict):
    """What was said, as a file."""

    format: str
    downloadUrl: NotRequired[str]
    size: int
    expiresAt: NotRequired[str]


class SegmentJson(TypedDict):
    """`reason`, `title` and `overlap` are there only for jobs that used an extension's mode or option,
    `transcripts` only for those that transcribe."""

    index: int
    downloadUrl: NotRequired[str]
    duration: float
    size: int
    expiresAt: NotRequired[str]
    reason: NotRequired[str]
    title: NotRequired[str]
    overlap: NotRequired[float]
    transcripts: NotRequired[list[TranscriptJson]]


class SplitJson(ModeJson, TypedDict):
    """One job. Which fields are there depends on `status`; what does not apply is absent, never null."""

    id: str
    status: Status
    progress: NotRequired[int]
    transcribe: NotRequired[TranscribeJson]
    outputFormat: NotRequired[str]
    sourceFileName: NotRequired[str]
    sourceDuration: NotRequired[float]
    sourceSize: NotRequired[int]
    segments: NotRequired[list[SegmentJson]]
    transcripts: NotRequired[list[TranscriptJson]]
    webhookUrl: NotRequired[str]
    metadata: NotRequired[dict[str, Scalar]]
    error: NotRequired[JobErrorJson]
    createdAt: str
    completedAt: NotRequired[str]


def status_of(state: Split.State.ValueType) -> Status:
    return STATUSES.get(state, "processing")


def split_json(split: Split) -> SplitJson:
    match status_of(split.state):
        case "completed":
            return completed_json(split)
        case "failed":
            return failed_json(split)
        case "processing":
            return processing_json(split)
        case _:
            return created_json(split)


def created_json(split: Split) -> SplitJson:
    """The request, echoed."""
    answer = _head(split)
    _add_requested_format(answer, split)
    if split.webhook_url:
        answer["webhookUrl"] = split.webhook_url
    _add_metadata(answer, split)
    answer["createdAt"] = timestamp(split.create_time)
    return answer


def processing_json(split: Split) -> SplitJson:
    answer = _head(split, with_progress=True)
    answer["createdAt"] = timestamp(split.create_time)
    return answer


def failed_json(split: Split) -> SplitJson:
    answer = _head(split)
    _add_requested_format(answer, split)
    _add_metadata(answer, split)
    answer["error"] = job_error_json(split.error)
    answer["createdAt"] = timestamp(split.create_time)
    return answer


def completed_json(split: Split) -> SplitJson:
    answer = _head(split)
    source = split.source
    answer["outputFormat"] = format_name(split.output_format)
    answer["sourceFileName"] = source.file_name
    answer["sourceDuration"] = seconds(
        _duration_ms(0, source.sample_count, source.sample_rate, source.duration)
    )
    answer["sourceSize"] = source.size
    answer["segments"] = [_segment_json(segment, source.sample_rate) for segment in split.segments]
    if uses_extensions(split):
        for shown, segment in zip(answer["segments"], split.segments, strict=True):
            _add_cut(shown, segment, source.sample_rate)
    if split.HasField("transcribe"):
        _add_transcripts(answer, split)
    _add_metadata(answer, split)
    answer["createdAt"] = timestamp(split.create_time)
    answer["completedAt"] = timestamp(split.end_time)
    return answer


def summary_json(split: Split) -> SplitJson:
    """A job as a list shows it."""
    answer = _head(split, in_list=True)
    answer["createdAt"] = timestamp(split.create_time)
    if split.state == Split.STATE_COMPLETED:
        answer["completedAt"] = timestamp(split.end_time)
    return answer


def job_error_json(error: job_error_pb2.JobError) -> JobErrorJson:
    return JobErrorJson(code=error.reason, message=error.message)


def format_name(audio_format: audio_pb2.AudioFormat.ValueType) -> str:
    return audio_pb2.AudioFormat.Name(audio_format).removeprefix("AUDIO_FORMAT_").lower()


def timestamp(time: Timestamp) -> str:
    """Whole seconds, cut off: a link is never said to live longer than it does."""
    return datetime.fromtimestamp(time.seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def duration_json(duration: Duration) -> Number:
    return seconds(_rounded_ms(duration))


def _head(split: Split, *, with_progress: bool = False, in_list: bool = False) -> SplitJson:
    """The fields that every answer begins with, in the documented order; the time of creation is set last."""
    answer: SplitJson = {"id": split.id, "status": status_of(split.state)}  # type: ignore[typeddict-item]  # see above
    if with_progress:
        answer["progress"] = split.progress.percent
    (add_mode_summary if in_list else add_mode)(answer, split)
    if split.HasField("transcribe") and not in_list:
        answer["transcribe"] = transcribe_json(split.transcribe)
    return answer


def _segment_json(segment: Segment, sample_rate: int) -> SegmentJson:
    ms = _duration_ms(segment.first_sample, segment.sample_count, sample_rate, segment.duration)
    length = {"duration": seconds(ms), "size": segment.size}
    return {"index": segment.index, **_linked(length, segment)}  # type: ignore[typeddict-item]  # put together


def _add_cut(answer: SegmentJson, segment: Segment, sample_rate: int) -> None:
    answer["reason"] = segment.reason
    if segment.title:
        answer["title"] = segment.title
    if segment.overlap_samples:
        start = segment.first_sample - segment.overlap_samples
        answer["overlap"] = seconds(segment_ms(start, segment.overlap_samples, sample_rate))


def _duration_ms(first_sample: int, sample_count: int, sample_rate: int, rounded: Duration) -> int:
    if sample_rate > 0:
        return segment_ms(first_sample, sample_count, sample_rate)
    return _rounded_ms(rounded)


def _rounded_ms(duration: Duration) -> int:
    return milliseconds(duration.ToNanoseconds(), 10**9)


def _add_requested_format(answer: SplitJson, split: Split) -> None:
    if split.requested_format:
        answer["outputFormat"] = format_name(split.requested_format)


def _add_transcripts(answer: SplitJson, split: Split) -> None:
    for shown, segment in zip(answer["segments"], split.segments, strict=True):
        shown["transcripts"] = [_transcript_json(file) for file in segment.transcripts]
    answer["transcripts"] = [_transcript_json(file) for file in split.transcripts]


def _transcript_json(file: TranscriptFile) -> TranscriptJson:
    return {"format": file.format, **_linked({"size": file.size}, file)}  # type: ignore[typeddict-item]  # put together


def _linked(facts: Mapping[str, object], file: Segment | TranscriptFile) -> dict[str, object]:
    """The facts, between the link and its end while the file is kept; without both afterwards."""
    if not file.download_url:
        return dict(facts)
    return {"downloadUrl": file.download_url, **facts, "expiresAt": timestamp(file.expire_time)}


def _add_metadata(answer: SplitJson, split: Split) -> None:
    if split.HasField("metadata"):
        answer["metadata"] = from_struct(split.metadata)
