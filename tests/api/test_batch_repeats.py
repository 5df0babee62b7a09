"""Requests that are repeated, and bring their recording again."""

import hashlib
from collections.abc import AsyncIterator

import pytest

from tests.api.batch_house import MINE, House, refused
from tests.api.test_batch_uploads import SOUND, sound_of
from zerokerf.v1 import batch_pb2
from zerokerf.v1 import batch_service_pb2 as pb


async def uploaded(house: House, sound: bytes = SOUND) -> str:
    async def chunks() -> AsyncIterator[bytes]:
        yield sound

    return (await house.uploads.take_in("acc_a", "talk.wav", "audio/wav", chunks())).id


def from_upload(upload_id: str, sound: bytes = SOUND) -> pb.CreateBatchJobRequest:
    """As a client asks that sends the recording with each request."""
    source = batch_pb2.BatchSource(upload_id=upload_id)
    digest = hashlib.sha256(sound).hexdigest()
    return pb.CreateBatchJobRequest(source=source, request_id="r-1", upload_sha256=digest)


async def test_a_repeat_that_brings_the_recording_again_is_the_same_request(house: House) -> None:
    first_upload, again_upload = await uploaded(house), await uploaded(house)
    first = (await house.stub.CreateBatchJob(from_upload(first_upload), metadata=MINE)).job
    again = (await house.stub.CreateBatchJob(from_upload(again_upload), metadata=MINE)).job

    assert again == first
    assert len(set(house.engine.started)) == 1  # starting it again changes nothing
    assert await sound_of(house, first.id) == SOUND
    assert [key for key in await house.stored() if again_upload in key] == []


async def test_a_repeat_that_brings_another_recording_is_another_request(house: House) -> None:
    await house.stub.CreateBatchJob(from_upload(await uploaded(house)), metadata=MINE)
    other = await uploaded(house, b"other")

    error = await refused(house.stub.CreateBatchJob(from_upload(other, b"other"), metadata=MINE))

    assert error.reason == "IDEMPOTENCY_CONFLICT"
    assert [key for key in await house.stored() if other in key] == []


@pytest.mark.parametrize("digest", ["x", "AB" * 32, "ab" * 31])
async def test_what_is_no_hash_is_refused(house: House, digest: str) -> None:
    request = from_upload(await uploaded(house))
    request.upload_sha256 = digest

    assert (await refused(house.stub.CreateBatchJob(request, metadata=MINE))).reason == "INVALID_PARAMS"
