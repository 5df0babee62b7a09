"""Links to what a transcription job read and made."""

import httpx
import pytest

from tests.gateway.batch import jobs
from tests.gateway.batch.jobs import JOBS
from tests.gateway.batch.memory_service import MemoryBatchService
from zerokerf.v1 import batch_service_pb2 as pb
from zerokerf.v1.batch_pb2 import BatchJob

pytestmark = pytest.mark.asyncio(loop_scope="session")


def add_files(batch: MemoryBatchService) -> None:
    batch.add(jobs.done())
    outputs = [jobs.stored(name) for name in ("json", "txt", "srt")]
    batch.files["call17"] = pb.GetBatchJobFilesResponse(
        inputs=[jobs.stored("mp3", is_input=True)], outputs=outputs
    )


def listed(extension: str) -> dict[str, str]:
    return {
        "format": extension,
        "key": f"outputs/call17.{extension}",
        "s3_uri": f"s3://outputs-bucket/outputs/call17.{extension}",
        "download_url": f"https://files.example.com/outputs/call17.{extension}?s=1",
    }


async def test_files_are_the_documented_answer(client: httpx.AsyncClient, batch: MemoryBatchService) -> None:
    add_files(batch)

    answer = await client.get(f"{JOBS}/call17/files")

    assert answer.status_code == 200
    assert answer.json() == {
        "job_id": "call17",
        "inputs": [
            {
                "key": "inputs/call17.mp3",
                "s3_uri": "s3://inputs-bucket/inputs/call17.mp3",
                "download_url": "https://files.example.com/inputs/call17.mp3?s=1",
            }
        ],
        "outputs": [listed("json"), listed("txt"), listed("srt")],
    }


@pytest.mark.parametrize(
    ("query", "formats"),
    [
        ("vtt", ["vtt"]),
        ("json,vtt", ["json", "vtt"]),
        ("srt", ["srt"]),
        (" txt , ", ["txt"]),
        ("", ["json", "txt", "srt"]),
    ],
)
async def test_formats_can_be_chosen(
    client: httpx.AsyncClient, batch: MemoryBatchService, query: str, formats: list[str]
) -> None:
    add_files(batch)

    answer = await client.get(f"{JOBS}/call17/files", params={"format": query})

    assert answer.json()["outputs"] == [listed(name) for name in formats]


async def test_a_format_that_is_none_is_refused(client: httpx.AsyncClient, batch: MemoryBatchService) -> None:
    add_files(batch)

    answer = await client.get(f"{JOBS}/call17/files?format=docx")

    assert (answer.status_code, answer.json()) == (
        400,
        {"error": "format must be any of json, txt, srt, vtt"},
    )


@pytest.mark.parametrize("state", [BatchJob.STATE_QUEUED, BatchJob.STATE_FAILED, BatchJob.STATE_DELETED])
async def test_files_that_are_not_there_are_not_listed(
    client: httpx.AsyncClient, batch: MemoryBatchService, state: BatchJob.State.ValueType
) -> None:
    batch.add(jobs.job(state))

    answer = await client.get(f"{JOBS}/call17/files")

    assert (answer.status_code, answer.json()) == (200, {"job_id": "call17", "inputs": [], "outputs": []})
