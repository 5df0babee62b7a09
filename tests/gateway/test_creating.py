"""Creating jobs and uploads: what is echoed, what is passed on, what is refused."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from tests.gateway.conftest import Setup
from tests.gateway.memory_service import MemoryService
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

pytestmark = pytest.mark.asyncio(loop_scope="session")

GOOD = {"sourceUrl": "https://a.example.com/talk.wav", "splitMode": "duration", "segmentDuration": 240}
BY_SIZE = {"sourceUrl": GOOD["sourceUrl"], "splitMode": "fileSize", "maxFileSize": 8388608}
SPLITS = "/api/v1/splits"


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


BAD_FIELDS: list[tuple[dict[str, Any], str, str]] = [
    ({"segmentDuration": "600"}, "INVALID_PARAMS", "segmentDuration"),
    ({"segmentDuration": 1.5}, "INVALID_PARAMS", "segmentDuration"),
    ({"segmentDuration": 600.0}, "INVALID_PARAMS", "segmentDuration"),
    ({"segmentDuration": True}, "INVALID_PARAMS", "segmentDuration"),
    ({"segmentDuration": None}, "INVALID_PARAMS", "segmentDuration"),
    ({"segmentDuration": [600]}, "INVALID_PARAMS", "segmentDuration"),
    ({"segmentDuration": 10**30}, "INVALID_PARAMS", "segmentDuration"),
    ({"splitMode": "pauses"}, "INVALID_PARAMS", "splitMode"),
    ({"splitMode": "Duration"}, "INVALID_PARAMS", "splitMode"),
    ({"splitMode": 1}, "INVALID_PARAMS", "splitMode"),
    ({"splitMode": "fileSize"}, "INVALID_PARAMS", "maxFileSize"),
    ({"splitMode": "fileSize", "maxFileSize": 1e6}, "INVALID_PARAMS", "maxFileSize"),
    ({"splitMode": "fileSize", "maxFileSize": 2**63}, "INVALID_PARAMS", "maxFileSize"),
    ({"sourceUrl": 5}, "INVALID_PARAMS", "sourceUrl"),
    ({"sourceUrl": None}, "INVALID_PARAMS", "sourceUrl"),
    ({"sourceUpload": "upl_1"}, "INVALID_PARAMS", "sourceUpload"),
    ({"outputFormat": "opus"}, "INVALID_FORMAT", "outputFormat"),
    ({"outputFormat": "MP3"}, "INVALID_FORMAT", "outputFormat"),
    ({"outputFormat": ""}, "INVALID_FORMAT", "outputFormat"),
    ({"outputFormat": 3}, "INVALID_PARAMS", "outputFormat"),
    ({"webhookUrl": ["https://a.example.com"]}, "INVALID_PARAMS", "webhookUrl"),
    ({"metadata": "text"}, "INVALID_PARAMS", "metadata"),
    ({"metadata": []}, "INVALID_PARAMS", "metadata"),
    ({"metadata": {"a": {"b": 1}}}, "INVALID_PARAMS", "metadata"),
    ({"metadata": {"a": [1]}}, "INVALID_PARAMS", "metadata"),
    ({"metadata": {"a": 2**53 + 1}}, "INVALID_PARAMS", "metadata"),
    ({"metadata": {"a": -(2**64)}}, "INVALID_PARAMS", "metadata"),
    ({"bitrate": 128}, "INVALID_PARAMS", "bitrate"),
    ({"segment_duration": 600}, "INVALID_PARAMS", "segment_duration"),
]


@pytest.mark.parametrize(("changes", "code", "field"), BAD_FIELDS, ids=lambda value: str(value)[:60])
async def test_a_bad_field_is_named(
    http: httpx.AsyncClient, service: MemoryService, changes: dict[str, Any], code: str, field: str
) -> None:
    answer = await http.post(SPLITS, json=GOOD | changes)

    error = answer.json()["error"]
    assert (answer.status_code, error["status"], error["code"]) == (400, 400, code)
    assert list(error["details"]) == [field]
    assert error["details"][field].endswith(".")
    assert not service.requests


@pytest.mark.parametrize("missing", ["sourceUrl", "splitMode", "segmentDuration"])
async def test_a_missing_field_is_named(http: httpx.AsyncClient, missing: str) -> None:
    body = {name: value for name, value in GOOD.items() if name != missing}

    error = (await http.post(SPLITS, json=body)).json()["error"]

    assert error["details"] == {missing: "This field is required."}


async def test_all_bad_fields_are_listed_at_once(http: httpx.AsyncClient) -> None:
    body = {"sourceUrl": 1, "splitMode": "x", "extra": 1}

    assert set((await http.post(SPLITS, json=body)).json()["error"]["details"]) == {
        "sourceUrl",
        "splitMode",
        "extra",
    }


TEXT = json.dumps(GOOD)
BAD_BODIES = [
    b"",
    b"segmentDuration=600",
    b"{",
    b"null",
    b"[]",
    b'"text"',
    b"5",
    TEXT.encode("utf-16"),
    b'{"sourceUrl": "\xff"}',
    b'{"sourceUrl": "\\ud800"}',
    b'{"\\udfff": 1}',
    TEXT.replace("240", "240, 241").encode(),
    TEXT.replace("240", "NaN").encode(),
    TEXT.replace("240", "-Infinity").encode(),
    TEXT.replace("240", "0x10").encode(),
    TEXT.replace("240", "1" * 5000).encode(),
    TEXT.replace("240", '240, "metadata": {"a": 1e999}').encode(),
    TEXT.replace("240", '240, "segmentDuration": 241').encode(),
    TEXT.replace("240", '240, "metadata": {"a": 1, "a": 2}').encode(),
    b"[" * 60_000,
    b'{"a":' * 10_000,
    TEXT.encode() + b" {}",
    "﻿".encode() + TEXT.encode(),
]


@pytest.mark.parametrize("body", BAD_BODIES, ids=lambda body: repr(body[:30]))
async def test_a_body_that_is_no_json_object_is_refused(
    http: httpx.AsyncClient, service: MemoryService, body: bytes
) -> None:
    answer = await http.post(SPLITS, content=body, headers={"Content-Type": "application/json"})

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "INVALID_PARAMS")
    assert answer.json()["error"]["details"]
    assert not service.requests


@pytest.mark.parametrize("content_type", ["", "text/plain", "application/x-www-form-urlencoded"])
async def test_another_content_type_is_refused(http: httpx.AsyncClient, content_type: str) -> None:
    answer = await http.post(SPLITS, content=TEXT, headers={"Content-Type": content_type})

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "INVALID_PARAMS")


async def test_a_charset_does_no_harm(http: httpx.AsyncClient) -> None:
    headers = {"Content-Type": "Application/JSON; charset=utf-8"}

    assert (await http.post(SPLITS, content=TEXT, headers=headers)).status_code == 201


@pytest.mark.parametrize("declared", [True, False], ids=["with a length", "in chunks"])
async def test_a_body_over_400_kib_is_too_large(http: httpx.AsyncClient, declared: bool) -> None:
    body = TEXT.encode() + b" " * (400 << 10)

    async def chunks() -> AsyncIterator[bytes]:
        yield body

    answer = await http.post(
        SPLITS, content=body if declared else chunks(), headers={"Content-Type": "application/json"}
    )

    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "FILE_TOO_LARGE")


async def test_a_body_that_never_comes_is_given_up(setup: Setup) -> None:
    url = httpx.URL(setup.base_url)
    reader, writer = await asyncio.open_connection(url.host, url.port)
    writer.write(
        b"POST /api/v1/splits HTTP/1.1\r\nHost: a\r\nX-API-Key: as_test_sk_4Bq9\r\n"
        b"Content-Type: application/json\r\nContent-Length: 50\r\n\r\n{"
    )

    status_line = await asyncio.wait_for(reader.readline(), 5)

    assert status_line.startswith(b"HTTP/1.1 400")
    writer.close()


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


async def test_an_upload_answers_where_to_put_the_file(
    http: httpx.AsyncClient, service: MemoryService
) -> None:
    body = {"fileName": "talk.wav", "contentType": "audio/wav", "size": 1000}

    answer = await http.post("/api/v1/uploads", json=body, headers={"Idempotency-Key": "k"})

    assert answer.status_code == 201
    assert answer.json() == {
        "id": "upl_7k2m",
        "url": "https://files.example.com/files/t/a/u/upl_7k2m/data.bin?s=1",
        "method": "PUT",
        "headers": {"Content-Type": "audio/wav"},
        "expiresAt": "2026-03-29T10:00:00Z",
    }
    request = service.requests[0]
    assert (request.file_name, request.content_type, request.size, request.request_id) == (
        "talk.wav",
        "audio/wav",
        1000,
        "k",
    )


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "fileName"),
        ({"fileName": 1}, "fileName"),
        ({"fileName": "a", "size": "1"}, "size"),
        ({"fileName": "a", "size": 2**70}, "size"),
        ({"fileName": "a", "file": "x"}, "file"),
    ],
)
async def test_a_bad_upload_names_its_field(
    http: httpx.AsyncClient, body: dict[str, Any], field: str
) -> None:
    answer = await http.post("/api/v1/uploads", json=body)

    assert answer.status_code == 400
    assert list(answer.json()["error"]["details"]) == [field]


async def test_a_declared_size_over_the_limit_is_too_large(
    http: httpx.AsyncClient, service: MemoryService
) -> None:
    service.fails_with = FileTooLarge(1000, 1001)

    answer = await http.post("/api/v1/uploads", json={"fileName": "a.wav", "size": 1001})

    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "FILE_TOO_LARGE")
