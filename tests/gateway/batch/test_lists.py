"""Pages of transcription jobs: filters, orders and what they refuse."""

from typing import Any

import httpx
import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from tests.gateway.batch import jobs
from tests.gateway.batch.jobs import JOBS
from tests.gateway.batch.memory_service import MemoryBatchService
from tests.gateway.batch.told import DONE, QUEUED
from zerokerf.v1 import batch_service_pb2 as pb
from zerokerf.v1.batch_pb2 import BatchJob

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_list_is_a_page_of_full_records(client: httpx.AsyncClient, batch: MemoryBatchService) -> None:
    batch.add(jobs.done())
    batch.add(jobs.job(BatchJob.STATE_QUEUED, id="call18", create_time=jobs.later(1)))

    answer = await client.get(JOBS)

    assert answer.status_code == 200
    assert answer.json() == {
        "items": [QUEUED | {"job_id": "call18", "submitted_at": "2026-05-02T08:00:01Z"}, DONE],
        "meta": {"page": 1, "page_size": 20, "total": 2, "pages": 1},
    }


async def test_pages_are_counted_and_end_in_empty_ones(
    client: httpx.AsyncClient, batch: MemoryBatchService
) -> None:
    async def page(query: str) -> tuple[list[str], dict[str, int]]:
        answer = (await client.get(f"{JOBS}?{query}")).json()
        return [item["job_id"] for item in answer["items"]], answer["meta"]

    assert await page("") == ([], {"page": 1, "page_size": 20, "total": 0, "pages": 0})
    for number in range(5):
        batch.add(jobs.job(BatchJob.STATE_QUEUED, id=f"call{number}"))
    assert await page("page=3&page_size=2") == (
        ["call0"],
        {"page": 3, "page_size": 2, "total": 5, "pages": 3},
    )
    assert await page("page=4&page_size=2") == ([], {"page": 4, "page_size": 2, "total": 5, "pages": 3})
    far = 10**17
    assert await page(f"page={far}") == ([], {"page": far, "page_size": 20, "total": 5, "pages": 1})
    assert (await page("page_size=100"))[1]["pages"] == 1


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", {"sort_by": 1}),
        ("status=DONE,FAILED", {"sort_by": 1, "states": [BatchJob.STATE_DONE, BatchJob.STATE_FAILED]}),
        ("status=QUEUED, DELETED", {"sort_by": 1, "states": [BatchJob.STATE_QUEUED, BatchJob.STATE_DELETED]}),
        ("status=IN_PROGRESS,DECODING", {"sort_by": 1, "states": [2, 3]}),
        ("model_code=a%20b", {"sort_by": 1, "model_code": "a b"}),
        ("sort_by=submitted_at&sort_order=desc", {"sort_by": 1}),
        ("sort_by=status&sort_order=asc", {"sort_by": 2, "ascending": True}),
        ("sort_by=model_code", {"sort_by": 3}),
        ("unknown=1", {"sort_by": 1}),
    ],
)
async def test_filters_and_orders_reach_the_server(
    client: httpx.AsyncClient, batch: MemoryBatchService, query: str, expected: dict[str, Any]
) -> None:
    answer = await client.get(f"{JOBS}?{query}")

    assert answer.status_code == 200
    assert batch.requests[-1] == pb.ListBatchJobsRequest(page=1, page_size=20, **expected)


@pytest.mark.parametrize(
    ("moment", "is_after", "is_before"),
    [
        ("2026-05-02T08:00:00Z", False, False),  # as the job is shown
        ("2026-05-02T07:59:59Z", True, False),
        ("2026-05-02T08:00:01Z", False, True),
        ("2026-05-02T08:00:00.5Z", False, True),
        ("2026-05-02T07:59:59.5Z", True, False),
        ("2026-05-02T08:00:00", False, False),
        ("2026-05-02T10:00:00+02:00", False, False),
        ("2026-05-02", True, False),
        ("0001-01-01T00:00:00Z", True, False),
        ("9999-12-31T23:59:59.999999Z", False, True),
    ],
)
async def test_times_compare_with_what_clients_see_and_are_exclusive(
    client: httpx.AsyncClient, batch: MemoryBatchService, moment: str, is_after: bool, is_before: bool
) -> None:
    batch.add(jobs.job(BatchJob.STATE_QUEUED, create_time=Timestamp(seconds=1777708800, nanos=987_654_000)))

    after = await client.get(JOBS, params={"submitted_after": moment})
    before = await client.get(JOBS, params={"submitted_before": moment})

    assert (after.json()["meta"]["total"], before.json()["meta"]["total"]) == (is_after, is_before)


ALLOWED = "Allowed: DECODING, DELETED, DONE, FAILED, IN_PROGRESS, QUEUED"


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("status=BOGUS", f"Invalid status value(s): BOGUS. {ALLOWED}"),
        ("status=DONE,BOGUS,done", f"Invalid status value(s): BOGUS, done. {ALLOWED}"),
        ("status=POST_PROCESSING", f"Invalid status value(s): POST_PROCESSING. {ALLOWED}"),
        ("sort_by=size", "Invalid sort_by value: size. Allowed: model_code, status, submitted_at"),
        ("sort_by=", "Invalid sort_by value: . Allowed: model_code, status, submitted_at"),
        ("sort_order=up", "Invalid sort_order value: up. Allowed: asc, desc"),
        ("submitted_after=yesterday", "submitted_after must be an ISO 8601 date and time"),
        ("submitted_before=2026-13-01T00:00:00Z", "submitted_before must be an ISO 8601 date and time"),
        (
            "submitted_after=0001-01-01T00:00:00%2B23:00",
            "submitted_after must be an ISO 8601 date and time",
        ),
        ("page=0", "page must be an integer of at least 1"),
        ("page=-1", "page must be an integer of at least 1"),
        ("page=1.0", "page must be an integer of at least 1"),
        ("page=", "page must be an integer of at least 1"),
        ("page=%D9%A3", "page must be an integer of at least 1"),
        (f"page={'9' * 5000}", "page must be an integer of at least 1"),
        ("page_size=0", "page_size must be an integer between 1 and 100"),
        ("page_size=101", "page_size must be an integer between 1 and 100"),
        ("page_size=ten", "page_size must be an integer between 1 and 100"),
    ],
    ids=lambda text: text[:40],
)
async def test_a_query_that_breaks_a_rule_is_refused(
    client: httpx.AsyncClient, batch: MemoryBatchService, query: str, sentence: str
) -> None:
    answer = await client.get(f"{JOBS}?{query}")

    assert (answer.status_code, answer.json()) == (400, {"error": sentence})
