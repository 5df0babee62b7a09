"""How long links to a job's files work: for a while, and never longer than the files are kept."""

from datetime import datetime, timedelta
from typing import Any

from server.jobs.model import Job

#: What no link can be shorter than.
_SHORTEST = timedelta(seconds=1)


def link_life(job: Job[Any], most: timedelta, now: datetime) -> timedelta | None:
    """None when the job's files are gone, or about to go."""
    if job.files_removed_at is not None:
        return None
    life = most if job.files_expire_at is None else min(most, job.files_expire_at - now)
    return life if life >= _SHORTEST else None
