"""What the steps of jobs have in common, on the real ones: each knows an outage when it meets one."""

from collections.abc import Callable
from typing import Any

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from server.database.open import Database, open_database
from server.jobs.batch.records import BatchRecords
from server.jobs.splits.records import SplitRecords
from server.jobs.wakeups.in_process import InProcessWakeups
from server.workflows.activities import SplitActivities, SplitParts
from server.workflows.batch_activities import BatchActivities, BatchParts
from server.workflows.composing.cutter import Composing
from server.workflows.failures import may_pass
from server.workflows.messages import ChunkRef, JobRef, ShareRef
from server.workflows.steps import Steps
from storage.memory import MemoryStore

JOB = JobRef("job_a", "acc_a")
CHUNK = ChunkRef(JOB, 0, 0)
#: Nothing of it is reached without records.
UNREACHED: Any = None
COMPOSER: Any = object()


def split_steps(database: Database) -> SplitActivities:
    records, store = SplitRecords(database, InProcessWakeups()), MemoryStore()
    return SplitActivities(
        SplitParts(
            records=records,
            steps=Steps(records, UNREACHED, store, UNREACHED, UNREACHED, UNREACHED),
            cutting=UNREACHED,
            composing=Composing(store, COMPOSER, UNREACHED),
            planning=UNREACHED,
            transcribing=UNREACHED,
            transcripts=UNREACHED,
        )
    )


def batch_steps(database: Database) -> BatchActivities:
    records = BatchRecords(database, InProcessWakeups())
    steps = Steps(records, UNREACHED, MemoryStore(), UNREACHED, UNREACHED, UNREACHED)
    return BatchActivities(BatchParts(records=records, steps=steps, transcribing=UNREACHED))


@pytest.mark.parametrize(
    ("steps_on", "step", "arg"),
    [
        (split_steps, SplitActivities.fetch, JOB),
        (split_steps, SplitActivities.cut, JOB),
        (split_steps, SplitActivities.cut_share, ShareRef(JOB, 0, 2)),
        (split_steps, SplitActivities.prepare, JOB),
        (split_steps, SplitActivities.hear, CHUNK),
        (split_steps, SplitActivities.write, JOB),
        (split_steps, SplitActivities.complete, JOB),
        (batch_steps, BatchActivities.fetch, JOB),
        (batch_steps, BatchActivities.prepare, JOB),
        (batch_steps, BatchActivities.hear, CHUNK),
        (batch_steps, BatchActivities.write, JOB),
    ],
    ids=lambda value: getattr(value, "__qualname__", "on"),
)
async def test_records_out_of_reach_are_an_outage(
    steps_on: Callable[[Database], object], step: Callable[..., Any], arg: object
) -> None:
    async with open_database("postgresql://nobody@127.0.0.1:1/x") as database:
        with pytest.raises(ApplicationError) as raised:
            await ActivityEnvironment().run(step, steps_on(database), arg)

    assert may_pass(raised.value)
