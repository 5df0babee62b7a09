"""Plans and manifests, and what segments are to be: passed on as they were meant."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict

from tests.client.state import API_KEY, Service
from zerokerf import errors
from zerokerf.calls import Patience
from zerokerf.client import AsyncClient
from zerokerf.encoding import Encoding
from zerokerf.v1.split_pb2 import PlannedSegment
from zerokerf.v1.split_service_pb2 import PlanSplitResponse

URL = "https://example.org/a.mp3"
WISH: dict[str, Any] = {
    "parts": 3,
    "overlap": timedelta(seconds=1),
    "to": "mp3",
    "encoding": Encoding(bit_rate=64_000, sample_rate=44_100, channels=1),
    "title": "{title} {n:02}",
    "strict": True,
}


@pytest.mark.parametrize(
    ("asked", "sent"),
    [
        ({}, {"verification": "VERIFICATION_EDGES"}),
        ({"verification": "full"}, {"verification": "VERIFICATION_FULL"}),
        ({"encoding": Encoding(quality=0), "to": "flac"}, {"encoding": {"quality": 0.0}}),
        (
            {"encoding": Encoding(bit_rate=64_000, sample_rate=22_050, channels=1)},
            {"encoding": {"bitRate": 64_000, "sampleRate": 22_050, "channels": 1}},
        ),
        ({"encoding": Encoding(bit_depth=16)}, {"encoding": {"bitDepth": 16}}),
        ({"encoding": Encoding()}, {}),
        ({"tags": "none"}, {"tags": {"policy": "POLICY_NONE"}}),
        ({"title": "{n}"}, {"tags": {"title": "{n}"}}),
        ({"strict": True}, {"strict": True}),
    ],
    ids=str,
)
async def test_what_segments_are_to_be_is_passed_on(
    service: Service, client: AsyncClient, asked: dict[str, Any], sent: dict[str, Any]
) -> None:
    await client.create_split(url=URL, parts=3, **asked)

    (request, _), *_ = service.requests.values()
    fields = {"verification": "VERIFICATION_EDGES", **sent}
    kept = ("encoding", "tags", "verification", "strict")
    assert {name: value for name, value in MessageToDict(request).items() if name in kept} == fields


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"encoding": Encoding(bit_rate=0)}, "encoding.bit_rate"),
        ({"encoding": Encoding(bit_rate=64_000), "to": "wav"}, "encoding.bit_rate"),
        ({"encoding": Encoding(channels=0)}, "encoding.channels"),
        ({"encoding": Encoding(quality=3, bit_rate=64_000)}, "encoding.quality"),
        ({"title": "{nonsense}"}, "tags.title"),
        ({"tags": "all"}, "tags.policy"),
        ({"verification": "none"}, "verification"),
    ],
    ids=str,
)
async def test_what_cannot_be_meant_is_refused_before_the_file_is_sent(
    service: Service, client: AsyncClient, tmp_path: Path, asked: dict[str, Any], field: str
) -> None:
    file = tmp_path / "talk.wav"
    file.write_bytes(b"a" * 100)

    with pytest.raises(errors.InvalidParams) as caught:
        await client.create_split(file=file, parts=3, **asked)

    assert list(caught.value.violations) == [field]
    assert service.calls == []


async def test_an_argument_that_does_not_exist_is_no_argument(client: AsyncClient) -> None:
    with pytest.raises(TypeError, match="evry"):
        await client.create_split(url=URL, evry=timedelta(seconds=1))  # type: ignore[call-arg]  # the mistake


async def test_a_plan_is_asked_for_as_a_job_is(service: Service, client: AsyncClient) -> None:
    await client.create_split(url=URL, **WISH)
    await client.plan_split(url=URL, **WISH)

    (job, _), (plan,) = next(iter(service.requests.values())), service.plan_requests
    names = [field.name for field in plan.DESCRIPTOR.fields]
    assert [getattr(plan, name) for name in names] == [getattr(job, name) for name in names]
    assert {field.name for field, _ in plan.ListFields()} == set(names)


async def test_a_plan_is_returned_as_it_is(service: Service, client: AsyncClient) -> None:
    service.plan = PlanSplitResponse(copies_frames=True, segments=[PlannedSegment(sample_count=7)])

    assert await client.plan_split(url=URL, parts=1) == service.plan


async def test_a_file_to_plan_is_uploaded_first(
    service: Service, client: AsyncClient, tmp_path: Path
) -> None:
    file = tmp_path / "talk.wav"
    file.write_bytes(b"a" * 100)

    await client.plan_split(file=file, parts=1)

    (plan,) = service.plan_requests
    assert service.contents[plan.source.upload_id] == file.read_bytes()
    assert service.jobs == {}


async def test_a_plan_is_waited_for_longer_than_other_calls(service: Service) -> None:
    service.faults.finish.clear()
    async with AsyncClient(service.target, API_KEY, patience=Patience(call_timeout_s=0.1)) as client:
        asking = asyncio.create_task(client.plan_split(url=URL, parts=1))
        done, _ = await asyncio.wait({asking}, timeout=0.5)
        service.faults.finish.set()
        await asking

    assert not done


async def test_a_plan_that_is_cancelled_is_so_on_the_server(service: Service, client: AsyncClient) -> None:
    service.faults.finish.clear()

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.5):
            await client.plan_split(url=URL, parts=1)

    async with asyncio.timeout(5):
        await service.plan_left.wait()


async def test_the_manifest_of_a_completed_job_is_its_text(service: Service, client: AsyncClient) -> None:
    service.manifest = '{"title": "Größe \\u00e9"}\n'
    job = await client.create_split(url=URL, parts=1)
    await client.wait(job.id)

    assert await client.manifest(job.id) == service.manifest


async def test_a_job_that_is_not_completed_has_no_manifest(service: Service, client: AsyncClient) -> None:
    service.faults.finish.clear()
    job = await client.create_split(url=URL, parts=1)

    with pytest.raises(errors.ManifestNotReady):
        await client.manifest(job.id)
    with pytest.raises(errors.JobNotFound):
        await client.manifest("nope")
