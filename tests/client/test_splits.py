"""Creating, reading, listing, cancelling and deleting jobs."""

from datetime import timedelta
from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict

from tests.client.conftest import IMPATIENT
from tests.client.state import API_KEY, Service
from zerokerf import errors
from zerokerf.channel import Tls
from zerokerf.client import AsyncClient
from zerokerf.requests import Silence
from zerokerf.v1.audio_pb2 import AudioFormat
from zerokerf.v1.priority_pb2 import PRIORITY_BULK, PRIORITY_INTERACTIVE, Priority
from zerokerf.v1.split_pb2 import Split

TEN_MINUTES = timedelta(minutes=10)


async def test_a_job_is_created_as_it_was_meant(service: Service, client: AsyncClient) -> None:
    split = await client.create_split(
        url="https://example.org/a.mp3", every=timedelta(hours=1.5), to="MP3", metadata={"show": "7", "n": 2}
    )

    (request, _), *_ = service.requests.values()
    assert request.source.url == "https://example.org/a.mp3"
    assert request.mode.duration.segment_duration.ToTimedelta() == timedelta(minutes=90)
    assert request.output_format == AudioFormat.AUDIO_FORMAT_MP3
    assert dict(request.metadata) == {"show": "7", "n": 2}
    assert split.state == Split.STATE_QUEUED


async def test_a_size_limit_is_passed_on_in_bytes(service: Service, client: AsyncClient) -> None:
    await client.create_split(url="https://example.org/a.mp3", max_size=25 * 2**20)

    (request, _), *_ = service.requests.values()
    assert request.mode.file_size.max_file_size == 26214400


