"""Rows of the tables as values of a job, and back."""

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

from sqlalchemy import RowMapping

from server.jobs.model import (
    Failure,
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
from server.jobs.states import State
from zerokerf.encoding import Encoding


def job_of(row: RowMapping) -> SplitJob:
    return SplitJob(
        id=row["id"],
        account_id=row["account_id"],
        state=State(row["state"]),
        request=request_of(row["request"]),
        progress=_progress_of(row["progress"]),
        created_at=row["created_at"],
        started_at=row["started_at"],
        ended_at=row["ended_at"],
        source=SourceFacts(**_known(SourceFacts, row["source"])) if row["source"] else None,
        output_format=row["output_format"],
        failure=_failure_of(row["failure"]),
        notes=tuple(row["notes"]),
        manifest_head=row["manifest_head"],
        last_sequence=row["last_sequence"],
    )


def changeable_columns(job: SplitJob) -> dict[str, Any]:
    return {
        "state": job.state,
        "progress": asdict(job.progress),
        "started_at": job.started_at,
        "ended_at": job.ended_at,
        "source": asdict(job.source) if job.source else None,
        "output_format": job.output_format,
        "failure": asdict(job.failure) if job.failure else None,
        "notes": list(job.notes),
        "manifest_head": job.manifest_head,
        "last_sequence": job.last_sequence,
    }


def event_of(row: RowMapping) -> JobEvent:
    return JobEvent(
        job_id=row["job_id"],
        sequence=row["sequence"],
        time=row["time"],
        state=State(row["state"]),
        progress=_progress_of(row["progress"]),
        failure=_failure_of(row["failure"]),
    )


def event_columns(event: JobEvent) -> dict[str, Any]:
    return {
        "job_id": event.job_id,
        "sequence": event.sequence,
        "time": event.time,
        "state": event.state,
        "progress": asdict(event.progress),
        "failure": asdict(event.failure) if event.failure else None,
    }


def segment_of(row: RowMapping) -> StoredSegment:
    return StoredSegment(**_known(StoredSegment, dict(row)))


def request_of(stored: dict[str, Any]) -> SplitRequest:
    """From what `asdict` made of it, here or in another version."""
    known = _known(SplitRequest, stored)
    times = known.pop("timestamps_ns", None)
    encoding = Encoding(**_known(Encoding, known.pop("encoding", {})))
    return SplitRequest(timestamps_ns=None if times is None else tuple(times), encoding=encoding, **known)


def plan_of(stored: dict[str, Any]) -> SplitPlan:
    """From what `asdict` made of it."""
    known = _known(SplitPlan, stored)
    source = SourceFacts(**_known(SourceFacts, known.pop("source")))
    segments = tuple(PlannedSegment(**_known(PlannedSegment, each)) for each in known.pop("segments"))
    return SplitPlan(source=source, segments=segments, notes=tuple(known.pop("notes")), **known)


def _progress_of(stored: dict[str, Any]) -> Progress:
    known = _known(Progress, stored)
    phase = known.pop("phase", None)
    return Progress(phase=Phase(phase) if phase else None, **known)


def _failure_of(stored: dict[str, Any] | None) -> Failure | None:
    return Failure(**_known(Failure, stored)) if stored else None


def _known(kind: type, stored: Mapping[str, Any]) -> dict[str, Any]:
    """What this version knows of a value that a newer one may have written."""
    names = {field.name for field in fields(kind)}
    return {name: value for name, value in stored.items() if name in names}
