"""Requests that are repeated, and bring their recording again."""

import hashlib
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.api.batch_house import MINE, THEIRS, House, refused
from tests.api.test_batch_uploads import SOUND, from_key, place, put, sound_of
from zerokerf.v1 import batch_pb2
from zerokerf.v1 import batch_service_pb2 as pb

CHANNELS = batch_pb2.TranscriptionConfig.DIARIZATION_CHANNEL


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


def for_place(job_id: str = "", **fields: Any) -> pb.CreateBatchUploadRequest:  # noqa: ANN401 - any field's value
    asked = {"file_name": "talk.flac", "request_id": "r-1"} | fields
    return pb.CreateBatchUploadRequest(job_id=job_id, **asked)


@pytest.mark.parametrize("job_id", ["", "call17"])
async def test_a_repeated_request_for_a_place_answers_the_first_one(house: House, job_id: str) -> None:
    first = await house.stub.CreateBatchUpload(for_place(job_id), metadata=MINE)
    again = await house.stub.CreateBatchUpload(for_place(job_id), metadata=MINE)
    theirs = await house.stub.CreateBatchUpload(for_place(job_id), metadata=THEIRS)

    assert (again.job_id, again.upload_key) == (first.job_id, first.upload_key)
    assert again.url
    assert theirs.upload_key != first.upload_key


async def test_a_place_is_still_answered_when_its_job_is_there(house: House) -> None:
    first = await house.stub.CreateBatchUpload(for_place("call17"), metadata=MINE)
    await put(house, first)
    await house.stub.CreateBatchJob(from_key(first.upload_key), metadata=MINE)

    again = await house.stub.CreateBatchUpload(for_place("call17"), metadata=MINE)

    assert again.upload_key == first.upload_key
    assert (await refused(place(house))).reason == "JOB_EXISTS"


@pytest.mark.parametrize(
    "other",
    [
        {"job_id": "call18"},
        {"file_name": "walk.flac"},
        {"content_type": "audio/flac"},
        {"tracking": {"title": "Walk"}},
        {"output_config": batch_pb2.OutputConfig(srt_overrides=batch_pb2.SrtOverrides(max_lines=1))},
        {"transcription_config": batch_pb2.TranscriptionConfig(diarization=CHANNELS)},
    ],
    ids=lambda other: next(iter(other)),
)
async def test_another_request_for_a_place_is_a_conflict(house: House, other: dict[str, Any]) -> None:
    await house.stub.CreateBatchUpload(for_place(), metadata=MINE)

    error = await refused(house.stub.CreateBatchUpload(for_place(**other), metadata=MINE))

    assert (error.reason, error.facts) == ("IDEMPOTENCY_CONFLICT", {"requestId": "r-1"})


async def test_requests_for_places_without_an_id_make_one_each(house: House) -> None:
    keys = {
        (await house.stub.CreateBatchUpload(for_place(request_id=""), metadata=MINE)).upload_key
        for _ in range(2)
    }

    assert len(keys) == 2
