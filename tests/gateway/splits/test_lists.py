"""Pages of jobs."""

from typing import Any

import httpx
import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from tests.gateway import jobs
from tests.gateway.memory_service import MemoryService
from zerokerf.v1.split_pb2 import FileSizeMode, Split, SplitMode

pytestmark = pytest.mark.asyncio(loop_scope="session")


def fill(service: MemoryService, count: int) -> None:
    for number in range(count):
        service.add(
            jobs.split(
                Split.STATE_QUEUED, id=f"job_{number:02}", create_time=Timestamp(seconds=1774778400 + number)
            )
        )


async def page(http: httpx.AsyncClient, **query: str | int) -> dict[str, Any]:
    answer = await http.get("/api/v1/splits", params=query)
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


async def test_no_jobs_are_an_empty_page(http: httpx.AsyncClient) -> None:
    assert await page(http) == {
        "data": [],
        "pagination": {"page": 1, "limit": 20, "total": 0, "totalPages": 0},
    }


async def test_items_are_summaries(http: httpx.AsyncClient, service: MemoryService) -> None:
    mode = SplitMode(file_size=FileSizeMode(max_file_size=8388608))
    service.add(jobs.completed([600], [9], id="job_3d9w", mode=mode, metadata=jobs.metadata(a="b")))

    assert (await page(http))["data"] == [
        {
            "id": "job_3d9w",
            "status": "completed",
            "splitMode": "fileSize",
            "maxFileSize": 8388608,
            "createdAt": "2026-03-29T10:00:00Z",
            "completedAt": "2026-03-29T10:01:23Z",
        }
    ]


async def test_only_completed_jobs_have_a_time_of_completion(
    http: httpx.AsyncClient, service: MemoryService
) -> None:
    service.add(jobs.failed(Split.STATE_FAILED, "CORRUPT_FILE", "A sentence."))

    assert list((await page(http))["data"][0]) == [
        "id",
        "status",
        "splitMode",
        "segmentDuration",
        "createdAt",
    ]


async def test_pages_follow_each_other_newest_first(http: httpx.AsyncClient, service: MemoryService) -> None:
    fill(service, 5)

    pages = [await page(http, page=number, limit=2) for number in (1, 2, 3, 4)]

    assert [[job["id"] for job in each["data"]] for each in pages] == [
        ["job_04", "job_03"],
        ["job_02", "job_01"],
        ["job_00"],
        [],
    ]
    assert pages[3]["pagination"] == {"page": 4, "limit": 2, "total": 5, "totalPages": 3}


async def test_a_page_far_behind_the_end_is_empty(http: httpx.AsyncClient, service: MemoryService) -> None:
    fill(service, 1)

    answer = await page(http, page=10**15, limit=100)

    assert (answer["data"], answer["pagination"]["total"]) == ([], 1)


@pytest.mark.parametrize("status", ["queued", "processing", "completed", "failed"])
async def test_jobs_are_filtered_by_status(
    http: httpx.AsyncClient, service: MemoryService, status: str
) -> None:
    for state in (Split.STATE_QUEUED, Split.STATE_PROCESSING, Split.STATE_COMPLETED, Split.STATE_FAILED):
        service.add(jobs.split(state, id=f"job_{state}"))

    assert [job["status"] for job in (await page(http, status=status))["data"]] == [status]


async def test_a_cancelled_job_is_listed_among_the_failed(
    http: httpx.AsyncClient, service: MemoryService
) -> None:
    service.add(jobs.failed(Split.STATE_CANCELLED, "JOB_CANCELLED", "A sentence."))

    assert [job["status"] for job in (await page(http, status="failed"))["data"]] == ["failed"]


async def test_parameters_that_nobody_knows_are_ignored(http: httpx.AsyncClient) -> None:
    assert (await page(http, limit=5, _=17))["pagination"]["limit"] == 5


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("limit", "0"),
        ("limit", "101"),
        ("limit", "-1"),
        ("limit", "ten"),
        ("limit", "1.5"),
        ("limit", "9" * 5000),
        ("limit", ""),
        ("page", "0"),
        ("page", "-1"),
        ("page", "x"),
        ("status", "cancelled"),
        ("status", "COMPLETED"),
        ("status", ""),
    ],
    ids=lambda value: value[:10],
)
async def test_a_bad_parameter_is_named(http: httpx.AsyncClient, name: str, value: str) -> None:
    answer = await http.get("/api/v1/splits", params={name: value})

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "INVALID_PARAMS")
    assert list(answer.json()["error"]["details"]) == [name]
