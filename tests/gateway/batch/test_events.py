"""Events of transcription jobs: every one once, resumed where the client left."""

import json
from typing import Any

import httpx
import pytest
from google.protobuf.duration_pb2 import Duration

from tests.gateway.batch import jobs
from tests.gateway.batch.memory_service import MemoryBatchService
from zerokerf.v1.batch_pb2 import BatchEvent, BatchJob
from zerokerf.v1.job_error_pb2 import JobError

pytestmark = pytest.mark.asyncio(loop_scope="session")

URL = "/v1/batch/jobs/call17/events"


async def blocks(client: httpx.AsyncClient, headers: dict[str, str] | None = None) -> list[dict[str, str]]:
    """As an EventSource reads them, without comments."""
    async with client.stream("GET", URL, headers=headers) as answer:
        assert answer.status_code == 200
        text = (await answer.aread()).decode()
    fields = [block.splitlines() for block in text.split("\n\n") if block and not block.startswith(":")]
    return [dict(line.split(": ", 1) for line in lines) for lines in fields]


async def start(batch: MemoryBatchService, *events: BatchEvent) -> None:
    batch.add(jobs.job(BatchJob.STATE_QUEUED))
    for event in events:
        await batch.happen("call17", event)


WORK: dict[str, Any] = {
    "bytes_fetched": 10,
    "bytes_total": 20,
    "audio_done": Duration(seconds=300, nanos=500_000_000),
    "audio_total": Duration(seconds=600),
    "chunks_done": 10,
    "chunks_total": 20,
}
STORY = [
    jobs.event(1, BatchJob.STATE_QUEUED),
    jobs.event(2, BatchJob.STATE_IN_PROGRESS, 5),
    jobs.event(3, BatchJob.STATE_DECODING, 55, **WORK),
    jobs.event(4, BatchJob.STATE_POST_PROCESSING, 95),
    jobs.event(5, BatchJob.STATE_DONE, 100),
]


async def test_a_job_is_told_from_its_first_event_to_its_last(
    client: httpx.AsyncClient, batch: MemoryBatchService
) -> None:
    await start(batch, *STORY)

    told = await blocks(client)

    assert told[0] == {"retry": "2000"}
    assert [(block["id"], block["event"]) for block in told[1:]] == [
        ("1", "job.queued"),
        ("2", "job.progress"),
        ("3", "job.progress"),
        ("4", "job.progress"),
        ("5", "job.completed"),
    ]
    assert json.loads(told[1]["data"]) == {
        "job_id": "call17",
        "status": "QUEUED",
        "percent": 0,
        "timestamp": "2026-05-02T08:00:00Z",
    }
    assert json.loads(told[3]["data"]) == {
        "job_id": "call17",
        "status": "DECODING",
        "percent": 55,
        "timestamp": "2026-05-02T08:00:00Z",
        "bytes_fetched": 10,
        "bytes_total": 20,
        "audio_seconds_done": 300.5,
        "audio_seconds_total": 600,
        "chunks_done": 10,
        "chunks_total": 20,
    }


async def test_a_failure_says_why(client: httpx.AsyncClient, batch: MemoryBatchService) -> None:
    failure = jobs.event(1, BatchJob.STATE_FAILED)
    failure.error.CopyFrom(JobError(reason="CORRUPT_FILE", message="It ends in a header."))
    await start(batch, failure)

    told = (await blocks(client))[-1]

    assert told["event"] == "job.failed"
    assert json.loads(told["data"])["error_message"] == {"message": "It ends in a header."}


async def test_a_client_that_comes_back_goes_on_where_it_left(
    client: httpx.AsyncClient, batch: MemoryBatchService
) -> None:
    await start(batch, *STORY)

    told = await blocks(client, {"Last-Event-ID": "3"})
    last = await client.get(URL, headers={"Last-Event-ID": "5"})

    assert [block["id"] for block in told[1:]] == ["4", "5"]
    assert (last.status_code, last.content) == (204, b"")


async def test_silence_is_filled_and_a_client_that_leaves_is_let_go(
    client: httpx.AsyncClient, batch: MemoryBatchService
) -> None:
    await start(batch, *STORY[:1])

    async with client.stream("GET", URL) as answer:
        async for line in answer.aiter_lines():
            if line == ": ping":
                break
        assert batch.watchers == 1

    await batch.watched(0)


@pytest.mark.parametrize("cursor", ["-1", "x", "1.5", "9" * 19, "²"])
async def test_a_cursor_that_is_none_is_refused(
    client: httpx.AsyncClient, batch: MemoryBatchService, cursor: str
) -> None:
    await start(batch, *STORY)

    answer = await client.get(URL, headers={b"Last-Event-ID": cursor.encode("latin-1")})

    assert (answer.status_code, list(answer.json())) == (400, ["error"])


async def test_a_job_that_is_not_there_has_no_events(client: httpx.AsyncClient) -> None:
    answer = await client.get(URL)

    assert (answer.status_code, answer.json()) == (404, {"error": "Job not found"})
