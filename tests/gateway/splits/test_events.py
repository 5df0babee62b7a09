"""Server-sent events: every event once, resumed where the client left, ended when there is no more."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from google.protobuf.duration_pb2 import Duration

from gateway.serve import serve_gateway
from tests.gateway import jobs
from tests.gateway.admission import KEY
from tests.gateway.conftest import Setup
from tests.gateway.memory_service import MemoryService
from zerokerf.v1.job_error_pb2 import JobError
from zerokerf.v1.split_pb2 import Split, SplitProgress

pytestmark = pytest.mark.asyncio(loop_scope="session")

URL = "/api/v1/splits/job_abc123/events"


async def blocks(answer: httpx.Response) -> AsyncIterator[dict[str, str]]:
    """Blocks as an EventSource reads them; comments are kept under the empty name."""
    block: dict[str, str] = {}
    async for line in answer.aiter_lines():
        if line:
            name, _, value = line.partition(": ")
            block[name] = value
        else:
            yield block
            block = {}
    assert not block


async def start(service: MemoryService, *states: Split.State.ValueType) -> None:
    service.add(jobs.split(Split.STATE_QUEUED))
    for number, state in enumerate(states, start=1):
        await service.happen("job_abc123", jobs.event(number, state, percent=10 * number))


async def ids(http: httpx.AsyncClient, headers: dict[str, str] | None = None) -> list[str]:
    async with http.stream("GET", URL, headers=headers) as answer:
        return [block["id"] async for block in blocks(answer) if "id" in block]


async def test_a_job_is_told_from_its_first_event_to_its_last(
    http: httpx.AsyncClient, service: MemoryService
) -> None:
    await start(service, Split.STATE_QUEUED, Split.STATE_PROCESSING, Split.STATE_COMPLETED)

    async with http.stream("GET", URL) as answer:
        told = [block async for block in blocks(answer)]

    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert answer.headers["x-accel-buffering"] == "no"
    assert told[0] == {"retry": "2000"}
    assert [(block["id"], block["event"]) for block in told[1:]] == [
        ("1", "job.queued"),
        ("2", "job.progress"),
        ("3", "job.completed"),
    ]
    assert json.loads(told[2]["data"]) == {
        "jobId": "job_abc123",
        "status": "processing",
        "progress": 20,
        "timestamp": "2026-03-29T10:00:00Z",
    }


async def test_work_is_told_as_far_as_it_is_known(http: httpx.AsyncClient, service: MemoryService) -> None:
    work: dict[str, Any] = {
        "phase": SplitProgress.PHASE_CUTTING,
        "bytes_fetched": 10,
        "bytes_total": 20,
        "audio_done": Duration(seconds=3, nanos=500_000_000),
        "audio_total": Duration(seconds=7),
        "segments_done": 0,
        "segments_total": 2,
    }
    await start(service)
    await service.happen("job_abc123", jobs.event(1, Split.STATE_PROCESSING, 50, **work))
    failure = jobs.event(2, Split.STATE_CANCELLED, 50)
    failure.error.CopyFrom(JobError(reason="JOB_CANCELLED", message="The job was\ncancelled."))
    await service.happen("job_abc123", failure)

    async with http.stream("GET", URL) as answer:
        data = [json.loads(block["data"]) async for block in blocks(answer) if "data" in block]

    assert {name: data[0][name] for name in list(data[0])[4:]} == {
        "phase": "cutting",
        "bytesFetched": 10,
        "bytesTotal": 20,
        "audioDone": 3.5,
        "audioTotal": 7,
        "segmentsDone": 0,
        "segmentsTotal": 2,
    }
    assert data[1]["status"] == "failed"
    assert data[1]["error"] == {"code": "JOB_CANCELLED", "message": "The job was\ncancelled."}


async def test_a_client_that_comes_back_misses_nothing(
    http: httpx.AsyncClient, service: MemoryService
) -> None:
    await start(service, Split.STATE_QUEUED, Split.STATE_PROCESSING)
    seen = []

    async with http.stream("GET", URL) as answer:
        async for block in blocks(answer):
            if "id" in block:
                seen.append(block["id"])
            if seen == ["1", "2"]:
                break
    await service.watched(0)
    await service.happen("job_abc123", jobs.event(3, Split.STATE_PROCESSING, 30))
    await service.happen("job_abc123", jobs.event(4, Split.STATE_COMPLETED, 100))
    seen += await ids(http, {"Last-Event-ID": seen[-1]})

    assert seen == ["1", "2", "3", "4"]


async def test_new_events_arrive_as_they_happen(http: httpx.AsyncClient, service: MemoryService) -> None:
    await start(service, Split.STATE_QUEUED)

    async with http.stream("GET", URL) as answer:
        told = blocks(answer)
        while "id" not in (await anext(told)):
            pass
        await service.happen("job_abc123", jobs.event(2, Split.STATE_COMPLETED, 100))
        rest = [block["id"] async for block in told if "id" in block]

    assert rest == ["2"]


async def test_silence_is_filled_with_comments(http: httpx.AsyncClient, service: MemoryService) -> None:
    await start(service)

    async with http.stream("GET", URL) as answer:
        told = blocks(answer)
        assert [await anext(told) for _ in range(3)] == [{"retry": "2000"}, {"": "ping"}, {"": "ping"}]


async def test_a_client_that_leaves_ends_the_watch(http: httpx.AsyncClient, service: MemoryService) -> None:
    await start(service, Split.STATE_QUEUED)

    async with http.stream("GET", URL):
        await service.watched(1)

    await service.watched(0)


async def test_a_client_that_has_seen_the_end_is_told_not_to_come_back(
    http: httpx.AsyncClient, service: MemoryService
) -> None:
    await start(service, Split.STATE_QUEUED, Split.STATE_COMPLETED)

    answer = await http.get(URL, headers={"Last-Event-ID": "2"})

    assert (answer.status_code, answer.content) == (204, b"")
    assert await ids(http, {"Last-Event-ID": "1"}) == ["2"]


async def test_a_missing_job_is_an_error_and_no_stream(http: httpx.AsyncClient) -> None:
    answer = await http.get(URL)

    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "JOB_NOT_FOUND")


@pytest.mark.parametrize("last", [b"-1", b"1.5", b"x", b"9" * 19, "٣".encode()])
async def test_a_bad_last_event_id_is_refused(
    http: httpx.AsyncClient, service: MemoryService, last: bytes
) -> None:
    await start(service, Split.STATE_QUEUED)

    answer = await http.get(URL, headers=[(b"Last-Event-ID", last)])

    assert answer.status_code == 400
    assert list(answer.json()["error"]["details"]) == ["Last-Event-ID"]


async def test_stopping_the_gateway_ends_streams_cleanly(service: MemoryService, setup: Setup) -> None:
    await start(service, Split.STATE_QUEUED)

    async with httpx.AsyncClient(headers={"X-API-Key": KEY}) as client:
        async with serve_gateway(setup.config, "127.0.0.1", 0) as (host, port):
            request = client.build_request("GET", f"http://{host}:{port}{URL}")
            answer = await client.send(request, stream=True)
            await service.watched(1)
        told = [block async for block in blocks(answer)]  # raises when the connection was cut in the middle

    assert told[0] == {"retry": "2000"}
    await service.watched(0)
