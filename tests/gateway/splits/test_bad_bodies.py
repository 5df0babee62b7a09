"""Bodies that create no job: what is wrong is named."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from tests.gateway.conftest import Setup
from tests.gateway.memory_service import MemoryService
from tests.gateway.splits.recipes import GOOD, SPLITS

pytestmark = pytest.mark.asyncio(loop_scope="session")

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
