"""Who is told, after the commit, that a job has begun or ended, for the numbers that operators watch."""

from typing import Any, Protocol

from server.jobs.model import Job
from server.jobs.states import State


class JobObserver(Protocol):
    """Counts by kinds and states, never by job or account. Quick, and raises nothing."""

    def started(self, kind: str, waited_s: float) -> None: ...

    def ended(self, kind: str, state: str, took_s: float | None) -> None:
        """Without a time it never began."""
        ...

    def made(
        self, kind: str, *, source_bytes: int, made_bytes: int, segments: int, audio_s: float
    ) -> None: ...


def tell_move(observer: JobObserver, kind: str, before: State, job: Job[Any]) -> None:
    """Nothing, unless the job's state is another one."""
    if job.state is before:
        return
    if job.state is State.PROCESSING and job.started_at is not None:
        observer.started(kind, (job.started_at - job.created_at).total_seconds())
    if job.state.is_final:
        observer.ended(kind, job.state, _took_s(job))
    if job.state is State.COMPLETED:
        _tell_made(observer, kind, job)


def _took_s(job: Job[Any]) -> float | None:
    if job.started_at is None or job.ended_at is None:
        return None
    return (job.ended_at - job.started_at).total_seconds()


def _tell_made(observer: JobObserver, kind: str, job: Job[Any]) -> None:
    source = job.source
    source_bytes = (source.size_bytes if source else None) or 0
    samples, rate = (source.sample_count or 0, source.sample_rate or 1) if source else (0, 1)
    observer.made(
        kind,
        source_bytes=source_bytes,
        made_bytes=max(0, (job.stored_bytes or 0) - source_bytes),
        segments=job.progress.segments_done,
        audio_s=samples / rate,
    )
