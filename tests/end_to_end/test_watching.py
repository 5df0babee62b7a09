"""Whoever comes back with the number of the last event misses nothing and sees nothing twice."""

import threading
import uuid
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.service import Service
from tests.services.web import Site, gated
from tests.services.zerokerf import API_KEY
from zerokerf.channel import open_channel
from zerokerf.v1.split_pb2 import Split, SplitEvent
from zerokerf.v1.split_service_pb2 import WatchSplitRequest
from zerokerf.v1.split_service_pb2_grpc import SplitServiceStub

if TYPE_CHECKING:
    from zerokerf.v1.split_service_pb2_grpc import SplitServiceAsyncStub  # exists for type checkers only


@pytest.fixture
def finished(service: Service, urls: dict[str, str]) -> str:
    """A job with a good number of events."""
    job_id: str = service.rest.create(urls["take.flac"], segmentDuration=1, outputFormat="mp3")["id"]
    service.rest.completed(job_id)
    return job_id


async def test_a_watch_from_every_cursor_gives_exactly_the_events_behind_it(
    service: Service, finished: str
) -> None:
    # The plain stub: the client of the package would forgive a server that repeats events.
    async with open_channel(service.deployment.grpc_address, None) as channel:
        splits = SplitServiceStub(channel)
        everything = await _watched(splits, finished, 0)
        behind = [await _watched(splits, finished, event.sequence) for event in everything]

    assert [event.sequence for event in everything] == list(range(1, len(everything) + 1))
    assert behind == [everything[event.sequence :] for event in everything]
    assert everything[0].state == Split.STATE_QUEUED
    assert everything[-1].state == Split.STATE_COMPLETED


async def test_progress_never_goes_down(service: Service, finished: str) -> None:
    async with service.client() as client:
        events = [event async for event in client.watch(finished)]

    for name in ("percent", "bytes_fetched", "segments_done"):
        values = [getattr(event.progress, name) for event in events]
        assert values == sorted(values)
    assert events[-1].progress.percent == 100


def test_server_sent_events_from_every_id_are_exactly_those_behind_it(
    service: Service, finished: str
) -> None:
    events = service.rest.follow(finished)

    assert [number for number, _ in events] == list(range(1, len(events) + 1))
    assert events[0] == (1, "job.queued")
    assert events[-1] == (len(events), "job.completed")
    for cursor in range(1, len(events)):
        assert service.rest.follow(finished, after=cursor) == events[cursor:]


def test_behind_the_last_event_an_event_source_is_told_not_to_come_back(
    service: Service, finished: str
) -> None:
    last = len(service.rest.follow(finished))

    answer = service.rest.call("GET", f"/splits/{finished}/events", headers={"Last-Event-ID": str(last)})

    assert (answer.status_code, answer.content) == (204, b"")


async def test_streams_that_break_while_the_job_runs_miss_nothing_when_taken_up(
    service: Service, site: Site, recordings: Path
) -> None:
    gate = threading.Event()
    content = (recordings / "take.wav").read_bytes()
    url = site.add(f"/{uuid.uuid4().hex}/held.wav", gated(content, gate))
    job_id = service.rest.create(url)["id"]

    by_sse: list[tuple[int, str]] = []
    by_grpc: list[SplitEvent] = []
    async with service.client() as client:
        for _ in range(3):  # one event of each stream, then it is dropped
            by_sse += service.rest.follow(job_id, after=len(by_sse), most=1)
            async with aclosing(client.watch(job_id, len(by_grpc))) as events:
                by_grpc.append(await anext(events))
        gate.set()
        by_grpc += [event async for event in client.watch(job_id, len(by_grpc))]
    by_sse += service.rest.follow(job_id, after=len(by_sse))

    assert [number for number, _ in by_sse] == list(range(1, len(by_sse) + 1))
    assert [event.sequence for event in by_grpc] == list(range(1, len(by_sse) + 1))
    assert by_grpc[-1].state == Split.STATE_COMPLETED


async def _watched(splits: "SplitServiceAsyncStub", job_id: str, after: int) -> list[SplitEvent]:
    request = WatchSplitRequest(id=job_id, after_sequence=after)
    call = splits.WatchSplit(request, metadata=(("x-api-key", API_KEY),))
    return [response.event async for response in call]
