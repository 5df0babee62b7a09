"""Submitting recordings by JSON: by URL and by presigned upload."""

import json
from typing import Any

import httpx
import pytest

from tests.gateway.batch.bodies import BY_URL, FULL_CONFIG, FULL_CONFIG_MESSAGE, PRESIGN, URL, refused
from tests.gateway.batch.jobs import DEFAULT_MODEL, JOBS, job, struct
from tests.gateway.batch.memory_service import MemoryBatchService
from zerokerf.v1 import batch_service_pb2 as pb
from zerokerf.v1.batch_pb2 import BatchJob, BatchSource, OutputConfig, SrtOverrides, TranscriptionConfig

pytestmark = pytest.mark.asyncio(loop_scope="session")

TRACKING: dict[str, Any] = {
    "title": "Weekly call",
    "reference": "A-1",
    "tags": ["north", "weekly"],
    "details": {"room": 4},
    "own": [1.5, None, True],
}


async def test_every_field_reaches_the_server(client: httpx.AsyncClient, batch: MemoryBatchService) -> None:
    body = {
        "input_url": URL,
        "transcription_config": FULL_CONFIG,
        "job_id": "call17",
        "model_code": DEFAULT_MODEL,
        "metadata": {"team": "north", "deep": {"list": [1, {"x": None}]}},
        "tracking": TRACKING,
        "output_config": {"srt_overrides": {"max_line_length": 42, "max_lines": 1}},
    }

    answer = await client.post(JOBS, json=body)

    assert (answer.status_code, answer.json()) == (202, {"job_id": "call17", "status": "QUEUED"})
    assert batch.requests[-1] == pb.CreateBatchJobRequest(
        id="call17",
        source=BatchSource(url=URL),
        model_code=DEFAULT_MODEL,
        transcription_config=FULL_CONFIG_MESSAGE,
        metadata=struct(team="north", deep={"list": [1, {"x": None}]}),
        tracking=struct(**TRACKING),
        output_config=OutputConfig(srt_overrides=SrtOverrides(max_line_length=42, max_lines=1)),
    )


async def test_what_is_not_given_is_the_servers_to_choose(
    client: httpx.AsyncClient, batch: MemoryBatchService
) -> None:
    optional = ("job_id", "model_code", "metadata", "tracking", "output_config")
    nulls = dict.fromkeys(optional)

    answers = [await client.post(JOBS, json=BY_URL | more) for more in ({}, nulls, {"unknown": 1})]

    assert [answer.status_code for answer in answers] == [202, 202, 202]
    created = [request for request in batch.requests if isinstance(request, pb.CreateBatchJobRequest)]
    expected = pb.CreateBatchJobRequest(
        source=BatchSource(url=URL), transcription_config=TranscriptionConfig()
    )
    assert created == [expected] * 3


async def test_a_url_of_any_media_type_parameters_is_json(client: httpx.AsyncClient) -> None:
    headers = {"Content-Type": "Application/JSON; charset=utf-8"}

    answer = await client.post(JOBS, content=json.dumps(BY_URL), headers=headers)

    assert answer.status_code == 202


async def test_a_presigned_upload_is_the_documented_answer(client: httpx.AsyncClient) -> None:
    output = {"srt_overrides": {"max_lines": 1}}
    body = PRESIGN | {"tracking": TRACKING, "output_config": output, "content_type": "audio/flac"}

    answer = await client.post(JOBS, json=body)

    job_id = "job0f1e2d3c4b5a69788796a5b4c3d2e1f0"
    key = f"inputs/{job_id}/talk.flac"
    assert answer.status_code == 200
    assert answer.json() == {
        "job_id": job_id,
        "transcription_config": {"language": "en", "operating_point": "standard", "diarization": "none"},
        "tracking": TRACKING,
        "output_config": output,
        "input_s3_uri": f"s3://in-bucket/{key}",
        "output_s3_prefix": f"s3://out-bucket/outputs/{job_id}/",
        "upload": {
            "url": f"https://in-bucket.s3.example.com/{key}?s=1",
            "s3_key": key,
            "s3_uri": f"s3://in-bucket/{key}",
            "expires_in": 1800,
            "headers": {"Content-Type": "audio/flac"},
        },
    }
    assert (await client.get(f"{JOBS}/{job_id}")).status_code == 404


async def test_a_presigned_upload_needs_no_more_than_a_name(
    client: httpx.AsyncClient, batch: MemoryBatchService
) -> None:
    answer = await client.post(JOBS, json=PRESIGN | {"job_id": "call17", "model_code": 5, "metadata": 5})

    assert answer.status_code == 200
    assert list(answer.json()) == [
        "job_id",
        "transcription_config",
        "input_s3_uri",
        "output_s3_prefix",
        "upload",
    ]
    assert answer.json()["upload"]["headers"] == {"Content-Type": "application/octet-stream"}
    expected = pb.CreateBatchUploadRequest(
        file_name="talk.flac", job_id="call17", transcription_config=TranscriptionConfig()
    )
    assert batch.requests[-1] == expected


async def test_the_key_of_a_request_for_a_place_is_passed_on(
    client: httpx.AsyncClient, batch: MemoryBatchService
) -> None:
    answer = await client.post(JOBS, json=PRESIGN, headers={"Idempotency-Key": "call-17"})

    assert answer.status_code == 200
    assert batch.requests[-1].request_id == "call-17"


async def test_the_third_step_creates_the_job(client: httpx.AsyncClient, batch: MemoryBatchService) -> None:
    presigned = (await client.post(JOBS, json=PRESIGN)).json()
    key = presigned["upload"]["s3_key"]
    third = {name: presigned[name] for name in ("job_id", "transcription_config")} | {"s3_key": key}

    too_early = await refused(client, third)
    batch.keys[key] = True
    answer = await client.post(JOBS, json=third)
    twice = await refused(client, third, 409)
    foreign = await refused(client, third | {"s3_key": "inputs/x/y.wav"})

    assert too_early == "Nothing has been uploaded to s3_key yet"
    assert (answer.status_code, answer.json()) == (202, {"job_id": presigned["job_id"], "status": "QUEUED"})
    assert twice == "job_id is in use already"
    assert foreign == "s3_key is not the key of an upload of yours"


async def test_a_used_id_is_a_conflict_and_changes_nothing(
    client: httpx.AsyncClient, batch: MemoryBatchService
) -> None:
    first = job(BatchJob.STATE_DONE)
    batch.add(first)

    assert await refused(client, BY_URL | {"job_id": "call17"}, 409) == "job_id is in use already"
    assert batch.jobs == {"call17": first}
