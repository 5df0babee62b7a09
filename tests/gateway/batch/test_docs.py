"""The description of the transcription API is true: its examples are accepted, its answers are those sent."""

import json
from typing import Any

import httpx
import jsonschema
import pytest

from tests.gateway.batch import jobs
from tests.gateway.batch.forms import TYPE, form, part
from tests.gateway.batch.jobs import JOBS
from tests.gateway.batch.memory_service import MemoryBatchService
from zerokerf.v1 import batch_service_pb2 as pb
from zerokerf.v1.batch_pb2 import BatchJob

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def described(client: httpx.AsyncClient) -> dict[str, Any]:
    document: dict[str, Any] = (await client.get("/openapi.json")).json()
    return document


async def test_every_example_of_a_request_is_accepted(
    client: httpx.AsyncClient, batch: MemoryBatchService
) -> None:
    content = (await described(client))["paths"][JOBS]["post"]["requestBody"]["content"]

    for name, example in content["application/json"]["examples"].items():
        if key := example["value"].get("s3_key"):
            batch.keys[key] = True
        answer = await client.post(JOBS, json=example["value"])
        assert answer.status_code == (200 if name == "presign" else 202), name
        jsonschema.validate(example["value"], content["application/json"]["schema"])
    batch.jobs.clear()
    fields = content["multipart/form-data"]["examples"]["form"]["value"]
    body = form(*(part(name, value.encode()) for name, value in fields.items()))
    assert (await client.post(JOBS, content=body, headers=TYPE)).status_code == 202


@pytest.mark.parametrize(
    ("path", "template"),
    [
        (f"{JOBS}/call17", f"{JOBS}/{{jobId}}"),
        (f"{JOBS}/call17/files", f"{JOBS}/{{jobId}}/files"),
        (JOBS, JOBS),
        ("/v1/batch/models", "/v1/batch/models"),
    ],
)
async def test_every_answer_has_the_described_shape(
    client: httpx.AsyncClient, batch: MemoryBatchService, path: str, template: str
) -> None:
    batch.add(jobs.done(metadata=jobs.struct(a=[1])))
    batch.add(jobs.job(BatchJob.STATE_QUEUED, id="call18"))
    batch.files["call17"] = pb.GetBatchJobFilesResponse(
        inputs=[jobs.stored("mp3", is_input=True)], outputs=[jobs.stored("json")]
    )
    document = await described(client)
    shown = document["paths"][template]["get"]["responses"]["200"]["content"]["application/json"]

    answer = (await client.get(path)).json()

    for value in (answer, *(example["value"] for example in shown["examples"].values())):
        schema = shown["schema"] | {"components": document["components"]}
        jsonschema.validate(value, closed(schema))


async def test_every_described_error_is_an_envelope(client: httpx.AsyncClient) -> None:
    document = await described(client)

    for path, operations in document["paths"].items():
        if not path.startswith("/v1/"):
            continue
        for operation in operations.values():
            for status, answer in operation["responses"].items():
                if int(status) >= 400:
                    examples = answer["content"]["application/json"]["examples"].values()
                    assert all(list(example["value"]) == ["error"] for example in examples), path


async def test_ids_are_described_by_their_pattern(client: httpx.AsyncClient) -> None:
    (parameter,) = (await described(client))["paths"][f"{JOBS}/{{jobId}}"]["get"]["parameters"]

    assert parameter["schema"]["pattern"] == "^[a-zA-Z0-9]+$"


def closed(schema: dict[str, Any]) -> dict[str, Any]:
    """No object may have a property that is not described."""
    text = json.dumps(schema).replace('"properties":', '"additionalProperties": false, "properties":')
    made: dict[str, Any] = json.loads(text)
    return made
