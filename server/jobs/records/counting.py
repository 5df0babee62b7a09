"""What a job counts for: one record, written with its end, however often that is tried."""

from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from server.database.inserting import insert_into
from server.database.tables import usage_records
from server.jobs.kinds import KindName
from server.jobs.model import Job
from server.jobs.states import State


async def count_usage(connection: AsyncConnection, kind: KindName, job: Job[Any], now: datetime) -> None:
    """Trials count for nothing; what was not completed has used no minutes."""
    if job.terms.is_test:
        return
    row = {
        "job_id": job.id,
        "account_id": job.account_id,
        "kind": kind,
        "state": job.state,
        "audio_ms": _audio_ms(job),
        "ended_at": now,
    }
    once = insert_into(usage_records, connection).values(row)
    await connection.execute(once.on_conflict_do_nothing(index_elements=["job_id"]))


def _audio_ms(job: Job[Any]) -> int:
    source = job.source
    if job.state is not State.COMPLETED or source is None or not source.sample_rate:
        return 0
    return (source.sample_count or 0) * 1000 // source.sample_rate
