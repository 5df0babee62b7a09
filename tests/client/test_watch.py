"""A watch misses nothing and repeats nothing, whatever breaks between."""

import asyncio
from datetime import timedelta

import pytest

from tests.client.state import Service
from zerokerf import errors
from zerokerf.client import AsyncClient
from zerokerf.v1.split_pb2 import Split


async def create(client: AsyncClient) -> str:
    return (await client.create_split(url="https://example.org/a.mp3", every=timedelta(minutes=10))).id


async def sequences(client: AsyncClient, job_id: str, after: int = 0) -> list[int]:
    return [event.sequence async for event in client.watch(job_id, after)]


async def test_every_event_arrives_in_order_up_to_the_final_one(client: AsyncClient) -> None:
    job_id = await create(client)

    events = [event async for event in client.watch(job_id)]

    assert [event.sequence for event in events] == [1, 2, 3, 4, 5, 6]
    assert events[-1].state == Split.STATE_COMPLETED


async def test_broken_streams_are_taken_up_where_they_ended(service: Service, client: AsyncClient) -> None:
    job_id = await create(client)
    service.faults.watch_breaks.extend([0, 2, 0, 0, 1, 0])

    assert await sequences(client, job_id) == [1, 2, 3, 4, 5, 6]
    assert service.watches == [0, 0, 2, 2, 2, 3, 3]


async def test_a_watch_begins_after_its_cursor(client: AsyncClient) -> None:
    job_id = await create(client)
    await client.wait(job_id)

    assert await sequences(client, job_id, after=4) == [5, 6]
    assert await sequences(client, job_id, after=6) == []


async def test_a_gap_is_asked_for_anew(service: Service, client: AsyncClient) -> None:
    job_id = await create(client)
    await client.wait(job_id)
    service.faults.watch_gaps.extend([3, 6])

    assert await sequences(client, job_id) == [1, 2, 3, 4, 5, 6]


async def test_too_many_failures_without_an_event_between_end_the_watch(
    service: Service, client: AsyncClient
) -> None:
    job_id = await create(client)
    service.faults.watch_breaks.extend([2, 0, 0, 0])

    events = client.watch(job_id)
    seen = [(await anext(events)).sequence for _ in range(2)]
    with pytest.raises(errors.Unavailable):
        await anext(events)

    assert seen == [1, 2]
    assert len(service.watches) == 4


async def test_watching_a_missing_job_fails_at_once(service: Service, client: AsyncClient) -> None:
    with pytest.raises(errors.JobNotFound):
        await sequences(client, "nope")

    assert len(service.watches) == 1


async def test_events_arrive_while_the_job_works(service: Service, client: AsyncClient) -> None:
    service.faults.finish.clear()
    job_id = await create(client)

    events = client.watch(job_id)
    early = [(await anext(events)).sequence for _ in range(5)]
    service.faults.finish.set()

    assert early == [1, 2, 3, 4, 5]
    assert [event.state async for event in events] == [Split.STATE_COMPLETED]


async def test_wait_returns_the_job_with_its_segments(client: AsyncClient) -> None:
    done = await client.wait(await create(client))

    assert done.state == Split.STATE_COMPLETED
    assert [segment.index for segment in done.segments] == [0, 1, 2]


async def test_wait_returns_a_failed_job_with_its_reason(service: Service, client: AsyncClient) -> None:
    service.failure = errors.CorruptFile("frame 7 ends early")

    failed = await client.wait(await create(client))

    assert (failed.state, failed.error.reason) == (Split.STATE_FAILED, "CORRUPT_FILE")


async def test_leaving_a_watch_ends_its_stream(service: Service, client: AsyncClient) -> None:
    service.faults.finish.clear()
    job_id = await create(client)
    events = client.watch(job_id)
    await anext(events)

    await events.aclose()

    async with asyncio.timeout(2):
        await service.watch_left.wait()
