"""What --json prints: plain numbers in named units, nothing left out that a script could need."""

from pathlib import Path

from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from zerokerf.cli.jobs.event_words import state_word
from zerokerf.cli.jobs.pace import Event
from zerokerf.cli.splits.modes import Document, mode_document, options_document, output_document, seconds
from zerokerf.priorities import priority_name
from zerokerf.requests import format_name
from zerokerf.states import state_name
from zerokerf.v1.batch_pb2 import BatchProgress
from zerokerf.v1.job_error_pb2 import JobError
from zerokerf.v1.split_pb2 import (
    PlannedSegment,
    Segment,
    SourceFacts,
    Split,
    SplitProgress,
    TranscriptFile,
)
from zerokerf.v1.split_service_pb2 import PlanSplitResponse


def split_document(split: Split, paths: list[Path] | None = None) -> Document:
    files: list[Path | None] = [*paths] if paths else [None] * len(split.segments)
    return {
        "id": split.id,
        "state": state_name(split.state),
        "mode": mode_document(split.mode),
        "options": options_document(split.options),
        **output_document(split),
        "output_format": format_name(split.output_format) if split.output_format else None,
        "source": _source(split.source),
        "segments": [_segment(each, path) for each, path in zip(split.segments, files, strict=True)],
        "transcripts": [_transcript(each) for each in split.transcripts],
        "progress": progress_document(split.progress),
        "error": error_document(split.error) if split.HasField("error") else None,
        "priority": priority_name(split.priority),
        "metadata": MessageToDict(split.metadata),
        "notes": list(split.notes),
        "created": time_text(split, "create_time"),
        "started": time_text(split, "start_time"),
        "ended": time_text(split, "end_time"),
        "last_sequence": split.last_sequence,
    }


def plan_document(plan: PlanSplitResponse) -> Document:
    return {
        "output_format": format_name(plan.output_format),
        "copies_frames": plan.copies_frames,
        "source": _source(plan.source),
        "segments": [_planned(each) for each in plan.segments],
        "notes": list(plan.notes),
    }


def event_document(event: Event) -> Document:
    """Of a job of either kind."""
    return {
        "sequence": event.sequence,
        "time": time_text(event, "time"),
        "state": state_word(event),
        "progress": progress_document(event.progress),
        "error": error_document(event.error) if event.HasField("error") else None,
    }


def progress_document(progress: SplitProgress | BatchProgress) -> Document:
    """Of a job of either kind."""
    return {
        "percent": progress.percent,
        "bytes_fetched": progress.bytes_fetched,
        "bytes_total": progress.bytes_total or None,
        "audio_done_s": seconds(progress.audio_done),
        "audio_total_s": seconds(progress.audio_total) if progress.HasField("audio_total") else None,
        **_parts(progress),
    }


def error_document(error: JobError) -> Document:
    return {"reason": error.reason, "message": error.message, "facts": dict(error.facts)}


def time_text(message: Message, field: str) -> str | None:
    if not message.HasField(field):
        return None
    time: Timestamp = getattr(message, field)
    return time.ToJsonString()


def _parts(progress: SplitProgress | BatchProgress) -> Document:
    if isinstance(progress, BatchProgress):
        return {"chunks_done": progress.chunks_done, "chunks_total": progress.chunks_total or None}
    return {"segments_done": progress.segments_done, "segments_total": progress.segments_total or None}


def _source(source: SourceFacts) -> Document:
    return {
        "file_name": source.file_name or None,
        "size_bytes": source.size or None,
        "duration_s": seconds(source.duration) if source.HasField("duration") else None,
        "sample_count": source.sample_count or None,
        "sample_rate_hz": source.sample_rate or None,
        "channels": source.channels or None,
        "format": format_name(source.format) if source.format else None,
        "sha256": source.sha256 or None,
    }


def _segment(segment: Segment, path: Path | None) -> Document:
    return {
        "index": segment.index,
        "first_sample": segment.first_sample,
        "sample_count": segment.sample_count,
        "duration_s": seconds(segment.duration),
        "excess_samples": segment.excess_samples,
        "overlap_samples": segment.overlap_samples,
        "shifted_samples": segment.shifted_samples,
        "reason": segment.reason or None,
        "title": segment.title or None,
        "size_bytes": segment.size,
        "sha256": segment.sha256,
        "file_name": segment.file_name,
        "content_type": segment.content_type,
        "download_url": segment.download_url or None,
        "expires": time_text(segment, "expire_time"),
        "path": str(path) if path else None,
        "transcripts": [_transcript(each) for each in segment.transcripts],
    }


def _transcript(file: TranscriptFile) -> Document:
    return {
        "format": file.format,
        "size_bytes": file.size,
        "sha256": file.sha256,
        "file_name": file.file_name,
        "content_type": file.content_type,
        "download_url": file.download_url or None,
        "expires": time_text(file, "expire_time"),
    }


def _planned(segment: PlannedSegment) -> Document:
    return {
        "index": segment.index,
        "first_sample": segment.first_sample,
        "sample_count": segment.sample_count,
        "duration_s": seconds(segment.duration),
        "overlap_samples": segment.overlap_samples,
        "shifted_samples": segment.shifted_samples,
        "reason": segment.reason or None,
        "title": segment.title or None,
        "expected_size_bytes": segment.expected_size if segment.HasField("expected_size") else None,
        "size_is_exact": segment.size_is_exact,
    }
