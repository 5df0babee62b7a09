"""Our values as messages."""

from google.protobuf import json_format
from google.protobuf.duration_pb2 import Duration
from google.protobuf.struct_pb2 import Struct

from server.api.message_parts import duration_message, duration_of, error_message, priority_of, timestamp
from server.api.output_rules import FORMATS, TAG_POLICIES, VERIFICATIONS
from server.api.speech_rules import transcribe_message
from server.api.validation import STATES
from server.jobs.model import (
    JobEvent,
    Phase,
    PlannedSegment,
    Progress,
    SourceFacts,
    SplitJob,
    SplitPlan,
    SplitRequest,
    StoredSegment,
)
from server.jobs.speech_model import StoredTranscript
from storage.interface import SignedUrl
from zerokerf.encoding import Encoding
from zerokerf.v1 import split_pb2, split_service_pb2
from zerokerf.v1.audio_pb2 import AudioFormat

STATE_VALUES = {state: value for value, state in STATES.items()}
FORMAT_VALUES = {name: value for value, name in FORMATS.items()}
POLICY_VALUES = {name: value for value, name in TAG_POLICIES.items()}
VERIFICATION_VALUES = {name: value for value, name in VERIFICATIONS.items()}

PHASE_VALUES = {
    Phase.FETCHING: split_pb2.SplitProgress.PHASE_FETCHING,
    Phase.DECODING: split_pb2.SplitProgress.PHASE_DECODING,
    Phase.CUTTING: split_pb2.SplitProgress.PHASE_CUTTING,
    Phase.TRANSCRIBING: split_pb2.SplitProgress.PHASE_TRANSCRIBING,
    Phase.WRITING: split_pb2.SplitProgress.PHASE_WRITING,
}


def split_message(job: SplitJob) -> split_pb2.Split:
    request = job.request
    message = split_pb2.Split(
        id=job.id,
        state=STATE_VALUES[job.state],
        mode=_mode(request),
        options=_options(request),
        encoding=_encoding(request.encoding),
        tags=split_pb2.TagOptions(
            policy=POLICY_VALUES[request.tag_policy], title=request.title_template or ""
        ),
        verification=VERIFICATION_VALUES[request.verification],
        strict=request.is_strict,
        requested_format=_format(request.output_format),
        output_format=_format(job.output_format),
        progress=progress_message(job.progress),
        webhook_url=request.webhook_url or "",
        priority=priority_of(request),
        files_expire_time=timestamp(job.files_expire_at),
        create_time=timestamp(job.created_at),
        start_time=timestamp(job.started_at),
        end_time=timestamp(job.ended_at),
        last_sequence=job.last_sequence,
        notes=job.notes,
    )
    if job.source is not None:
        message.source.CopyFrom(_source(job.source))
    if job.failure is not None:
        message.error.CopyFrom(error_message(job.failure))
    if request.metadata is not None:
        message.metadata.CopyFrom(json_format.ParseDict(request.metadata, Struct()))
    if request.transcribe is not None:
        message.transcribe.CopyFrom(transcribe_message(request.transcribe))
    return message


def listed_message(job: SplitJob) -> split_pb2.Split:
    """Without what may be long: a page of jobs has to fit into one message."""
    message = split_message(job)
    if message.mode.HasField("timestamps"):
        message.mode.timestamps.ClearField("positions")
    if message.mode.HasField("cue"):
        message.mode.cue.ClearField("sheet")
    if message.HasField("transcribe"):
        message.transcribe.transcription_config.ClearField("additional_vocab")
    return message


def segment_message(
    segment: StoredSegment, source: SourceFacts, file_name: str, content_type: str, link: SignedUrl | None
) -> split_pb2.Segment:
    """Without a link when its file is not kept any more."""
    return split_pb2.Segment(
        index=segment.index,
        first_sample=segment.first_sample,
        sample_count=segment.sample_count,
        duration=_segment_duration(segment.first_sample, segment.sample_count, source.sample_rate or 1),
        size=segment.size_bytes,
        sha256=segment.sha256,
        file_name=file_name,
        content_type=content_type,
        download_url=link.url if link else "",
        expire_time=timestamp(link.expires_at if link else None),
        excess_samples=segment.excess_samples,
        reason=segment.reason,
        title=segment.title or "",
        shifted_samples=segment.shifted_samples,
        overlap_samples=segment.overlap_samples,
    )


def transcript_message(
    transcript: StoredTranscript, content_type: str, link: SignedUrl | None
) -> split_pb2.TranscriptFile:
    """Without a link when its file is not kept any more."""
    return split_pb2.TranscriptFile(
        format=transcript.format,
        file_name=transcript.file_name,
        content_type=content_type,
        size=transcript.size_bytes,
        sha256=transcript.sha256,
        download_url=link.url if link else "",
        expire_time=timestamp(link.expires_at if link else None),
    )


def plan_message(plan: SplitPlan) -> split_service_pb2.PlanSplitResponse:
    rate = plan.source.sample_rate or 1
    return split_service_pb2.PlanSplitResponse(
        source=_source(plan.source),
        output_format=_format(plan.output_format),
        copies_frames=plan.copies_frames,
        segments=[_planned(segment, rate) for segment in plan.segments],
        notes=plan.notes,
    )


