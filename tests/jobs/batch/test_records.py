"""Records of transcription jobs: named by their owners, found by what was asked for."""

import asyncio
from dataclasses import dataclass, replace

import pytest

from server.database.open import Database
from server.jobs.batch.model import BatchRequest
from server.jobs.batch.records import BatchRecords
from server.jobs.model import Failure, SourceFacts, SplitRequest
from server.jobs.splits.records import SplitRecords
from server.jobs.states import State
from server.jobs.wakeups.in_process import InProcessWakeups
from tests.jobs.batch.work import REQUEST, begun, done
from zerokerf.errors import IdempotencyConflict, JobExists, JobNotFound


@dataclass(frozen=True)
class Upload:
    job_id: str | None = None
    committed_size: int = 1000


@pytest.fixture
def records(database: Database) -> BatchRecords:
    return BatchRecords(database, InProcessWakeups())


async def test_a_new_job_is_found_by_its_name_as_it_was_asked_for(records: BatchRecords) -> None:
    job = await records.create("acc_a", REQUEST, "call17")

    assert await records.find("acc_a", "call17") == job
    assert (job.state, job.public_id, job.request, job.last_sequence) == (State.QUEUED, "call17", REQUEST, 1)


async def test_a_job_without_a_name_gets_one_of_letters_and_digits(records: BatchRecords) -> None:
    names = {(await records.create("acc_a", REQUEST)).public_id or "" for _ in range(3)}

    assert len(names) == 3
    assert all(name.startswith("job") and len(name) == 35 and int(name[3:], 16) >= 0 for name in names)


async def test_names_are_an_accounts_own(records: BatchRecords) -> None:
    mine = await records.create("acc_a", REQUEST, "call17")
    theirs = await records.create("acc_b", REQUEST, "call17")

    assert mine.id != theirs.id
    with pytest.raises(JobNotFound):
        await records.find("acc_c", "call17")
    with pytest.raises(JobNotFound):
        await records.get("acc_b", mine.id)


async def test_a_name_is_not_used_twice(records: BatchRecords) -> None:
    first = await records.create("acc_a", REQUEST, "call17")
    other = replace(REQUEST, source_url="https://example.org/b.wav")

    with pytest.raises(JobExists):
        await records.create("acc_a", other, "call17")
    with pytest.raises(JobExists):
        await records.require_free("acc_a", "call17")

    await records.require_free("acc_b", "call17")
    assert await records.find("acc_a", "call17") == first


async def test_of_many_that_arrive_at_once_one_gets_the_name(records: BatchRecords) -> None:
    made = await asyncio.gather(
        *(records.create("acc_a", REQUEST, "call17") for _ in range(8)), return_exceptions=True
    )

    jobs = [each for each in made if not isinstance(each, BaseException)]
    assert len(jobs) == 1
    assert all(isinstance(each, JobExists) for each in made if each is not jobs[0])
    assert await records.find("acc_a", "call17") == jobs[0]


async def test_the_name_of_a_deleted_job_stays_taken(records: BatchRecords) -> None:
    await done(records)
    await records.delete("acc_a", "call17")

    with pytest.raises(JobExists):
        await records.create("acc_a", REQUEST, "call17")


async def test_a_repeat_is_the_first_job_also_when_that_is_deleted(records: BatchRecords) -> None:
    first = await records.create("acc_a", REQUEST, None, "req-1")
    again = await records.create("acc_a", REQUEST, None, "req-1")
    await records.fail(first.id, Failure("CORRUPT_FILE", "It broke."))
    await records.delete("acc_a", first.public_id or "")
    later = await records.create("acc_a", REQUEST, None, "req-1")

    assert again == first
    assert (later.id, later.deleted_at is not None) == (first.id, True)


@pytest.mark.parametrize(
    ("public_id", "request_"),
    [
        ("call18", REQUEST),
        (None, REQUEST),
        ("call17", replace(REQUEST, model_code="ours/large")),
        ("call17", replace(REQUEST, metadata=None)),
    ],
    ids=["name", "no name", "model", "metadata"],
)
async def test_a_request_id_stands_for_one_request(
    records: BatchRecords, public_id: str | None, request_: BatchRequest
) -> None:
    await records.create("acc_a", REQUEST, "call17", "req-1")

    with pytest.raises(IdempotencyConflict):
        await records.create("acc_a", request_, public_id, "req-1")


async def test_a_request_id_of_a_split_job_is_not_free(records: BatchRecords, database: Database) -> None:
    splits = SplitRecords(database, InProcessWakeups())
    split = await splits.create("acc_a", SplitRequest(source_url="https://e.org/a", parts=2), "req-1")
    await splits.delete("acc_a", split.id)

    with pytest.raises(IdempotencyConflict):
        await records.create("acc_a", REQUEST, None, "req-1")


async def test_a_repeated_stream_is_known_by_its_bytes(records: BatchRecords) -> None:
    streamed = replace(REQUEST, source_url=None, upload_id="upl_1", upload_sha256="a" * 64)
    first = await records.create("acc_a", streamed, "call17", "req-1")

    again = await records.create("acc_a", replace(streamed, upload_id="upl_2"), "call17", "req-1")

    assert again == first
    with pytest.raises(IdempotencyConflict):
        await records.create("acc_a", replace(streamed, upload_sha256="b" * 64), "call17", "req-1")


async def test_an_upload_that_was_made_for_a_job_names_it_and_has_one(records: BatchRecords) -> None:
    upload, request = (
        Upload("call17"),
        replace(REQUEST, source_url=None, upload_id="upl_0123456789abcdefghij"),
    )

    job = await records.create("acc_a", request, upload=upload)

    assert (job.id, job.public_id) == ("job_0123456789abcdefghij", "call17")
    with pytest.raises(JobExists) as again:
        await records.create("acc_a", request, upload=upload)
    with pytest.raises(JobExists) as renamed:
        await records.create("acc_a", request, "call18", upload=upload)
    assert {again.value.facts["jobId"], renamed.value.facts["jobId"]} == {"call17"}


async def test_other_uploads_may_have_many_jobs(records: BatchRecords) -> None:
    request = replace(REQUEST, source_url=None, upload_id="upl_0123456789abcdefghij")

    jobs = [await records.create("acc_a", request, upload=Upload()) for _ in range(2)]

    assert len({job.id for job in jobs}) == 2


async def test_facts_of_the_recording_add_up(records: BatchRecords) -> None:
    job = await begun(records)

    await records.record_source(job.id, SourceFacts("a.wav", 10, "f" * 64))
    job = await records.record_source(
        job.id, SourceFacts("a.wav", format="wav", sample_rate=8000), ("A note.",)
    )

    assert job.source == SourceFacts("a.wav", 10, "f" * 64, "wav", 8000)
    assert job.notes == ("A note.",)
