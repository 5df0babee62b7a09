"""An engine and a worker for upkeep, on a database and a store of the test's own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from temporalio.client import Client
from temporalio.worker import Worker

from server.accounts.export_records import ExportRecords
from server.database.clock import utc_now
from server.database.migrate import migrate
from server.database.open import Database, open_database
from server.jobs.splits.records import SplitRecords
from server.jobs.wakeups.in_process import InProcessWakeups
from server.retention.closed import ClosedAccounts
from server.workflows.embedded.engine import running_engine
from server.workflows.scratch import open_scratch
from server.workflows.upkeep.closing_activities import ClosingActivities, ClosingParts
from server.workflows.upkeep.export_activities import ExportActivities, ExportParts
from server.workflows.upkeep.retention_activities import RetentionActivities, RetentionParts
from server.workflows.upkeep.worker import make_upkeep_worker
from storage.memory import MemoryStore
from tests.jobs.handover.engines import NotedEngine


@dataclass
class House:
    client: Client
    database: Database
    records: SplitRecords
    worker: Worker
    store: MemoryStore
    #: That of jobs.
    engine: NotedEngine = field(default_factory=NotedEngine)


@asynccontextmanager
async def running_house(folder: Path, store: MemoryStore | None = None) -> AsyncIterator[House]:
    """The worker is up to the test."""
    store = store or MemoryStore()
    async with (
        open_database(f"sqlite:///{folder}/records.db") as database,
        running_engine(folder) as address,
    ):
        await migrate(database)
        client = await Client.connect(address.target, namespace=address.namespace)
        records, engine = SplitRecords(database, InProcessWakeups()), NotedEngine()
        with open_scratch(folder / "scratch", 2**30) as scratch:
            parts = RetentionParts(database, store, store, utc_now, timedelta(days=90))
            closed = ClosedAccounts(database, store)
            worker = make_upkeep_worker(
                client,
                RetentionActivities(parts),
                ExportActivities(ExportParts(database, ExportRecords(database), store, scratch)),
                ClosingActivities(ClosingParts(closed, {"split": records}, engine)),
            )
            yield House(client, database, records, worker, store, engine)
