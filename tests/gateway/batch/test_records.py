"""Every field of every documented answer about transcription jobs, and no field more."""

from typing import Any

import httpx
import pytest
from google.protobuf.struct_pb2 import Struct

from gateway.structs import MAX_DEPTH, from_struct, to_struct
from tests.gateway.batch import jobs
from tests.gateway.batch.bodies import FULL_CONFIG, FULL_CONFIG_MESSAGE
from tests.gateway.batch.jobs import JOBS
from tests.gateway.batch.memory_service import MemoryBatchService
from tests.gateway.batch.told import DONE, QUEUED
from zerokerf.v1 import batch_service_pb2 as pb
from zerokerf.v1.batch_pb2 import BatchInput, BatchJob, OutputConfig, SrtOverrides

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_job_is_told_in_full(client: httpx.AsyncClient, batch: MemoryBatchService) -> None:
    batch.add(jobs.done())

    answer = await client.get(f"{JOBS}/call17")

    assert (answer.status_code, answer.json()) == (200, DONE)
    assert list(answer.json()) == list(DONE)
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"


async def test_what_is_not_known_yet_is_empty_or_null(
    client: httpx.AsyncClient, batch: MemoryBatchService
) -> None:
    batch.add(jobs.job(BatchJob.STATE_QUEUED))

    assert (await client.get(f"{JOBS}/call17")).json() == QUEUED


async def test_what_is_known_of_the_recording_is_told(
    client: httpx.AsyncClient, batch: MemoryBatchService
) -> None:
    batch.add(jobs.job(BatchJob.STATE_IN_PROGRESS, input=BatchInput(size=7, source="upload")))

    assert (await client.get(f"{JOBS}/call17")).json()["input_metadata"] == {
        "size_bytes": 7,
        "source": "upload",
    }


async def test_what_came_out_is_told_when_the_job_is_done(
    client: httpx.AsyncClient, batch: MemoryBatchService
) -> None:
    early = jobs.done().output
    batch.add(jobs.job(BatchJob.STATE_DECODING, output=early, api_key_id=""))

    answer = (await client.get(f"{JOBS}/call17")).json()

    assert answer["output_metadata"] == {}
    assert "api_key_id" not in answer


async def test_a_failure_is_an_object_with_a_message(
    client: httpx.AsyncClient, batch: MemoryBatchService
) -> None:
    batch.add(jobs.failed("The audio could not be decoded"))

    assert (await client.get(f"{JOBS}/call17")).json() == {
        **QUEUED,
        "status": "FAILED",
        "error_message": {"message": "The audio could not be decoded"},
        "completed_at": "2026-05-02T08:00:04Z",
    }


@pytest.mark.parametrize(
    ("state", "status"),
    [
        (BatchJob.STATE_QUEUED, "QUEUED"),
        (BatchJob.STATE_IN_PROGRESS, "IN_PROGRESS"),
        (BatchJob.STATE_DECODING, "DECODING"),
        (BatchJob.STATE_POST_PROCESSING, "POST_PROCESSING"),
        (BatchJob.STATE_DONE, "DONE"),
        (BatchJob.STATE_FAILED, "FAILED"),
        (BatchJob.STATE_DELETED, "DELETED"),
        (99, "IN_PROGRESS"),
    ],
)
async def test_every_state_has_its_documented_name(
    client: httpx.AsyncClient,
    batch: MemoryBatchService,
    state: Any,  # noqa: ANN401 - one that this version does not know, too
    status: str,
) -> None:
    batch.add(jobs.job(state))

    assert (await client.get(f"{JOBS}/call17")).json()["status"] == status


