"""Files and events of transcription jobs over a socket: what is linked when, and what a watcher sees."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from server.jobs.model import Failure, Phase, Progress
from storage.address import object_uri, parse_address
from tests.api.batch_house import MINE, SOURCE, House, refused
from zerokerf.v1 import batch_pb2
from zerokerf.v1 import batch_service_pb2 as pb
from zerokerf.v1.batch_pb2 import BatchJob


async def test_files_are_linked_as_soon_as_they_are_stored(house: House) -> None:
    await house.created()
    nothing = await house.files()
    job_id = house.engine.started[-1]
    await house.records.begin(job_id)
    await house.records.record_source(job_id, SOURCE)
    fetched = await house.files()
    await house.records.complete(job_id, {})
    complete = await house.files(include_vtt=True)

    assert nothing == pb.GetBatchJobFilesResponse()
    assert ([file.key for file in fetched.inputs], list(fetched.outputs)) == (
        [f"t/acc_a/j/{job_id}/in/source"],
        [],
    )
    assert [file.format for file in (await house.files()).outputs] == ["json", "txt", "srt"]
    assert [file.key for file in complete.outputs] == [
        f"t/acc_a/j/{job_id}/out/call17.{ending}" for ending in ("json", "txt", "srt", "vtt")
    ]
    for file in (*complete.inputs, *complete.outputs):
        assert file.uri == f"memory:///{file.key}"
        assert file.download_url.startswith(f"http://files.test/files/{file.key}?")
        assert 3590 < file.expire_time.ToDatetime(UTC).timestamp() - datetime.now(UTC).timestamp() <= 3601


async def test_links_carry_names_and_media_types(house: House) -> None:
    await house.done()

    linked = await house.files(include_vtt=True)

    assert "n=talk.mp3" in linked.inputs[0].download_url
    assert "t=audio%2Fmpeg" in linked.inputs[0].download_url
    for file, media_type in zip(
        linked.outputs,
        ("application%2Fjson", "text%2Fplain", "application%2Fx-subrip", "text%2Fvtt"),
        strict=True,
    ):
        assert f"n=call17.{file.format}" in file.download_url
        assert f"t={media_type}" in file.download_url


@pytest.mark.parametrize(
    ("url", "uri"),
    [
        ("memory://", "memory:///t/a"),
        ("file:///srv/my%20files", "file:///srv/my%20files/t/a"),
        ("s3://bucket/some/folder?region=eu-west-1", "s3://bucket/some/folder/t/a"),
        ("s3+http://127.0.0.1:9000/bucket?region=x&public=https://files.example.org", "s3://bucket/t/a"),
    ],
)
def test_a_uri_names_the_object_in_the_words_of_its_store(url: str, uri: str) -> None:
    assert object_uri(parse_address(url), "t/a") == uri


async def test_a_failed_job_has_no_files_as_they_are_removed(house: House) -> None:
    job_id = await house.begun()
    await house.records.fail(job_id, Failure("CORRUPT_FILE", "It broke."))

    assert await house.files() == pb.GetBatchJobFilesResponse()


async def test_a_watcher_sees_every_event_in_the_words_of_the_api(house: House) -> None:
    await house.created()
    job_id = house.engine.started[-1]
    seen: list[batch_pb2.BatchEvent] = []
    began = asyncio.Event()

    async def follow() -> None:
        async for answer in house.stub.WatchBatchJob(pb.WatchBatchJobRequest(id="call17"), metadata=MINE):
            seen.append(answer.event)
            began.set()

    async with asyncio.timeout(10), asyncio.TaskGroup() as tasks:
        tasks.create_task(follow())
        await began.wait()
        await house.records.begin(job_id)
        heard = Progress(
            phase=Phase.TRANSCRIBING,
            percent=20,
            samples_done=24_000,
            samples_total=48_000,
            sample_rate=16_000,
            segments_done=1,
            segments_total=2,
        )
        await house.records.record_progress(job_id, heard)
        await house.records.record_progress(job_id, Progress(phase=Phase.WRITING, percent=96))
        await house.records.complete(job_id, {})

    assert [event.sequence for event in seen] == [1, 2, 3, 4, 5]
    assert [event.state for event in seen] == [
        BatchJob.STATE_QUEUED,
        BatchJob.STATE_IN_PROGRESS,
        BatchJob.STATE_DECODING,
        BatchJob.STATE_POST_PROCESSING,
        BatchJob.STATE_DONE,
    ]
    decoding = seen[2].progress
    assert (decoding.audio_done.ToTimedelta(), decoding.audio_total.ToTimedelta()) == (
        timedelta(seconds=1.5),
        timedelta(seconds=3),
    )
    assert (decoding.chunks_done, decoding.chunks_total, decoding.percent) == (1, 2, 20)


async def test_watching_goes_on_behind_the_cursor(house: House) -> None:
    job_id = await house.begun()
    await house.records.fail(job_id, Failure("CORRUPT_FILE", "It broke."))

    call = house.stub.WatchBatchJob(pb.WatchBatchJobRequest(id="call17", after_sequence=2), metadata=MINE)
    events = [answer.event async for answer in call]
    ahead = house.stub.WatchBatchJob(pb.WatchBatchJobRequest(id="call17", after_sequence=9), metadata=MINE)

    assert [(event.sequence, event.state) for event in events] == [(3, BatchJob.STATE_FAILED)]
    assert events[0].error.reason == "CORRUPT_FILE"
    assert (await refused(ahead.read())).reason == "INVALID_PARAMS"
