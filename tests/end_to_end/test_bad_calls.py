"""The same strictness over gRPC: every violation is named, every failure is typed."""

from datetime import timedelta

import pytest

from tests.end_to_end.service import Service
from zerokerf.errors import InvalidFormat, InvalidParams, InvalidUrl, JobNotFound, SegmentTooShort
from zerokerf.v1.audio_pb2 import AudioFormat
from zerokerf.v1.split_pb2 import Split

URL = "http://127.0.0.1:9/talk.wav"
EVERY = timedelta(seconds=10)


async def test_an_unknown_output_format_is_refused(service: Service) -> None:
    unknown: AudioFormat.ValueType = 99  # type: ignore[assignment]  # what a newer client may send

    async with service.client() as client:
        with pytest.raises(InvalidFormat) as refused:
            await client.create_split(url=URL, every=EVERY, to=unknown)

    assert list(refused.value.violations) == ["output_format"]


@pytest.mark.parametrize("length_s", [0, -1, 0.999])
async def test_a_length_below_a_second_is_refused(service: Service, length_s: float) -> None:
    async with service.client() as client:
        with pytest.raises(SegmentTooShort) as refused:
            await client.create_split(url=URL, every=timedelta(seconds=length_s))

    assert list(refused.value.violations) == ["mode.duration.segment_duration"]


async def test_a_private_address_is_refused(service: Service) -> None:
    async with service.client() as client:
        with pytest.raises(InvalidUrl) as refused:
            await client.create_split(url="http://192.168.0.1/a.wav", every=EVERY)

    assert list(refused.value.violations) == ["source.url"]


async def test_a_request_id_that_is_too_long_is_refused(service: Service) -> None:
    async with service.client() as client:
        with pytest.raises(InvalidParams) as refused:
            await client.create_split(url=URL, every=EVERY, request_id="x" * 129)

    assert list(refused.value.violations) == ["request_id"]


async def test_an_unknown_state_cannot_be_listed(service: Service) -> None:
    unknown: Split.State.ValueType = 77  # type: ignore[assignment]  # what a newer client may send

    async with service.client() as client:
        with pytest.raises(InvalidParams) as refused:
            await anext(client.list_splits(unknown))

    assert list(refused.value.violations) == ["states"]


@pytest.mark.parametrize("job_id", ["", "a/b", "../j", "jöb", "job_" + "a" * 10_000, "job_' OR 1=1"])
async def test_a_strange_id_is_not_found(service: Service, job_id: str) -> None:
    async with service.client() as client:
        for call in (client.get_split, client.delete_split, client.cancel_split):
            with pytest.raises(JobNotFound):
                await call(job_id)
        with pytest.raises(JobNotFound):
            await anext(client.watch(job_id))
