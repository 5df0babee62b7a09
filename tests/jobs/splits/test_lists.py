"""Pages of jobs: newest first, stable, and only for the account that asks."""

from datetime import UTC, datetime, timedelta

import pytest

from server.database.open import Database
from server.jobs.model import Page, SplitRequest
from server.jobs.splits.records import SplitRecords
from server.jobs.states import State
from server.jobs.wakeups.in_process import InProcessWakeups
from zerokerf.errors import InvalidParams

EVERY: frozenset[State] = frozenset()

START = datetime(2026, 1, 1, tzinfo=UTC)
REQUEST = SplitRequest(source_url="https://example.org/a.wav", segment_ns=10**9)


@pytest.fixture
def now() -> list[datetime]:
    return [START]


@pytest.fixture
def records(database: Database, now: list[datetime]) -> SplitRecords:
    return SplitRecords(database, InProcessWakeups(), lambda: now[0])


async def make_jobs(records: SplitRecords, now: list[datetime], count: int) -> list[str]:
    """Several jobs share one time, as on a busy server. Oldest first."""
    ids = []
    for number in range(count):
        now[0] += timedelta(microseconds=number % 3 == 0)
        ids.append((await records.create("acc_a", REQUEST, None)).id)
    return ids


def ids_of(page: Page) -> list[str]:
    return [job.id for job in page.jobs]


async def test_pages_hold_every_job_once_while_new_ones_arrive(
    records: SplitRecords, now: list[datetime]
) -> None:
    made = await make_jobs(records, now, 11)

    page = await records.list("acc_a", EVERY, 3)
    seen = ids_of(page)
    while page.next_token:
        await make_jobs(records, now, 4)
        page = await records.list("acc_a", EVERY, 3, page.next_token)
        seen += ids_of(page)

    assert len(seen) == len(made)
    assert set(seen) == set(made)


async def test_the_newest_come_first(records: SplitRecords, now: list[datetime]) -> None:
    await make_jobs(records, now, 7)

    page = await records.list("acc_a", EVERY, 100)
    places = [(job.created_at, job.id) for job in page.jobs]

    assert places == sorted(places, reverse=True)
    assert (page.total, page.next_token) == (7, "")


async def test_zero_means_a_page_of_twenty(records: SplitRecords, now: list[datetime]) -> None:
    await make_jobs(records, now, 21)

    page = await records.list("acc_a", EVERY, 0)

    assert (len(page.jobs), page.total) == (20, 21)


async def test_skipping_counts_from_the_token(records: SplitRecords, now: list[datetime]) -> None:
    await make_jobs(records, now, 9)
    everything = ids_of(await records.list("acc_a", EVERY, 100))

    first = await records.list("acc_a", EVERY, 2, skip=1)
    second = await records.list("acc_a", EVERY, 2, first.next_token, skip=3)
    beyond = await records.list("acc_a", EVERY, 2, skip=100)

    assert ids_of(first) == everything[1:3]
    assert ids_of(second) == everything[6:8]
    assert (beyond.jobs, beyond.next_token, beyond.total) == ((), "", 9)


async def test_a_state_filters_pages_and_total(records: SplitRecords, now: list[datetime]) -> None:
    ids = await make_jobs(records, now, 5)
    for job_id in ids[:2]:
        await records.request_cancel("acc_a", job_id)
    await records.delete("acc_a", ids[0])

    page = await records.list("acc_a", frozenset({State.CANCELLED}), 10)

    assert (ids_of(page), page.total) == ([ids[1]], 1)


async def test_an_account_sees_only_its_own(records: SplitRecords, now: list[datetime]) -> None:
    await make_jobs(records, now, 2)

    assert await records.list("acc_b", EVERY, 10) == Page((), "", 0)


async def test_a_token_belongs_to_one_account_and_filter(records: SplitRecords, now: list[datetime]) -> None:
    await make_jobs(records, now, 3)
    token = (await records.list("acc_a", EVERY, 1)).next_token

    for account_id, states in (("acc_b", EVERY), ("acc_a", frozenset({State.QUEUED}))):
        with pytest.raises(InvalidParams) as caught:
            await records.list(account_id, states, 1, token)
        assert set(caught.value.violations) == {"page_token"}


@pytest.mark.parametrize(
    "token",
    ["x", "=", "é", "\ud800", "a" * 10_000, "W10", "WzEsMiwzXQ", "bnVsbA", "WyJhIiwiYiIsImMiXQ", "\0"],
)
async def test_an_invented_token_is_refused(records: SplitRecords, token: str) -> None:
    with pytest.raises(InvalidParams) as caught:
        await records.list("acc_a", EVERY, 1, token)

    assert set(caught.value.violations) == {"page_token"}


@pytest.mark.parametrize(
    ("size", "skip", "field"),
    [(-1, 0, "page_size"), (101, 0, "page_size"), (1, -1, "skip"), (1, 2**63, "skip")],
)
async def test_sizes_that_cannot_be_are_refused(
    records: SplitRecords, size: int, skip: int, field: str
) -> None:
    with pytest.raises(InvalidParams) as caught:
        await records.list("acc_a", EVERY, size, skip=skip)

    assert set(caught.value.violations) == {field}