async def test_the_configuration_is_returned_as_submitted_with_its_defaults(
    client: httpx.AsyncClient, batch: MemoryBatchService
) -> None:
    batch.add(
        jobs.job(
            BatchJob.STATE_QUEUED,
            transcription_config=FULL_CONFIG_MESSAGE,
            tracking=jobs.struct(title="a", details={"room": 4}),
            output_config=OutputConfig(srt_overrides=SrtOverrides(max_line_length=42)),
            metadata=jobs.struct(z=1, a=[None, 0.5, {"deep": True}]),
        )
    )

    answer = await client.get(f"{JOBS}/call17")

    assert answer.json()["job_config"] == {
        "type": "transcription",
        "transcription_config": FULL_CONFIG,
        "tracking": {"title": "a", "details": {"room": 4}},
        "output_config": {"srt_overrides": {"max_line_length": 42}},
        "metadata": {"a": [None, 0.5, {"deep": True}], "z": 1},
    }
    assert '"room":4}' in answer.text


async def test_what_was_given_empty_is_not_absent(
    client: httpx.AsyncClient, batch: MemoryBatchService
) -> None:
    batch.add(
        jobs.job(BatchJob.STATE_QUEUED, tracking=Struct(), output_config=OutputConfig(), metadata=Struct())
    )

    config = (await client.get(f"{JOBS}/call17")).json()["job_config"]

    assert (config["tracking"], config["output_config"], config["metadata"]) == ({}, {}, {})


async def test_json_of_any_shape_survives_the_way_there_and_back() -> None:
    deep: dict[str, object] = {"end": [1, -0.5, "", None, True, [], {}]}
    for _ in range(MAX_DEPTH - 2):
        deep = {"a": deep}
    message = pb.CreateBatchJobRequest(metadata=to_struct("metadata", deep))

    received = pb.CreateBatchJobRequest.FromString(message.SerializeToString())

    assert from_struct(received.metadata) == deep


@pytest.mark.parametrize("made", [jobs.done(), jobs.failed("Why")], ids=["done", "failed"])
async def test_deleting_keeps_the_record(
    client: httpx.AsyncClient, batch: MemoryBatchService, made: BatchJob
) -> None:
    batch.add(BatchJob.FromString(made.SerializeToString()))
    before = (await client.get(f"{JOBS}/call17")).json()

    answer = await client.delete(f"{JOBS}/call17")
    again = await client.delete(f"{JOBS}/call17")
    left = (await client.get(f"{JOBS}/call17")).json()

    assert (answer.status_code, answer.json()) == (202, {"job_id": "call17", "status": "DELETED"})
    assert (again.status_code, again.json()) == (409, {"error": "Job must be DONE or FAILED to delete"})
    assert left == before | {"status": "DELETED", "deleted_at": "2026-05-02T08:00:00Z"}


@pytest.mark.parametrize("state", [BatchJob.STATE_QUEUED, BatchJob.STATE_DECODING])
async def test_an_active_job_cannot_be_deleted_but_cancelled(
    client: httpx.AsyncClient, batch: MemoryBatchService, state: BatchJob.State.ValueType
) -> None:
    batch.add(jobs.job(state))

    deletion = await client.delete(f"{JOBS}/call17")
    cancelling = await client.post(f"{JOBS}/call17/cancel")
    again = await client.post(f"{JOBS}/call17/cancel")

    assert (deletion.status_code, deletion.json()) == (409, {"error": "Job must be DONE or FAILED to delete"})
    assert (cancelling.status_code, cancelling.json()["status"]) == (200, "FAILED")
    assert cancelling.json()["error_message"] == {"message": "The job was cancelled on request."}
    assert (again.status_code, again.json()) == (409, {"error": "Job has ended and cannot be cancelled"})


async def test_models_are_listed_with_their_languages(client: httpx.AsyncClient) -> None:
    answer = await client.get("/v1/batch/models")

    assert (answer.status_code, answer.json()) == (
        200,
        {
            "items": [
                {
                    "model_code": "slng/speechmatics/batch:15.0.0",
                    "model": "tiny.en",
                    "languages": ["en"],
                    "is_default": True,
                }
            ]
        },
    )
