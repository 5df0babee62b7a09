"""Lists of transcription jobs: filtered, ordered and paged by number, for their owner only."""

from datetime import UTC, datetime, timedelta

import pytest

from server.database.open import Database
from server.jobs.batch.model import BatchPage, BatchQuery, BatchRequest, BatchState, SortBy
from server.jobs.batch.records import BatchRecords
from server.jobs.batch.states import batch_state
from server.jobs.model import Failure, Phase, Progress, SplitRequest
from server.jobs.splits.records import SplitRecords
from server.jobs.wakeups.in_process import InProcessWakeups

START = datetime(2026, 1, 1, tzinfo=UTC)


def request(model_code: str = "ours/small") -> BatchRequest:
    return BatchRequest(source_url="https://example.org/a.wav", model_code=model_code)


@pytest.fixture
def now() -> list[datetime]:
    return [START]


@pytest.fixture
def records(database: Database, now: list[datetime]) -> BatchRecords:
    return BatchRecords(database, InProcessWakeups(), lambda: now[0])


async def one_in_each_state(records: BatchRecords, now: list[datetime]) -> None:
    """Each is called by its state, and made a second after the one before it."""
    for state in BatchState:
        now[0] += timedelta(seconds=1)
        job = await records.create("acc_a", request(), state.replace("_", ""))
        if state is BatchState.QUEUED:
            continue
        await records.begin(job.id)
        phase = {BatchState.DECODING: Phase.TRANSCRIBING, BatchState.POST_PROCESSING: Phase.WRITING}
        await records.record_progress(job.id, Progress(percent=1, phase=phase.get(state, Phase.FETCHING)))
        if state in {BatchState.DONE, BatchState.DELETED}:
            await records.complete(job.id, {})
        if state is BatchState.FAILED:
            await records.fail(job.id, Failure("CORRUPT_FILE", "It broke."))
        if state is BatchState.DELETED:
            await records.delete("acc_a", job.public_id or "")


def names(page: BatchPage) -> list[str]:
    return [job.public_id or "" for job in page.jobs]


async def listed(records: BatchRecords, **query: object) -> list[str]:
    page = await records.list("acc_a", BatchQuery(**query))  # type: ignore[arg-type]  # each test gives its own fields
    assert page.total >= len(page.jobs)
    return names(page)


@pytest.mark.parametrize("state", list(BatchState))
async def test_a_filter_finds_the_state_that_the_job_shows(
    records: BatchRecords, now: list[datetime], state: BatchState
) -> None:
    await one_in_each_state(records, now)

    page = await records.list("acc_a", BatchQuery(states=frozenset({state})))

    assert (names(page), page.total) == ([state.replace("_", "")], 1)
    job = page.jobs[0]
    assert batch_state(job.state, job.progress.phase, job.deleted_at) is state


async def test_a_job_that_has_only_begun_is_in_progress_and_a_cancelled_one_failed(
    records: BatchRecords,
) -> None:
    await records.begin((await records.create("acc_a", request(), "begun")).id)
    await records.create("acc_a", request(), "cancelled")
    await records.cancel("acc_a", "cancelled")

    assert await listed(records, states=frozenset({BatchState.IN_PROGRESS})) == ["begun"]
    assert await listed(records, states=frozenset({BatchState.FAILED})) == ["cancelled"]


async def test_without_a_filter_every_job_is_listed_newest_first(
    records: BatchRecords, now: list[datetime]
) -> None:
    await one_in_each_state(records, now)

    assert await listed(records) == [state.replace("_", "") for state in reversed(BatchState)]
    assert await listed(records, is_ascending=True) == [state.replace("_", "") for state in BatchState]


async def test_states_sort_by_name(records: BatchRecords, now: list[datetime]) -> None:
    await one_in_each_state(records, now)
    in_order = [state.replace("_", "") for state in sorted(BatchState)]

    assert await listed(records, sort_by=SortBy.STATE, is_ascending=True) == in_order
    assert await listed(records, sort_by=SortBy.STATE) == in_order[::-1]


async def test_models_are_filtered_exactly_and_sort(records: BatchRecords) -> None:
    for name, code in (("b", "ours/b"), ("a", "ours/a"), ("ab", "ours/ab")):
        await records.create("acc_a", request(code), name)

    assert await listed(records, model_code="ours/a") == ["a"]
    assert await listed(records, model_code="OURS/A") == []
    assert await listed(records, sort_by=SortBy.MODEL_CODE, is_ascending=True) == ["a", "ab", "b"]


async def test_times_are_exclusive_to_the_microsecond(records: BatchRecords, now: list[datetime]) -> None:
    for name in ("first", "second", "third"):
        now[0] += timedelta(microseconds=1)
        await records.create("acc_a", request(), name)
    first, third = START + timedelta(microseconds=1), START + timedelta(microseconds=3)

    assert await listed(records, created_after=first) == ["third", "second"]
    assert await listed(records, created_before=third) == ["second", "first"]
    assert await listed(records, created_after=first, created_before=third) == ["second"]


async def test_pages_hold_every_job_once_also_when_all_compare_alike(records: BatchRecords) -> None:
    made = {(await records.create("acc_a", request())).public_id for _ in range(7)}

    for sort_by in SortBy:
        pages = [
            await records.list("acc_a", BatchQuery(page=number, page_size=3, sort_by=sort_by))
            for number in (1, 2, 3, 4)
        ]
        assert [len(page.jobs) for page in pages] == [3, 3, 1, 0]
        assert {name for page in pages for name in names(page)} == made
        assert {page.total for page in pages} == {7}


async def test_the_furthest_page_there_can_be_is_empty(records: BatchRecords) -> None:
    await records.create("acc_a", request())

    assert await listed(records, page=2**31 - 1, page_size=100) == []


async def test_an_account_lists_its_own_transcriptions_only(
    records: BatchRecords, database: Database
) -> None:
    await records.create("acc_b", request(), "theirs")
    splits = SplitRecords(database, InProcessWakeups())
    await splits.create("acc_a", SplitRequest(source_url="https://example.org/a", parts=2), None)
    await records.create("acc_a", request(), "mine")

    assert await records.list("acc_b", BatchQuery(states=frozenset({BatchState.DONE}))) == BatchPage((), 0)
    assert await listed(records) == ["mine"]
