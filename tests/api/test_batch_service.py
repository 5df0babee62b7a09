"""BatchService over a socket: what clients can do with transcription jobs, and with nobody else's."""

from collections.abc import Awaitable
from datetime import timedelta

from google.protobuf.json_format import ParseDict
from google.protobuf.struct_pb2 import Struct

from server.jobs.model import Failure, Phase, Progress
from tests.api.batch_house import MINE, THEIRS, House, asked, refused
from zerokerf.v1 import batch_pb2
from zerokerf.v1 import batch_service_pb2 as pb
from zerokerf.v1.batch_pb2 import BatchJob

ALIAS = "slng/speechmatics/batch:15.0.0"


async def test_an_accepted_job_is_queued_and_the_engine_has_it(house: House) -> None:
    tracking = ParseDict({"title": "t", "tags": ["a", "b"], "details": {"n": 1}}, Struct())
    request = asked()
    request.tracking.CopyFrom(tracking)
    request.metadata.update({"a": [{"b": None}]})
    job = (await house.stub.CreateBatchJob(request, metadata=MINE)).job

    assert (job.id, job.state, job.model_code, job.last_sequence) == (
        "call17",
        BatchJob.STATE_QUEUED,
        ALIAS,
        1,
    )
    assert job.transcription_config == batch_pb2.TranscriptionConfig(
        language="en",
        operating_point=batch_pb2.TranscriptionConfig.OPERATING_POINT_STANDARD,
        diarization=batch_pb2.TranscriptionConfig.DIARIZATION_NONE,
    )
    assert (job.tracking, job.metadata, job.input.source) == (tracking, request.metadata, "url")
    assert not job.HasField("output_config")
    assert not job.HasField("start_time")
    assert await house.got() == job
    assert len(house.engine.started) == 1


async def test_a_name_that_is_taken_is_refused_and_nothing_overwritten(house: House) -> None:
    first = await house.created()

    error = await refused(house.stub.CreateBatchJob(asked(model_code="ours/large"), metadata=MINE))

    assert (error.reason, error.facts) == ("JOB_EXISTS", {"jobId": "call17"})
    assert await house.got() == first
    assert len(house.engine.started) == 1


async def test_a_repeat_is_answered_with_the_first_job(house: House) -> None:
    first = await house.created("", request_id="r-1")

    assert await house.created("", request_id="r-1") == first
    error = await refused(
        house.stub.CreateBatchJob(asked("", request_id="r-1", model_code="ours/large"), metadata=MINE)
    )
    assert error.reason == "IDEMPOTENCY_CONFLICT"


async def test_an_engine_that_is_away_does_not_refuse_the_job(house: House) -> None:
    house.engine.reachable = False

    assert (await house.created()).state == BatchJob.STATE_QUEUED


async def test_a_breach_names_the_field_over_the_wire(house: House) -> None:
    request = asked()
    request.transcription_config.language = "de"

    error = await refused(house.stub.CreateBatchJob(request, metadata=MINE))

    assert error.reason == "UNSUPPORTED_LANGUAGE"
    assert "knows English only" in error.sentence


async def test_a_job_tells_what_its_recording_is_and_what_came_out(house: House) -> None:
    await house.done()

    job = await house.got()

    assert job.state == BatchJob.STATE_DONE
    assert (job.input.file_name, job.input.size, job.input.format) == ("talk.mp3", 4321, "mp3")
    assert (job.input.mime_type, job.input.channels, job.input.sample_rate) == ("audio/mpeg", 2, 8000)
    assert job.input.duration.ToTimedelta() == timedelta(seconds=10)
    assert (job.output.word_count, job.output.language) == (12, "en")
    assert (job.progress.percent, job.HasField("end_time"), job.HasField("error")) == (100, True, False)


async def test_the_state_follows_the_work(house: House) -> None:
    job_id = await house.begun()
    states = [(await house.got()).state]
    for phase in (Phase.TRANSCRIBING, Phase.WRITING):
        await house.records.record_progress(job_id, Progress(phase=phase, percent=20))
        states.append((await house.got()).state)

    assert states == [
        BatchJob.STATE_IN_PROGRESS,
        BatchJob.STATE_DECODING,
        BatchJob.STATE_POST_PROCESSING,
    ]


async def test_jobs_of_others_are_not_there(house: House) -> None:
    await house.done()
    calls: dict[str, Awaitable[object]] = {
        "get": house.stub.GetBatchJob(pb.GetBatchJobRequest(id="call17"), metadata=THEIRS),
        "delete": house.stub.DeleteBatchJob(pb.DeleteBatchJobRequest(id="call17"), metadata=THEIRS),
        "cancel": house.stub.CancelBatchJob(pb.CancelBatchJobRequest(id="call17"), metadata=THEIRS),
        "files": house.stub.GetBatchJobFiles(pb.GetBatchJobFilesRequest(id="call17"), metadata=THEIRS),
        "watch": house.stub.WatchBatchJob(pb.WatchBatchJobRequest(id="call17"), metadata=THEIRS).read(),
    }

    errors = {name: await refused(call) for name, call in calls.items()}

    assert {error.reason for error in errors.values()} == {"JOB_NOT_FOUND"}
    listed = await house.stub.ListBatchJobs(pb.ListBatchJobsRequest(), metadata=THEIRS)
    assert (len(listed.jobs), listed.total_size) == (0, 0)
    assert (await house.got()).state == BatchJob.STATE_DONE


