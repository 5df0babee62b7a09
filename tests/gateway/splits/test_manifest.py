"""The manifest: the stored document and nothing else, for completed jobs and no others."""

import httpx
import pytest

from tests.gateway import jobs
from tests.gateway.memory_service import MemoryService
from zerokerf.v1.split_pb2 import Split

pytestmark = pytest.mark.asyncio(loop_scope="session")

MANIFEST = "/api/v1/splits/job_abc123/manifest"
#: What a JSON writer of ours would spell otherwise.
TEXT = '{\n  "version": 1,\n  "a": 1.0, "title": "Größe \\u00e9 😀"\n}\n'


async def test_the_document_is_answered_byte_for_byte(
    http: httpx.AsyncClient, service: MemoryService
) -> None:
    service.add(jobs.completed([44100], [1]))
    service.manifest = TEXT

    answer = await http.get(MANIFEST)

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.content == TEXT.encode()


@pytest.mark.parametrize("state", [Split.STATE_QUEUED, Split.STATE_PROCESSING, Split.STATE_FAILED])
async def test_a_job_that_is_not_completed_has_none(
    http: httpx.AsyncClient, service: MemoryService, state: Split.State.ValueType
) -> None:
    service.add(jobs.split(state))

    answer = await http.get(MANIFEST)

    assert answer.status_code == 409
    assert answer.json() == {
        "error": {
            "code": "MANIFEST_NOT_READY",
            "message": "Job job_abc123 has no manifest: only completed jobs have one.",
            "status": 409,
        }
    }


async def test_a_missing_job_is_not_found(http: httpx.AsyncClient) -> None:
    answer = await http.get(MANIFEST)

    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "JOB_NOT_FOUND")
