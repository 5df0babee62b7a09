"""Split jobs as clients use them: records, engine and uploads together."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from server.database.open import Database
from server.jobs.handover.open_work import OpenWork
from server.jobs.model import SplitRequest, Terms
from server.jobs.splits.jobs import SplitJobs
from server.jobs.splits.records import SplitRecords
from server.jobs.states import State
from server.jobs.wakeups.in_process import InProcessWakeups
from server.uploads.model import Upload
from tests.jobs.handover.engines import NotedEngine, afterwards
from zerokerf.errors import FileTooLarge, JobAlreadyProcessing, JobNotFound, QuotaExceeded, UploadIncomplete

REQUEST = SplitRequest(source_url="https://example.org/a.wav", segment_ns=10**9)
UPLOADED = SplitRequest(upload_id="upl_0123456789abcdefghij", segment_ns=10**9)


@dataclass
class Uploads:
    complete: set[tuple[str, str]] = field(default_factory=set)

    async def require_complete(self, account_id: str, upload_id: str) -> Upload:
        if (account_id, upload_id) not in self.complete:
            raise UploadIncomplete(upload_id)
        return Upload(upload_id, account_id, "a.wav", "audio/wav", datetime.now(UTC), committed_size=1000)


@dataclass
class House:
    jobs: SplitJobs
    records: SplitRecords
    engine: NotedEngine
    uploads: Uploads


@pytest.fixture
def house(database: Database) -> House:
    wakeups, engine, uploads = InProcessWakeups(), NotedEngine(), Uploads()
    records = SplitRecords(database, wakeups)
    after = afterwards(database, engine)
    return House(SplitJobs(records, engine, uploads, wakeups, after), records, engine, uploads)


async def test_a_submitted_job_is_recorded_and_started(house: House) -> None:
    job = await house.jobs.submit("acc_a", REQUEST, None)

    assert (await house.jobs.get("acc_a", job.id)).state is State.QUEUED
    assert house.engine.started == [job.id]


async def test_an_unreachable_engine_does_not_fail_an_accepted_job(house: House, database: Database) -> None:
    house.engine.reachable = False

    job = await house.jobs.submit("acc_a", REQUEST, "req-1")
    cancelled = await house.jobs.cancel("acc_a", job.id)
    await house.jobs.delete("acc_a", job.id)

    assert cancelled.state is State.CANCELLED
    assert [ref.id for ref in await OpenWork(database).uncleaned(10)] == [job.id]


async def test_an_upload_must_be_the_accounts_own_and_complete(house: House) -> None:
    house.uploads.complete.add(("acc_a", str(UPLOADED.upload_id)))

    await house.jobs.submit("acc_a", UPLOADED, None)
    with pytest.raises(UploadIncomplete):
        await house.jobs.submit("acc_b", UPLOADED, None)

    assert (await house.jobs.list("acc_b", frozenset(), 20)).total == 0


async def test_a_repeat_of_an_ended_job_is_not_started_again(house: House) -> None:
    job = await house.jobs.submit("acc_a", REQUEST, "req-1")
    await house.jobs.cancel("acc_a", job.id)

    again = await house.jobs.submit("acc_a", REQUEST, "req-1")

    assert (again.id, again.state) == (job.id, State.CANCELLED)
    assert house.engine.started == [job.id]


async def test_deleting_a_queued_job_stops_and_cleans_it(house: House) -> None:
    job = await house.jobs.submit("acc_a", REQUEST, None)

    await house.jobs.delete("acc_a", job.id)

    assert (house.engine.cancelled, house.engine.cleaned) == ([job.id], [job.id])
    with pytest.raises(JobNotFound):
        await house.jobs.get("acc_a", job.id)


async def test_a_refused_delete_touches_nothing(house: House) -> None:
    job = await house.jobs.submit("acc_a", REQUEST, None)
    await house.records.begin(job.id)

    with pytest.raises(JobAlreadyProcessing):
        await house.jobs.delete("acc_a", job.id)

    assert (house.engine.cancelled, house.engine.cleaned) == ([], [])


async def test_segments_of_another_account_are_not_found(house: House) -> None:
    job = await house.jobs.submit("acc_a", REQUEST, None)

    assert await house.jobs.segments("acc_a", job.id) == ()
    with pytest.raises(JobNotFound):
        await house.jobs.segments("acc_b", job.id)


async def test_a_repeat_is_answered_though_no_new_job_would_be_accepted(house: House) -> None:
    async def refuse() -> Terms:
        raise QuotaExceeded(60, datetime(2026, 6, 1, tzinfo=UTC))

    first = await house.jobs.submit("acc_a", REQUEST, "req-1")
    again = await house.jobs.submit("acc_a", REQUEST, "req-1", refuse)

    assert again.id == first.id
    with pytest.raises(QuotaExceeded):
        await house.jobs.submit("acc_a", REQUEST, "req-2", refuse)
    assert house.engine.started == [first.id]


async def test_an_upload_that_is_larger_than_the_plan_allows_is_refused_at_once(house: House) -> None:
    async def accept() -> Terms:
        return Terms(max_source_bytes=999)

    house.uploads.complete.add(("acc_a", UPLOADED.upload_id or ""))
    with pytest.raises(FileTooLarge, match="1000 bytes; at most 999"):
        await house.jobs.submit("acc_a", UPLOADED, None, accept)
    assert house.engine.started == []
