"""Creating jobs: what is echoed, what is passed on, what the server refuses."""

import httpx
import pytest

from tests.gateway.memory_service import MemoryService
from tests.gateway.splits.recipes import BY_SIZE, GOOD, SPLITS
from zerokerf.errors import (
    FileTooLarge,
    InvalidParams,
    InvalidUrl,
    SegmentTooShort,
    UploadIncomplete,
    UploadNotFound,
    ZerokerfError,
)
from zerokerf.v1.audio_pb2 import AUDIO_FORMAT_FLAC
from zerokerf.v1.priority_pb2 import PRIORITY_BULK, PRIORITY_INTERACTIVE, Priority

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_the_answer_echoes_everything_but_the_source(
    http: httpx.AsyncClient, service: MemoryService
) -> None:
    extras = {
        "outputFormat": "flac",
        "webhookUrl": "https://hooks.example.net/as",
        "metadata": {"lesson": "7", "n": 2},
    }

    answer = await http.post(SPLITS, json=GOOD | extras)

    assert answer.status_code == 201
    assert answer.json() == {
        "id": "job_1",
        "status": "queued",
        "splitMode": "duration",
        "segmentDuration": 240,
        **extras,
        "createdAt": "2026-03-29T10:00:00Z",
    }
    request = service.requests[0]
    assert request.source.url == GOOD["sourceUrl"]
    assert request.mode.duration.segment_duration.seconds == 240
    assert request.output_format == AUDIO_FORMAT_FLAC


async def test_what_was_not_asked_for_is_not_echoed(http: httpx.AsyncClient) -> None:
    answer = await http.post(SPLITS, json=BY_SIZE)

    assert answer.json() == {
        "id": "job_1",
        "status": "queued",
        "splitMode": "fileSize",
        "maxFileSize": 8388608,
        "createdAt": "2026-03-29T10:00:00Z",
    }


async def test_null_is_the_same_as_absent(http: httpx.AsyncClient, service: MemoryService) -> None:
    nothing = dict.fromkeys(["sourceUpload", "maxFileSize", "outputFormat", "webhookUrl", "metadata"])

    answer = await http.post(SPLITS, json=GOOD | nothing)

    assert answer.status_code == 201
    assert set(answer.json()) == {"id", "status", "splitMode", "segmentDuration", "createdAt"}
    assert not service.requests[0].HasField("metadata")


async def test_the_other_modes_field_is_ignored(http: httpx.AsyncClient, service: MemoryService) -> None:
    answer = await http.post(SPLITS, json=GOOD | {"maxFileSize": -5})

    assert answer.status_code == 201
    assert "maxFileSize" not in answer.json()
    assert service.requests[0].mode.WhichOneof("mode") == "duration"


async def test_an_upload_can_be_the_source(http: httpx.AsyncClient, service: MemoryService) -> None:
    body = {"sourceUpload": "upl_1", "splitMode": "duration", "segmentDuration": 1}

    assert (await http.post(SPLITS, json=body)).status_code == 201
    assert service.requests[0].source.upload_id == "upl_1"


async def test_the_same_idempotency_key_makes_one_job(
    http: httpx.AsyncClient, service: MemoryService
) -> None:
    headers = {"Idempotency-Key": "order-7"}

    first = await http.post(SPLITS, json=GOOD, headers=headers)
    second = await http.post(SPLITS, json=GOOD, headers=headers)
    other = await http.post(SPLITS, json=BY_SIZE, headers=headers)

    assert first.json() == second.json()
    assert len(service.splits) == 1
    assert (other.status_code, other.json()["error"]["code"]) == (409, "IDEMPOTENCY_CONFLICT")


SERVER_ERRORS: list[tuple[ZerokerfError, int, str, str | None]] = [
    (
        SegmentTooShort({"mode.duration.segment_duration": "Too short."}),
        400,
        "DURATION_TOO_SHORT",
        "segmentDuration",
    ),
    (InvalidUrl({"source.url": "No."}), 400, "INVALID_URL", "sourceUrl"),
    (InvalidUrl({"webhook_url": "No."}), 400, "INVALID_URL", "webhookUrl"),
    (InvalidParams({"mode.file_size.max_file_size": "No."}), 400, "INVALID_PARAMS", "maxFileSize"),
    (InvalidParams({"metadata.fields.a": "No."}), 400, "INVALID_PARAMS", "metadata"),
    (InvalidParams({"request_id": "No."}), 400, "INVALID_PARAMS", "Idempotency-Key"),
    (UploadNotFound("upl_1"), 404, "NOT_FOUND", None),
    (UploadIncomplete("upl_1"), 409, "UPLOAD_INCOMPLETE", None),
    (FileTooLarge(10, 11), 413, "FILE_TOO_LARGE", None),
]


@pytest.mark.parametrize(
    ("error", "status", "code", "field"), SERVER_ERRORS, ids=lambda value: repr(value)[:50]
)
async def test_what_the_server_refuses_is_told_in_the_names_of_json(
    http: httpx.AsyncClient,
    service: MemoryService,
    error: ZerokerfError,
    status: int,
    code: str,
    field: str | None,
) -> None:
    service.fails_with = error

    answer = await http.post(SPLITS, json=GOOD)

    told = answer.json()["error"]
    assert (answer.status_code, told["status"], told["code"]) == (status, status, code)
    assert told["message"] == error.sentence
    assert list(told.get("details", {})) == ([field] if field else [])


@pytest.mark.parametrize(("name", "value"), [("interactive", PRIORITY_INTERACTIVE), ("bulk", PRIORITY_BULK)])
async def test_a_priority_is_passed_on(
    http: httpx.AsyncClient, service: MemoryService, name: str, value: "Priority.ValueType"
) -> None:
    answer = await http.post(SPLITS, json=GOOD | {"priority": name})

    assert answer.status_code == 201
    assert service.requests[-1].priority == value
    assert "priority" not in answer.json()


async def test_what_is_no_priority_is_refused(http: httpx.AsyncClient) -> None:
    answer = await http.post(SPLITS, json=GOOD | {"priority": "urgent"})

    assert (answer.status_code, list(answer.json()["error"]["details"])) == (400, ["priority"])
