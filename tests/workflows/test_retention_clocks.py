"""What has expired is removed when the engine's clock says so too, and not by one machine's clock alone."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from server.database.migrate import migrate
from server.database.open import open_database
from server.workflows.upkeep.messages import Counts
from server.workflows.upkeep.retention_activities import RetentionActivities, RetentionParts
from storage.memory import MemoryStore
from tests.retention.kept import add_account, completed, keys, records_at

NOW = datetime(2026, 5, 1, tzinfo=UTC)
YEAR = timedelta(days=365)
STEPS: dict[str, Callable[[RetentionActivities], Callable[[], Awaitable[Counts]]]] = {
    "files": lambda steps: steps.files,
    "archives": lambda steps: steps.archives,
    "accounts": lambda steps: steps.accounts,
    "records": lambda steps: steps.records,
    "uploads": lambda steps: steps.uploads,
    "unfinished": lambda steps: steps.unfinished,
    "orphans": lambda steps: steps.orphans,
}


@pytest.mark.parametrize("step", STEPS)
async def test_nothing_is_removed_by_a_clock_that_is_ahead(step: str, tmp_path: Path) -> None:
    store = MemoryStore()
    async with open_database(f"sqlite:///{tmp_path}/records.db") as database:
        await migrate(database)
        await add_account(database, "acc_a", NOW)
        await completed(records_at(database, NOW), store)
        kept = await keys(store)
        parts = RetentionParts(database, store, store, lambda: NOW + YEAR, timedelta(days=90))

        with pytest.raises(ApplicationError) as refusal:
            await _at(NOW).run(STEPS[step](RetentionActivities(parts)))
        refused = await keys(store)
        counts = await _at(NOW + YEAR).run(RetentionActivities(parts).files)

    assert not refusal.value.non_retryable
    assert refused == kept
    assert counts["jobs"] == 1


def _at(time: datetime) -> ActivityEnvironment:
    """An engine at whose clock it is this time."""
    environment = ActivityEnvironment()
    environment.info = replace(environment.info, started_time=time)
    return environment
