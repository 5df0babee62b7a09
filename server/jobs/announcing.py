"""What webhooks are told of jobs: due in the transaction of the change, so that no crash loses one."""

import hashlib
from datetime import datetime
from typing import Any, Protocol, TypeVar

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from server.database.ids import Prefix, new_id
from server.database.tables import webhook_deliveries, webhook_endpoints
from server.jobs.kinds import Kind
from server.jobs.model import Job, Progress
from server.jobs.states import State

MILESTONES = (25, 50, 75)


class Announced(Protocol):
    """A request that may name a webhook."""

    @property
    def webhook_url(self) -> str | None: ...


Request = TypeVar("Request", bound=Announced)


async def announce_end(
    connection: AsyncConnection, kind: Kind[Request], job: Job[Request], now: datetime
) -> None:
    """A cancelled job has failed, as its clients see it."""
    word = kind.words.completed if job.state is State.COMPLETED else kind.words.failed
    await _announce(connection, job, word, {}, now)


async def announce_progress(
    connection: AsyncConnection, kind: Kind[Request], job: Job[Request], before: Progress, now: datetime
) -> None:
    """Of large recordings only, and each milestone once: percents never go down."""
    size_bytes = (job.source.size_bytes if job.source else None) or 0
    if kind.words.progress is None or size_bytes <= job.terms.progress_told_above_bytes:
        return
    for percent in MILESTONES:
        if before.percent < percent <= job.progress.percent:
            await _announce(connection, job, kind.words.progress, {"progress": percent}, now)


async def stop_announcing(connection: AsyncConnection, job_id: str, now: datetime) -> None:
    """What has not been delivered is not tried any more."""
    mine = webhook_deliveries.c.job_id == job_id, webhook_deliveries.c.state == "pending"
    stopped = {"state": "stopped", "next_attempt_at": None, "ended_at": now}
    await connection.execute(update(webhook_deliveries).where(*mine).values(stopped))


def hash_of_url(url: str) -> str:
    """For an index: URLs are too long for one."""
    return hashlib.sha256(url.encode()).hexdigest()


async def _announce(
    connection: AsyncConnection, job: Job[Request], event: str, detail: dict[str, Any], now: datetime
) -> None:
    url = job.request.webhook_url
    if url is None:
        return
    url_hash = hash_of_url(url)
    is_dropped = await _is_disabled(connection, job.account_id, url_hash)
    row: dict[str, Any] = {
        "id": new_id(Prefix.DELIVERY),
        "account_id": job.account_id,
        "job_id": job.id,
        "url": url,
        "url_hash": url_hash,
        "event": event,
        "detail": detail,
        "state": "dropped" if is_dropped else "pending",
        "attempts": [],
        "next_attempt_at": None if is_dropped else now,
        "created_at": now,
        "ended_at": now if is_dropped else None,
    }
    await connection.execute(insert(webhook_deliveries).values(row))


async def _is_disabled(connection: AsyncConnection, account_id: str, url_hash: str) -> bool:
    mine = webhook_endpoints.c.account_id == account_id, webhook_endpoints.c.url_hash == url_hash
    return await connection.scalar(select(webhook_endpoints.c.disabled_at).where(*mine)) is not None