async def test_an_id_that_cannot_be_is_an_invalid_argument_everywhere(house: House) -> None:
    calls: list[Awaitable[object]] = [
        house.stub.GetBatchJob(pb.GetBatchJobRequest(id="a-b"), metadata=MINE),
        house.stub.DeleteBatchJob(pb.DeleteBatchJobRequest(id="a\0b"), metadata=MINE),
        house.stub.CancelBatchJob(pb.CancelBatchJobRequest(), metadata=MINE),
        house.stub.GetBatchJobFiles(pb.GetBatchJobFilesRequest(id="a/b"), metadata=MINE),
        house.stub.WatchBatchJob(pb.WatchBatchJobRequest(id="a b"), metadata=MINE).read(),
    ]

    for call in calls:
        error = await refused(call)
        assert (error.reason, error.sentence) == ("INVALID_PARAMS", "job_id must be alphanumeric")


async def test_lists_are_paged_filtered_and_ordered(house: House) -> None:
    for name in ("a1", "a2", "a3"):
        await house.created(name)
    await house.done("b1")

    page = await house.stub.ListBatchJobs(
        pb.ListBatchJobsRequest(page=2, page_size=2, ascending=True), metadata=MINE
    )
    only_done = await house.stub.ListBatchJobs(
        pb.ListBatchJobsRequest(states=[BatchJob.STATE_DONE]), metadata=MINE
    )

    assert ([job.id for job in page.jobs], page.total_size) == (["a3", "b1"], 4)
    assert ([job.id for job in only_done.jobs], only_done.total_size) == (["b1"], 1)
    assert only_done.jobs[0] == await house.got("b1")


async def test_deleting_keeps_the_record_and_stops_the_links(house: House) -> None:
    job_id = await house.done()

    deleted = (await house.stub.DeleteBatchJob(pb.DeleteBatchJobRequest(id="call17"), metadata=MINE)).job

    assert deleted.state == BatchJob.STATE_DELETED
    assert deleted.HasField("delete_time")
    assert await house.got() == deleted
    assert await house.files() == pb.GetBatchJobFilesResponse()
    assert house.engine.cleaned == [job_id]
    again = house.stub.DeleteBatchJob(pb.DeleteBatchJobRequest(id="call17"), metadata=MINE)
    assert (await refused(again)).reason == "JOB_NOT_DELETABLE"


async def test_a_job_at_work_is_cancelled_but_not_deleted(house: House) -> None:
    job_id = await house.begun()

    error = await refused(house.stub.DeleteBatchJob(pb.DeleteBatchJobRequest(id="call17"), metadata=MINE))
    cancelled = (await house.stub.CancelBatchJob(pb.CancelBatchJobRequest(id="call17"), metadata=MINE)).job

    assert error.reason == "JOB_NOT_DELETABLE"
    assert (cancelled.state, cancelled.error.reason) == (BatchJob.STATE_FAILED, "JOB_CANCELLED")
    assert (house.engine.cancelled, house.engine.cleaned) == ([job_id], [job_id])


async def test_a_finished_job_is_not_cancelled(house: House) -> None:
    await house.done()

    error = await refused(house.stub.CancelBatchJob(pb.CancelBatchJobRequest(id="call17"), metadata=MINE))

    assert (error.reason, error.facts["jobId"]) == ("JOB_NOT_CANCELLABLE", "call17")
    assert house.engine.cancelled == []


async def test_a_deleted_failure_is_no_longer_told_as_one(house: House) -> None:
    job_id = await house.begun()
    await house.records.fail(job_id, Failure("CORRUPT_FILE", "It broke.", {"why": "x"}))
    failed = await house.got()
    await house.stub.DeleteBatchJob(pb.DeleteBatchJobRequest(id="call17"), metadata=MINE)

    assert (failed.error.reason, failed.error.message, failed.error.facts["why"]) == (
        "CORRUPT_FILE",
        "It broke.",
        "x",
    )
    assert not (await house.got()).HasField("error")


async def test_models_are_listed_with_the_default_first(house: House) -> None:
    models = (await house.stub.ListBatchModels(pb.ListBatchModelsRequest(), metadata=MINE)).models

    assert [(model.code, model.is_default, model.model) for model in models] == [
        (ALIAS, True, "ours/small.en"),
        ("ours/small.en", False, "ours/small.en"),
        ("ours/large", False, "ours/large"),
    ]
    assert list(models[2].languages) == ["cmn", "de", "en", "zh"]


async def test_without_a_key_nothing_is_served(house: House) -> None:
    assert (await refused(house.stub.CreateBatchJob(asked()))).reason == "UNAUTHORIZED"