@pytest.mark.parametrize(
    ("asked", "sent"),
    [
        ({"parts": 12}, {"parts": {"count": 12}}),
        (
            {"at": [timedelta(seconds=62), timedelta(minutes=5, microseconds=1)]},
            {"timestamps": {"positions": ["62s", "300.000001s"]}},
        ),
        ({"chapters": True}, {"chapters": {}}),
        ({"cue": "FILE …"}, {"cue": {"sheet": "FILE …"}}),
        ({"silence": Silence()}, {"silence": {"minSilence": "0.500s"}}),
        (
            {
                "silence": Silence(
                    min_silence=timedelta(seconds=1),
                    min_segment=timedelta(seconds=2),
                    max_segment=timedelta(seconds=3),
                )
            },
            {"silence": {"minSilence": "1s", "minSegment": "2s", "maxSegment": "3s"}},
        ),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_every_way_to_cut_is_passed_on(
    service: Service, client: AsyncClient, asked: dict[str, Any], sent: dict[str, Any]
) -> None:
    await client.create_split(url="https://example.org/a.mp3", **asked)

    (request, _), *_ = service.requests.values()
    assert MessageToDict(request.mode) == sent
    assert not request.HasField("options")


async def test_options_are_passed_on(service: Service, client: AsyncClient) -> None:
    await client.create_split(
        url="https://example.org/a.mp3",
        parts=2,
        snap=timedelta(0),
        overlap=timedelta(seconds=1),
        min_tail=timedelta(seconds=10),
    )

    (request, _), *_ = service.requests.values()
    assert MessageToDict(request.options) == {"snapToSilence": "0s", "overlap": "1s", "minTail": "10s"}


async def test_a_create_whose_answer_got_lost_makes_one_job(service: Service, client: AsyncClient) -> None:
    service.faults.lost_answers["CreateSplit"] = 2

    split = await client.create_split(url="https://example.org/a.mp3", every=TEN_MINUTES)

    assert list(service.jobs) == [split.id]
    assert service.calls == ["CreateSplit"] * 3


async def test_two_creates_without_a_request_id_make_two_jobs(service: Service, client: AsyncClient) -> None:
    for _ in range(2):
        await client.create_split(url="https://example.org/a.mp3", every=TEN_MINUTES)

    assert len(service.jobs) == 2


async def test_a_request_id_used_for_something_else_is_a_conflict(client: AsyncClient) -> None:
    await client.create_split(url="https://example.org/a.mp3", every=TEN_MINUTES, request_id="one")

    with pytest.raises(errors.IdempotencyConflict, match="'one'") as caught:
        await client.create_split(url="https://example.org/b.mp3", every=TEN_MINUTES, request_id="one")
    assert caught.value.facts == {"requestId": "one"}


@pytest.mark.parametrize(
    ("asked", "sent"),
    [
        ({}, PRIORITY_INTERACTIVE),
        ({"priority": "interactive"}, PRIORITY_INTERACTIVE),
        ({"priority": "bulk"}, PRIORITY_BULK),
    ],
)
async def test_a_priority_is_passed_on(
    service: Service, client: AsyncClient, asked: dict[str, Any], sent: "Priority.ValueType"
) -> None:
    await client.create_split(url="https://example.org/a.mp3", every=TEN_MINUTES, **asked)

    (request, _), *_ = service.requests.values()
    assert request.priority == sent


async def test_what_is_no_priority_is_not_sent(service: Service, client: AsyncClient) -> None:
    urgent: Any = "urgent"

    with pytest.raises(errors.InvalidParams, match="'urgent' is not one of interactive, bulk"):
        await client.create_split(url="https://example.org/a.mp3", every=TEN_MINUTES, priority=urgent)
    with pytest.raises(errors.InvalidParams, match="'urgent' is not one of interactive, bulk"):
        await client.batch.create(url="https://example.org/a.mp3", priority=urgent)
    assert service.calls == []


async def test_field_violations_reach_the_caller(client: AsyncClient) -> None:
    with pytest.raises(errors.InvalidParams) as caught:
        await client.create_split(url="https://example.org/a.mp3", every=timedelta(0))

    assert caught.value.violations == {"mode.duration.segment_duration": "Must be at least 1 s."}


async def test_a_request_without_one_source_and_one_mode_is_not_sent(
    service: Service, client: AsyncClient
) -> None:
    with pytest.raises(errors.InvalidParams, match="url, file, upload_id"):
        await client.create_split(every=TEN_MINUTES)
    with pytest.raises(errors.InvalidParams, match="every, max_size"):
        await client.create_split(url="https://example.org/a.mp3", every=TEN_MINUTES, max_size=5)
    with pytest.raises(errors.InvalidParams, match="parts, at, chapters, cue, silence"):
        await client.create_split(url="https://example.org/a.mp3", parts=2, chapters=True)
    with pytest.raises(errors.InvalidParams, match="at most 2147483647"):
        await client.create_split(url="https://example.org/a.mp3", parts=2**31)
    with pytest.raises(errors.InvalidFormat, match=r"'mp5'.*mp3, wav"):
        await client.create_split(url="https://example.org/a.mp3", every=TEN_MINUTES, to="mp5")
    assert service.calls == []


async def test_a_missing_job_is_a_typed_error(client: AsyncClient) -> None:
    with pytest.raises(errors.JobNotFound) as caught:
        await client.get_split("nope")

    assert caught.value.facts == {"jobId": "nope"}


async def test_a_wrong_key_is_a_typed_error(service: Service) -> None:
    async with AsyncClient(service.target, "wrong", patience=IMPATIENT) as stranger:
        with pytest.raises(errors.Unauthenticated):
            await stranger.get_split("job1")
        with pytest.raises(errors.Unauthenticated):
            await anext(stranger.watch("job1"))


async def test_the_list_runs_over_all_pages(service: Service, client: AsyncClient) -> None:
    for _ in range(7):
        await client.create_split(url="https://example.org/a.mp3", every=TEN_MINUTES)

    ids = [split.id async for split in client.list_splits(page_size=3)]

    assert ids == [f"job{n}" for n in range(7, 0, -1)]
    assert service.calls.count("ListSplits") == 3


async def test_the_list_can_be_narrowed_to_a_state(service: Service, client: AsyncClient) -> None:
    first = await client.create_split(url="https://example.org/a.mp3", every=TEN_MINUTES)
    await client.wait(first.id)
    service.faults.finish.clear()
    await client.create_split(url="https://example.org/a.mp3", every=TEN_MINUTES)

    done = [split.id async for split in client.list_splits(Split.STATE_COMPLETED)]

    assert done == [first.id]


async def test_a_delete_whose_answer_got_lost_succeeds(service: Service, client: AsyncClient) -> None:
    split = await client.create_split(url="https://example.org/a.mp3", every=TEN_MINUTES)
    service.faults.lost_answers["DeleteSplit"] = 1

    await client.delete_split(split.id)

    assert service.jobs == {}
    with pytest.raises(errors.JobNotFound):
        await client.delete_split(split.id)


async def test_cancelling_twice_succeeds_and_a_finished_job_refuses(
    service: Service, client: AsyncClient
) -> None:
    service.faults.finish.clear()
    split = await client.create_split(url="https://example.org/a.mp3", every=TEN_MINUTES)
    assert (await client.cancel_split(split.id)).state == Split.STATE_CANCELLED
    assert (await client.cancel_split(split.id)).state == Split.STATE_CANCELLED

    service.faults.finish.set()
    done = await client.wait((await client.create_split(url="https://example.org/a", every=TEN_MINUTES)).id)
    with pytest.raises(errors.JobNotCancellable, match="completed"):
        await client.cancel_split(done.id)


async def test_a_service_that_stays_away_is_given_up(service: Service, client: AsyncClient) -> None:
    service.faults.lost_answers["CreateSplit"] = 3

    with pytest.raises(errors.Unavailable):
        await client.create_split(url="https://example.org/a.mp3", every=TEN_MINUTES)
    assert service.calls == ["CreateSplit"] * 3


async def test_nobody_listening_is_unavailable(unused_tcp_port: int) -> None:
    async with AsyncClient(f"127.0.0.1:{unused_tcp_port}", API_KEY, patience=IMPATIENT) as client:
        with pytest.raises(errors.Unavailable):
            await client.get_split("job1")


async def test_tls_against_a_plain_server_is_unavailable(service: Service) -> None:
    async with AsyncClient(service.target, API_KEY, tls=Tls(), patience=IMPATIENT) as client:
        with pytest.raises(errors.Unavailable):
            await client.get_split("job1")
