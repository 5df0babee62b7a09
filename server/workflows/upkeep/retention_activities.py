"""The steps of upkeep. Each repeats safely: what it has not finished, it finds again."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

import structlog
from temporalio import activity

from server.database.clock import Clock
from server.database.open import Database
from server.retention.archives import remove_expired_archives
from server.retention.closed import ClosedAccounts
from server.retention.files import remove_expired_files
from server.retention.orphans import sweep_orphans
from server.retention.records import remove_old_deliveries, remove_old_jobs
from server.uploads.expiry import remove_expired
from server.workflows.upkeep.messages import Counts
from server.workflows.upkeep.steps import upkeep
from storage.interface import ObjectStore, Sweeper
from zerokerf.errors import Unavailable

#: Long after the link for it has ended, and longer than any client waits to make a job of it.
UPLOADS_LIVE = timedelta(days=2)
#: Longer than any write takes.
UNFINISHED_AFTER = timedelta(days=1)
#: The clocks of this machine and of the engine's.
MOST_APART = timedelta(minutes=5)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class RetentionParts:
    """What upkeep works with."""

    database: Database
    store: ObjectStore
    sweeper: Sweeper
    clock: Clock
    #: How long the records of ended jobs are kept.
    records_live: timedelta


class RetentionActivities:
    def __init__(self, parts: RetentionParts) -> None:
        self._parts = parts

    @asynccontextmanager
    async def _removing(self) -> AsyncIterator[None]:
        """What has expired by one clock only may be somebody's."""
        async with upkeep():
            if abs(self._parts.clock() - activity.info().started_time) > MOST_APART:
                log.error("clock differs from the engine's", action="retention")
                raise Unavailable("The time")
            yield

    @activity.defn(name="retention.files")
    async def files(self) -> Counts:
        parts = self._parts
        async with self._removing():
            return _told({"jobs": await remove_expired_files(parts.database, parts.store, parts.clock)})

    @activity.defn(name="retention.archives")
    async def archives(self) -> Counts:
        parts = self._parts
        async with self._removing():
            removed = await remove_expired_archives(parts.database, parts.store, parts.clock())
            return _told({"archives": removed})

    @activity.defn(name="retention.accounts")
    async def accounts(self) -> Counts:
        parts = self._parts
        async with self._removing():
            closed = ClosedAccounts(parts.database, parts.store, parts.clock)
            return _told({"accounts": await closed.purge()})

    @activity.defn(name="retention.records")
    async def records(self) -> Counts:
        parts = self._parts
        before = parts.clock() - parts.records_live
        async with self._removing():
            jobs = await remove_old_jobs(parts.database, before)
            deliveries = await remove_old_deliveries(parts.database, before)
            return _told({"records": jobs, "deliveries": deliveries})

    @activity.defn(name="retention.uploads")
    async def uploads(self) -> Counts:
        parts = self._parts
        async with self._removing():
            before = parts.clock() - UPLOADS_LIVE
            return _told({"uploads": await remove_expired(parts.database, parts.store, before)})

    @activity.defn(name="retention.unfinished")
    async def unfinished(self) -> Counts:
        """What killed writers left: half-open uploads in parts, drafts."""
        parts = self._parts
        async with self._removing():
            before = parts.clock() - UNFINISHED_AFTER
            return _told({"unfinished": await parts.sweeper.sweep_unfinished(before)})

    @activity.defn(name="retention.orphans")
    async def orphans(self) -> Counts:
        parts = self._parts
        async with self._removing():
            swept = await sweep_orphans(parts.database, parts.store, parts.clock() - UNFINISHED_AFTER)
            return _told(
                {
                    "objects": swept.looked_at,
                    "orphans": swept.removed,
                    "orphan_bytes": swept.removed_bytes,
                    "foreign": swept.foreign,
                }
            )


def _told(counts: Counts) -> Counts:
    if any(counts.values()):
        log.info("upkeep", action="retention", **counts)
    return counts
