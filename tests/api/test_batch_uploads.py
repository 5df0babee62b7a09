"""Recordings that clients bring to be transcribed: streamed, or put in a place made for them."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from storage.keys import upload_data_key
from tests.api.batch_house import LIMIT_BYTES, MINE, THEIRS, House, refused
from zerokerf.v1 import batch_pb2
from zerokerf.v1 import batch_service_pb2 as pb
from zerokerf.v1.batch_pb2 import BatchJob

SOUND = bytes(range(250)) * 3


def header(
    public_id: str = "call17", request_id: str = "", file_name: str = "talk.wav"
) -> pb.StreamBatchJobRequest:
    job = pb.CreateBatchJobRequest(id=public_id, request_id=request_id)
    return pb.StreamBatchJobRequest(header=pb.StreamBatchJobHeader(job=job, file_name=file_name))


def stream(first: pb.StreamBatchJobRequest, sound: bytes = SOUND) -> Iterator[pb.StreamBatchJobRequest]:
    yield first
    for start in range(0, len(sound), 170):
        yield pb.StreamBatchJobRequest(chunk=sound[start : start + 170])


async def streamed(house: House, first: pb.StreamBatchJobRequest, sound: bytes = SOUND) -> BatchJob:
    return (await house.stub.StreamBatchJob(stream(first, sound), metadata=MINE)).job


async def sound_of(house: House, public_id: str) -> bytes:
    """What a worker will read."""
    upload_id = (await house.records.find("acc_a", public_id)).request.upload_id or ""
    return b"".join([chunk async for chunk in house.uploads.read("acc_a", upload_id)])


async def place(house: House, job_id: str = "call17") -> pb.CreateBatchUploadResponse:
    request = pb.CreateBatchUploadRequest(file_name="talk.flac", content_type="audio/flac", job_id=job_id)
    return await house.stub.CreateBatchUpload(request, metadata=MINE)


async def put(house: House, made: pb.CreateBatchUploadResponse, sound: bytes = SOUND) -> None:
    """What the link does."""
    await house.store.put(made.upload_key, sound, content_type="audio/flac")


def from_key(key: str, public_id: str = "") -> pb.CreateBatchJobRequest:
    return pb.CreateBatchJobRequest(id=public_id, source=batch_pb2.BatchSource(upload_key=key))


async def test_a_stream_becomes_a_job_with_its_bytes(house: House) -> None:
    job = await streamed(house, header())

    assert (job.id, job.state, job.input.source) == ("call17", BatchJob.STATE_QUEUED, "upload")
    assert await sound_of(house, "call17") == SOUND
    assert len(house.engine.started) == 1


async def test_a_stream_may_hold_just_as_much_as_is_allowed(house: House) -> None:
    await streamed(house, header("full"), b"x" * LIMIT_BYTES)

    error = await refused(streamed(house, header("over"), b"x" * (LIMIT_BYTES + 1)))

    assert (error.reason, error.facts["limitBytes"]) == ("FILE_TOO_LARGE", str(LIMIT_BYTES))
    assert len(await sound_of(house, "full")) == LIMIT_BYTES
    assert len(house.engine.started) == 1


async def test_nothing_stays_of_a_stream_that_is_too_long(house: House) -> None:
    await refused(streamed(house, header(), b"x" * (LIMIT_BYTES + 1)))

    assert await house.stored() == []


async def test_nothing_stays_of_a_stream_that_breaks(house: House) -> None:
    call = house.stub.StreamBatchJob(metadata=MINE)
    for request in stream(header()):
        await call.write(request)
    await house.store.put_something.wait()

    call.cancel()
    await house.store.removed_something.wait()

    assert await house.stored() == []
    error = await refused(house.stub.GetBatchJob(pb.GetBatchJobRequest(id="call17"), metadata=MINE))
    assert error.reason == "JOB_NOT_FOUND"


async def test_a_name_that_is_taken_is_refused_and_leaves_nothing(house: House) -> None:
    await streamed(house, header())
    before = await house.stored()

    error = await refused(streamed(house, header(), b"other"))

    assert error.reason == "JOB_EXISTS"
    assert await house.stored() == before
    assert await sound_of(house, "call17") == SOUND


async def test_of_two_streams_that_arrive_at_once_one_is_kept(house: House) -> None:
    answers = await asyncio.gather(
        *(streamed(house, header(), bytes([number]) * 500) for number in range(4)), return_exceptions=True
    )

    accepted = [number for number, answer in enumerate(answers) if isinstance(answer, BatchJob)]
    assert len(accepted) == 1
    assert await sound_of(house, "call17") == bytes(accepted) * 500
    assert len({key.split("/")[3] for key in await house.stored()}) == 1


async def test_a_repeated_stream_is_answered_with_the_first_job(house: House) -> None:
    first = await streamed(house, header("", "r-1"))
    before = await house.stored()

    again = await streamed(house, header("", "r-1"))
    other = await refused(streamed(house, header("", "r-1"), b"other"))

    assert again == first
    assert other.reason == "IDEMPOTENCY_CONFLICT"
    assert await house.stored() == before
    assert await sound_of(house, first.id) == SOUND


@pytest.mark.parametrize(
    "requests",
    [
        [],
        [pb.StreamBatchJobRequest()],
        [pb.StreamBatchJobRequest(chunk=b"x")],
        [header(), header()],
        [header(), pb.StreamBatchJobRequest()],
        [header(file_name="")],
        [header(public_id="a-b")],
    ],
    ids=["nothing", "empty", "no header", "two headers", "no chunk", "no file name", "bad id"],
)
async def test_a_stream_in_any_other_order_is_refused(
    house: House, requests: list[pb.StreamBatchJobRequest]
) -> None:
    error = await refused(house.stub.StreamBatchJob(iter(requests), metadata=MINE))

    assert error.reason == "INVALID_PARAMS"
    assert await house.stored() == []


async def test_a_place_for_an_upload_says_where_everything_will_be(house: House) -> None:
    request = pb.CreateBatchUploadRequest(file_name="talk.flac", content_type="audio/flac")
    request.tracking.update({"title": "t"})

    made = await house.stub.CreateBatchUpload(request, metadata=MINE)
    await put(house, made)
    await house.stub.CreateBatchJob(from_key(made.upload_key), metadata=MINE)

    job_id = house.engine.started[-1]
    assert (made.job_id[:3], len(made.job_id)) == ("job", 35)
    assert made.upload_uri == f"memory:///{made.upload_key}"
    assert made.output_uri == f"memory:///t/acc_a/j/{job_id}/out/"
    assert made.url.startswith(f"http://files.test/files/{made.upload_key}?")
    assert f"x={LIMIT_BYTES}" in made.url
    assert dict(made.headers) == {"Content-Type": "audio/flac"}
    lives_s = made.expire_time.ToDatetime(UTC).timestamp() - datetime.now(UTC).timestamp()
    assert 1790 < lives_s <= 1801
    assert made.transcription_config.language == "en"
    assert (made.tracking, made.HasField("output_config")) == (request.tracking, False)


async def test_no_job_exists_before_the_upload_is_named(house: House) -> None:
    made = await place(house)

    missing = await refused(house.stub.GetBatchJob(pb.GetBatchJobRequest(id=made.job_id), metadata=MINE))

    assert missing.reason == "JOB_NOT_FOUND"
    assert house.engine.started == []


async def test_the_key_alone_makes_the_job_that_the_place_was_for(house: House) -> None:
    made = await place(house)
    await put(house, made)

    job = (await house.stub.CreateBatchJob(from_key(made.upload_key), metadata=MINE)).job

    assert (job.id, job.input.source) == ("call17", "upload")
    assert await sound_of(house, "call17") == SOUND


async def test_what_is_said_last_counts(house: House) -> None:
    made = await place(house)
    await put(house, made)
    request = from_key(made.upload_key, "call18")
    request.model_code = "ours/large"

    job = (await house.stub.CreateBatchJob(request, metadata=MINE)).job

    assert (job.id, job.model_code) == ("call18", "ours/large")


@pytest.mark.parametrize("public_id", ["", "call17", "call18"])
async def test_a_place_has_one_job(house: House, public_id: str) -> None:
    made = await place(house)
    await put(house, made)
    await house.stub.CreateBatchJob(from_key(made.upload_key), metadata=MINE)

    error = await refused(house.stub.CreateBatchJob(from_key(made.upload_key, public_id), metadata=MINE))

    assert (error.reason, error.facts["jobId"]) == ("JOB_EXISTS", "call17")
    assert len(house.engine.started) == 1


async def test_a_key_without_its_bytes_makes_no_job(house: House) -> None:
    made = await place(house)

    error = await refused(house.stub.CreateBatchJob(from_key(made.upload_key), metadata=MINE))

    assert (error.kind.name, error.reason) == ("FAILED_PRECONDITION", "UPLOAD_INCOMPLETE")


async def test_a_link_that_let_too_much_through_makes_no_job(house: House) -> None:
    made = await place(house)
    await put(house, made, b"x" * (LIMIT_BYTES + 1))

    error = await refused(house.stub.CreateBatchJob(from_key(made.upload_key), metadata=MINE))

    assert error.reason == "FILE_TOO_LARGE"


async def test_keys_of_others_and_of_nobody_are_not_found(house: House) -> None:
    made = await place(house)
    await put(house, made)
    nobodys = upload_data_key("acc_a", "upl_0123456789abcdefghij")

    foreign = await refused(house.stub.CreateBatchJob(from_key(made.upload_key), metadata=THEIRS))
    unknown = await refused(house.stub.CreateBatchJob(from_key(nobodys), metadata=MINE))

    assert {foreign.reason, unknown.reason} == {"UPLOAD_NOT_FOUND"}


async def test_no_place_is_made_for_a_job_whose_name_is_taken(house: House) -> None:
    await streamed(house, header())

    assert (await refused(place(house))).reason == "JOB_EXISTS"


async def test_an_upload_made_elsewhere_serves_many_jobs(house: House) -> None:
    upload = await house.uploads.create("acc_a", "talk.wav", "")
    await house.store.put(upload_data_key("acc_a", upload.id), SOUND, content_type="audio/wav")
    source = batch_pb2.BatchSource(upload_id=upload.id)

    jobs = [
        (await house.stub.CreateBatchJob(pb.CreateBatchJobRequest(source=source), metadata=MINE)).job
        for _ in range(2)
    ]

    assert len({job.id for job in jobs}) == 2


async def test_deleting_a_job_removes_the_recording_that_was_sent_for_it(house: House) -> None:
    made = await place(house)
    await put(house, made)
    await house.stub.CreateBatchJob(from_key(made.upload_key), metadata=MINE)
    await streamed(house, header("streamed"))
    await house.end_all()

    for public_id in ("call17", "streamed"):
        await house.stub.DeleteBatchJob(pb.DeleteBatchJobRequest(id=public_id), metadata=MINE)

    assert await house.stored() == []


async def test_deleting_a_job_leaves_uploads_that_others_may_name(house: House) -> None:
    upload = await house.uploads.create("acc_a", "talk.wav", "")
    await house.store.put(upload_data_key("acc_a", upload.id), SOUND, content_type="audio/wav")
    source = batch_pb2.BatchSource(upload_id=upload.id)
    await house.stub.CreateBatchJob(pb.CreateBatchJobRequest(id="call17", source=source), metadata=MINE)
    await house.end_all()

    await house.stub.DeleteBatchJob(pb.DeleteBatchJobRequest(id="call17"), metadata=MINE)

    assert await house.stored() == [upload_data_key("acc_a", upload.id)]
