"""What webhooks are told of jobs: due in the transaction of the change, so that no crash loses one."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol, TypeVar

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from server.database.hashes import url_hash
from server.database.ids import Prefix, new_id
from server.database.tables import webhook_deliveries, webhook_endpoints
from server.jobs.kinds import Kind
from server.jobs.model import Job, Progress
from server.jobs.states import State

MILESTONES = (25, 50, 75)


class Asked(Protocol):
    """What the requests of all kinds have in common."""

    @property
    def webhook_url(self) -> str | None: ...
    @property
    def is_bulk(self) -> bool: ...


Request = TypeVar("Request", bound=Asked)


async def announce_end(
    connection: AsyncConnection, kind: Kind[Request], job: Job[Request], now: datetime
) -> None:
    """A cancelled job has failed, as its clients see it."""
    word = kind.words.completed if job.state is State.COMPLETED else kind.words.failed
    if job.request.webhook_url is not None:
        await announce(connection, job.account_id, job.request.webhook_url, word, {}, now, job_id=job.id)


async def announce_progress(
    connection: AsyncConnection, kind: Kind[Request], job: Job[Request], before: Progress, now: datetime
) -> None:
    """Of large recordings only, and each milestone once: percents never go down."""
    size_bytes = (job.source.size_bytes if job.source else None) or 0
    word, url = kind.words.progress, job.request.webhook_url
    if word is None or url is None or size_bytes <= job.terms.progress_told_above_bytes:
        return
    for percent in MILESTONES:
        if before.percent < percent <= job.progress.percent:
            told = {"progress": percent}
            await announce(connection, job.account_id, url, word, told, now, job_id=job.id)


async def stop_announcing(connection: AsyncConnection, job_id: str, now: datetime) -> None:
    """What has not been delivered is not tried any more, and what was said of the job is forgotten."""
    mine = webhook_deliveries.c.job_id == job_id
    stopped = {"state": "stopped", "next_attempt_at": None, "ended_at": now}
    pending = mine & (webhook_deliveries.c.state == "pending")
    await connection.execute(update(webhook_deliveries).where(pending).values(stopped))
    await connection.execute(update(webhook_deliveries).where(mine).values(body=None))


async def announce(
    connection: AsyncConnection,
    account_id: str,
    url: str,
    event: str,
    detail: Mapping[str, Any],
    now: datetime,
    *,
    job_id: str | None = None,
) -> None:
    """Word is due to go to the URL; it is logged and dropped where that is disabled."""
    is_dropped = await _is_disabled(connection, account_id, url_hash(url))
    row: dict[str, Any] = {
        "id": new_id(Prefix.DELIVERY),
        "account_id": account_id,
        "job_id": job_id,
        "url": url,
        "url_hash": url_hash(url),
        "event": event,
        "detail": detail,
        "state": "dropped" if is_dropped else "pending",
        "attempts": [],
        "next_attempt_at": None if is_dropped else now,
        "created_at": now,
        "ended_at": now if is_dropped else None,
    }
    await connection.execute(insert(webhook_deliveries).values(row))


async def _is_disabled(connection: AsyncConnection, account_id: str, hashed: str) -> bool:
    mine = webhook_endpoints.c.account_id == account_id, webhook_endpoints.c.url_hash == hashed
    return await connection.scalar(select(webhook_endpoints.c.disabled_at).where(*mine)) is not None