def _planned(segment: PlannedSegment, rate: int) -> split_pb2.PlannedSegment:
    return split_pb2.PlannedSegment(
        index=segment.index,
        first_sample=segment.first_sample,
        sample_count=segment.sample_count,
        duration=_segment_duration(segment.first_sample, segment.sample_count, rate),
        reason=segment.reason,
        title=segment.title or "",
        shifted_samples=segment.shifted_samples,
        overlap_samples=segment.overlap_samples,
        expected_size=segment.expected_bytes,
        size_is_exact=segment.is_size_exact,
    )


def event_message(event: JobEvent) -> split_pb2.SplitEvent:
    message = split_pb2.SplitEvent(
        sequence=event.sequence,
        time=timestamp(event.time),
        state=STATE_VALUES[event.state],
        progress=progress_message(event.progress),
    )
    if event.failure is not None:
        message.error.CopyFrom(error_message(event.failure))
    return message


def progress_message(progress: Progress) -> split_pb2.SplitProgress:
    rate = progress.sample_rate
    return split_pb2.SplitProgress(
        percent=progress.percent,
        phase=PHASE_VALUES[progress.phase] if progress.phase else split_pb2.SplitProgress.PHASE_UNSPECIFIED,
        bytes_fetched=progress.bytes_fetched,
        bytes_total=progress.bytes_total,
        audio_done=duration_of(progress.samples_done, rate) if rate else None,
        audio_total=duration_of(progress.samples_total, rate) if rate and progress.samples_total else None,
        segments_done=progress.segments_done,
        segments_total=progress.segments_total,
    )


def _segment_duration(first_sample: int, sample_count: int, rate: int) -> Duration:
    """The difference of two rounded positions, so that all durations add up to that of the source."""
    start = (first_sample * 10**9 + rate // 2) // rate
    end = ((first_sample + sample_count) * 10**9 + rate // 2) // rate
    return duration_message(end - start)


def _mode(request: SplitRequest) -> split_pb2.SplitMode:
    if request.segment_ns is not None:
        duration = split_pb2.DurationMode(segment_duration=duration_message(request.segment_ns))
        return split_pb2.SplitMode(duration=duration)
    if request.max_file_size is not None:
        return split_pb2.SplitMode(file_size=split_pb2.FileSizeMode(max_file_size=request.max_file_size))
    if request.parts is not None:
        return split_pb2.SplitMode(parts=split_pb2.PartsMode(count=request.parts))
    if request.timestamps_ns is not None:
        positions = [duration_message(time_ns) for time_ns in request.timestamps_ns]
        return split_pb2.SplitMode(timestamps=split_pb2.TimestampsMode(positions=positions))
    if request.cue_sheet is not None:
        return split_pb2.SplitMode(cue=split_pb2.CueMode(sheet=request.cue_sheet))
    if request.min_silence_ns is not None:
        return split_pb2.SplitMode(silence=_silence(request, request.min_silence_ns))
    return split_pb2.SplitMode(chapters=split_pb2.ChaptersMode())


def _silence(request: SplitRequest, min_silence_ns: int) -> split_pb2.SilenceMode:
    longest = request.max_segment_ns
    return split_pb2.SilenceMode(
        min_silence=duration_message(min_silence_ns),
        min_segment=duration_message(request.min_segment_ns) if request.min_segment_ns else None,
        max_segment=duration_message(longest) if longest is not None else None,
    )


def _options(request: SplitRequest) -> split_pb2.CutOptions | None:
    if request.snap_window_ns is None and not request.overlap_ns and not request.min_tail_ns:
        return None
    window = request.snap_window_ns
    return split_pb2.CutOptions(
        snap_to_silence=duration_message(window) if window is not None else None,
        overlap=duration_message(request.overlap_ns) if request.overlap_ns else None,
        min_tail=duration_message(request.min_tail_ns) if request.min_tail_ns else None,
    )


def _encoding(encoding: Encoding) -> split_pb2.EncodeOptions | None:
    if encoding == Encoding():
        return None
    return split_pb2.EncodeOptions(
        bit_rate=encoding.bit_rate or 0,
        quality=encoding.quality,
        sample_rate=encoding.sample_rate or 0,
        channels=encoding.channels or 0,
        bit_depth=encoding.bit_depth or 0,
    )


def _source(source: SourceFacts) -> split_pb2.SourceFacts:
    known = source.sample_count is not None and source.sample_rate
    return split_pb2.SourceFacts(
        file_name=source.file_name,
        size=source.size_bytes or 0,
        duration=duration_of(source.sample_count or 0, source.sample_rate or 1) if known else None,
        sample_count=source.sample_count or 0,
        sample_rate=source.sample_rate or 0,
        channels=source.channels or 0,
        format=_format(source.format),
        sha256=source.sha256 or "",
    )


def _format(name: str | None) -> "AudioFormat.ValueType":
    return FORMAT_VALUES[name] if name else AudioFormat.AUDIO_FORMAT_UNSPECIFIED
