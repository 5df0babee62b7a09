"""Accounts and jobs with files, as far along as a test needs them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Table, func, insert, select

from server.database.clock import Clock
from server.database.open import Database
from server.database.tables import accounts
from server.jobs.model import Progress, SplitJob, Terms
from server.jobs.splits.records import SplitRecords
from server.jobs.wakeups.in_process import InProcessWakeups
from storage.interface import ObjectInfo, ObjectStore
from storage.keys import manifest_key, segment_key, source_key
from storage.memory import MemoryStore
from tests.jobs.splits.work import FACTS, REQUEST, segment
from zerokerf.errors import Unavailable

BIN = "application/octet-stream"
NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
KEPT_A_DAY = Terms(retention_hours=24)


def at(moment: datetime) -> Clock:
    return lambda: moment


def records_at(database: Database, moment: datetime) -> SplitRecords:
    return SplitRecords(database, InProcessWakeups(), at(moment))


async def add_account(
    database: Database, account_id: str, created_at: datetime = NOW, **columns: object
) -> None:
    async with database.writing() as connection:
        row = {"id": account_id, "created_at": created_at, **columns}
        await connection.execute(insert(accounts).values(row))


async def begun(records: SplitRecords, account_id: str = "acc_a", terms: Terms = KEPT_A_DAY) -> SplitJob:
    job = await records.create(account_id, replace(REQUEST, metadata={"n": 1}), None, terms)
    return await records.begin(job.id)


async def completed(
    records: SplitRecords, store: ObjectStore, account_id: str = "acc_a", terms: Terms = KEPT_A_DAY
) -> SplitJob:
    """With all of its files."""
    job = await begun(records, account_id, terms)
    await records.record_source(job.id, FACTS, "mp3")
    await records.record_segment(job.id, segment(0, 0, 300), Progress())
    for key in files_of(job):
        await put(store, key)
    return await records.complete(job.id)


def files_of(job: SplitJob) -> list[str]:
    place = job.account_id, job.id
    return [source_key(*place), manifest_key(*place), segment_key(*place, 0, "mp3")]


async def put(store: ObjectStore, *keys: str) -> None:
    for key in keys:
        await store.put(key, b"bytes", content_type=BIN)


async def row_of(database: Database, table: Table, row_id: str) -> dict[str, Any] | None:
    async with database.reading() as connection:
        row = (await connection.execute(select(table).where(table.c.id == row_id))).mappings().one_or_none()
    return dict(row) if row else None


async def count(database: Database, table: Table) -> int:
    async with database.reading() as connection:
        return int(await connection.scalar(select(func.count()).select_from(table)) or 0)


async def keys(store: ObjectStore) -> list[str]:
    return sorted([info.key async for info in store.list("")])


class FailingStore(MemoryStore):
    """Goes away after so many removals, until it is mended."""

    def __init__(self, removals: int) -> None:
        super().__init__()
        self.removals = removals

    async def delete(self, *keys: str) -> None:
        self._take()
        await super().delete(*keys)

    def _take(self) -> None:
        if self.removals == 0:
            raise Unavailable("The object store")
        self.removals -= 1


async def everything(store: ObjectStore) -> Sequence[ObjectInfo]:
    return [info async for info in store.list("")]
