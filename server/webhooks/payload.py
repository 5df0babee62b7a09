"""What webhooks say, as documented. Pure: links are signed by whoever knows where files lie."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from server.webhooks.js_json import stringify
from zerokerf.durations import seconds

Data = dict[str, object]


@dataclass(frozen=True, slots=True)
class Link:
    url: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class ToldSegment:
    """Without a link when its file is no longer kept. The last three are for modes that are extensions."""

    index: int
    duration_ms: int
    size_bytes: int
    link: Link | None = None
    reason: str | None = None
    title: str | None = None
    overlap_ms: int = 0


@dataclass(frozen=True, slots=True)
class ToldFile:
    """A transcript."""

    format: str
    link: Link


def job_body(event: str, job_id: str, time: datetime, data: Data) -> str:
    """Text that survives being parsed and written again in JavaScript."""
    return stringify({"event": event, "jobId": job_id, "timestamp": _time(time), "data": data})


def export_body(event: str, export_id: str, time: datetime, data: Data) -> str:
    return stringify({"event": event, "exportId": export_id, "timestamp": _time(time), "data": data})


def split_completed(
    split_mode: str,
    total_ms: int,
    segments: Sequence[ToldSegment],
    metadata: Mapping[str, object] | None,
) -> Data:
    data: Data = {
        "status": "completed",
        "splitMode": split_mode,
        "segmentCount": len(segments),
        "totalDuration": seconds(total_ms),
        "segments": [_segment(segment) for segment in segments],
    }
    return data if metadata is None else data | {"metadata": metadata}


def split_failed(code: str, message: str) -> Data:
    return {"status": "failed", "error": {"code": code, "message": message}}


def split_progress(percent: int) -> Data:
    return {"status": "processing", "progress": percent}


def batch_done(job_id: str, files: Sequence[ToldFile], metadata: Mapping[str, object] | None) -> Data:
    return {"job_id": job_id, "status": "DONE", **_given(metadata), "files": [_file(file) for file in files]}


def batch_failed(job_id: str, code: str, message: str, metadata: Mapping[str, object] | None) -> Data:
    error = {"code": code, "message": message}
    return {"job_id": job_id, "status": "FAILED", "error": error, **_given(metadata), "files": []}


def account_exported(form: str, size_bytes: int, link: Link | None) -> Data:
    told: Data = {"status": "completed", "format": form, "size": size_bytes}
    return told if link is None else told | {"downloadUrl": link.url, "expiresAt": _time(link.expires_at)}


def _segment(segment: ToldSegment) -> Data:
    told: Data = {"index": segment.index}
    if segment.link is not None:
        told["downloadUrl"] = segment.link.url
    told |= {"duration": seconds(segment.duration_ms), "size": segment.size_bytes}
    if segment.link is not None:
        told["expiresAt"] = _time(segment.link.expires_at)
    if segment.reason is not None:
        told["reason"] = segment.reason
    if segment.title:
        told["title"] = segment.title
    if segment.overlap_ms:
        told["overlap"] = seconds(segment.overlap_ms)
    return told


def _file(file: ToldFile) -> Data:
    link = file.link
    return {"format": file.format, "download_url": link.url, "expires_at": _time(link.expires_at)}


def _given(metadata: Mapping[str, object] | None) -> Data:
    return {} if metadata is None else {"metadata": metadata}


def _time(time: datetime) -> str:
    """Whole seconds, cut off: a link is never said to live longer than it does."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
