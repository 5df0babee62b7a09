"""Rows of jobs and events as values, and back."""

from collections.abc import Mapping
from dataclasses import asdict, fields
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import RowMapping

from server.jobs.kinds import Kind
from server.jobs.model import Failure, Job, JobEvent, Phase, Progress, SourceFacts, Terms
from server.jobs.states import State

Request = TypeVar("Request")


def job_of(row: RowMapping, kind: Kind[Request]) -> Job[Request]:
    return Job(
        id=row["id"],
        account_id=row["account_id"],
        state=State(row["state"]),
        request=kind.request_of(row["request"]),
        progress=_progress_of(row["progress"]),
        created_at=row["created_at"],
        started_at=row["started_at"],
        ended_at=row["ended_at"],
        source=SourceFacts(**known(SourceFacts, row["source"])) if row["source"] else None,
        output_format=row["output_format"],
        failure=_failure_of(row["failure"]),
        notes=tuple(row["notes"]),
        manifest_head=row["manifest_head"],
        outcome=row["outcome"],
        last_sequence=row["last_sequence"],
        public_id=row["public_id"],
        updated_at=row["updated_at"],
        deleted_at=row["deleted_at"],
        terms=Terms(**known(Terms, row["terms"] or {})),
        admitted_at=row["admitted_at"],
        stored_bytes=row["stored_bytes"],
        files_expire_at=row["files_expire_at"],
        files_removed_at=row["files_removed_at"],
    )


def changeable_columns(job: Job[Any]) -> dict[str, Any]:
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
        "outcome": job.outcome,
        "last_sequence": job.last_sequence,
        "updated_at": job.updated_at,
        "deleted_at": job.deleted_at,
        "stored_bytes": job.stored_bytes,
        "files_expire_at": job.files_expire_at,
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


def _progress_of(stored: dict[str, Any]) -> Progress:
    counts = known(Progress, stored)
    phase = counts.pop("phase", None)
    return Progress(phase=Phase(phase) if phase else None, **counts)


def _failure_of(stored: dict[str, Any] | None) -> Failure | None:
    return Failure(**known(Failure, stored)) if stored else None


def known(kind: type, stored: Mapping[str, Any]) -> dict[str, Any]:
    """What this version knows of a value that a newer one may have written."""
    names = _names_of(kind)
    return {name: value for name, value in stored.items() if name in names}


@cache
def _names_of(kind: type) -> frozenset[str]:
    return frozenset(field.name for field in fields(kind))
