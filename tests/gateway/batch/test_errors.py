"""Every error of the transcription API: one envelope, documented sentences, nothing internal."""

import json
from dataclasses import replace
from functools import partial
from typing import Any

import httpx
import pytest

from gateway.batch.errors import KINDS, REASONS, batch_answer_of, batch_face_of
from gateway.config import GatewayConfig
from tests.gateway.admission import KEY
from tests.gateway.batch.bodies import BY_URL
from tests.gateway.batch.jobs import JOBS
from tests.gateway.batch.memory_service import MemoryBatchService
from tests.gateway.every_error import bare, classes
from tests.gateway.serving import client_of
from zerokerf.channel import open_channel
from zerokerf.errors import (
    FileTooLarge,
    InternalError,
    InvalidParams,
    JobFailed,
    Kind,
    StorageDenied,
    StorageFull,
    Unavailable,
    UnsupportedLanguage,
    ZerokerfError,
)

pytestmark = pytest.mark.asyncio(loop_scope="session")

DOCUMENTED = {400, 403, 404, 409, 413, 500}
ALLOWED = DOCUMENTED | {402, 429, 501, 503}
OPERATIONS = [
    ("POST", JOBS),
    ("GET", JOBS),
    ("GET", f"{JOBS}/call17"),
    ("DELETE", f"{JOBS}/call17"),
    ("GET", f"{JOBS}/call17/files"),
    ("POST", f"{JOBS}/call17/cancel"),
    ("GET", f"{JOBS}/call17/events"),
    ("GET", "/v1/batch/models"),
]


async def call(client: httpx.AsyncClient, method: str, path: str, **more: Any) -> httpx.Response:  # noqa: ANN401 - httpx's own arguments
    return await client.request(method, path, json=BY_URL if method == "POST" else None, **more)


async def test_every_error_has_a_status_and_a_sentence() -> None:
    assert set(KINDS) == set(Kind)
    for cls in classes():
        error = bare(cls)
        if isinstance(error, InvalidParams):
            error.violations = {"field": "A sentence."}
        status, sentence = batch_face_of(error)
        assert status in ALLOWED, cls
        assert sentence, cls


async def test_every_listed_reason_is_the_reason_of_an_error() -> None:
    assert set(REASONS) <= {cls.reason for cls in classes()}


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (FileTooLarge(1 << 30), "File too large. Maximum size is 1 GB."),
        (FileTooLarge(2 << 30, 5 << 30), "File too large. Maximum size is 2 GB."),
        (InvalidParams({"tracking.tags": "Must be tagged."}), "tracking.tags: Must be tagged"),
        (InvalidParams({"tracking.tags": "All tags must be short."}), "All tags must be short"),
        (InvalidParams({"one": "Bad.", "two": "Worse."}), "one: Bad; two: Worse"),
        (
            UnsupportedLanguage("de", "tiny", ["en"]),
            "transcription_config.language: Model tiny cannot transcribe 'de': it knows English only",
        ),
    ],
)
async def test_sentences_say_what_to_change(error: ZerokerfError, sentence: str) -> None:
    assert json.loads(bytes(batch_answer_of(error).body)) == {"error": sentence}


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": ""},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer wrong"},
        {"Authorization": f"Basic {KEY}"},
        {"Authorization": KEY},
        {"Authorization": "Bearer sch\xfcssel"},
        {"Authorization": "", "X-API-Key": KEY},
    ],
    ids=str,
)
@pytest.mark.parametrize(("method", "path"), OPERATIONS)
async def test_without_a_good_key_nothing_is_answered(
    client: httpx.AsyncClient, batch: MemoryBatchService, method: str, path: str, headers: dict[str, str]
) -> None:
    encoded: Any = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]

    answer = await call(client, method, path, headers=encoded)

    assert (answer.status_code, answer.json()) == (403, {"error": "API key id not found"})
    assert not batch.requests


@pytest.mark.parametrize("suffix", ["", "/files", "/events", "/cancel"])
@pytest.mark.parametrize(
    "job_id", ["a-b", "job_1", "%20", "%C3%A9", "a.b", "%D9%A3", "a%0A", "..%5c", "%7Bid%7D"]
)
async def test_an_id_that_is_not_alphanumeric_is_refused(
    client: httpx.AsyncClient, job_id: str, suffix: str
) -> None:
    method = "POST" if suffix == "/cancel" else "GET"

    answer = await client.request(method, f"{JOBS}/{job_id}{suffix}")

    assert (answer.status_code, answer.json()) == (400, {"error": "job_id must be alphanumeric"})


@pytest.mark.parametrize("job_id", ["unknown", "0", "x" * 128, "x" * 129, "x" * 5000])
@pytest.mark.parametrize(
    ("method", "suffix"),
    [("GET", ""), ("DELETE", ""), ("GET", "/files"), ("GET", "/events"), ("POST", "/cancel")],
)
async def test_an_unknown_job_is_not_found(
    client: httpx.AsyncClient, job_id: str, method: str, suffix: str
) -> None:
    answer = await client.request(method, f"{JOBS}/{job_id}{suffix}")

    assert (answer.status_code, answer.json()) == (404, {"error": "Job not found"})


@pytest.mark.parametrize(
    ("method", "path", "status", "sentence"),
    [
        ("GET", "/v1/", 404, "Not found"),
        ("GET", "/v1/batch", 404, "Not found"),
        ("GET", f"{JOBS}/", 404, "Not found"),
        ("GET", f"{JOBS}/a/b", 404, "Not found"),
        ("GET", f"{JOBS}/a/files/", 404, "Not found"),
        ("PUT", JOBS, 405, "Method not allowed"),
        ("DELETE", JOBS, 405, "Method not allowed"),
        ("PATCH", f"{JOBS}/a", 405, "Method not allowed"),
        ("POST", f"{JOBS}/a/files", 405, "Method not allowed"),
        ("BREW", "/v1/batch/models", 405, "Method not allowed"),
    ],
)
async def test_wrong_addresses_answer_in_the_envelope(
    client: httpx.AsyncClient, method: str, path: str, status: int, sentence: str
) -> None:
    answer = await client.request(method, path)

    assert (answer.status_code, answer.json()) == (status, {"error": sentence})
    assert ("allow" in answer.headers) == (status == 405)


@pytest.mark.parametrize(
    "kind", [None, "", "text/plain", "application/x-www-form-urlencoded", "audio/mpeg", "json"]
)
async def test_another_content_type_is_not_supported(client: httpx.AsyncClient, kind: str | None) -> None:
    headers = {} if kind is None else {"Content-Type": kind}

    answer = await client.post(JOBS, content=json.dumps(BY_URL), headers=headers)

    assert (answer.status_code, answer.json()) == (
        415,
        {"error": "Content-Type must be application/json or multipart/form-data"},
    )


@pytest.mark.parametrize(
    ("raised", "status", "sentence"),
    [
        (RuntimeError("password=hunter2"), 500, "Internal server error"),
        (InternalError(), 500, "Internal server error"),
        (JobFailed(), 500, "Internal server error"),
        (StorageDenied(), 500, "Internal server error"),
        (StorageFull(), 503, "Service unavailable"),
        (Unavailable("The engine"), 503, "Service unavailable"),
    ],
)
@pytest.mark.parametrize(("method", "path"), OPERATIONS)
async def test_failures_of_the_server_show_nothing_internal(
    client: httpx.AsyncClient,
    batch: MemoryBatchService,
    method: str,
    path: str,
    raised: Exception,
    status: int,
    sentence: str,
) -> None:
    batch.fails_with = raised

    answer = await call(client, method, path)

    assert (answer.status_code, answer.json()) == (status, {"error": sentence})
    assert ("retry-after" in answer.headers) == (status == 503)


async def test_a_server_that_is_away_makes_the_service_unavailable(batch_config: GatewayConfig) -> None:
    nowhere = partial(open_channel, "127.0.0.1:1", None)
    away = replace(batch_config, open_channel=nowhere, call_timeout_s=2)
    async with client_of(away) as client:
        answers = [await call(client, method, path) for method, path in OPERATIONS]

    assert [(answer.status_code, answer.json()) for answer in answers] == [
        (503, {"error": "Service unavailable"})
    ] * len(OPERATIONS)


async def test_a_bug_is_told_in_the_envelope(batch_config: GatewayConfig) -> None:
    """Here: a configuration that no request can be served with."""
    broken = replace(batch_config, call_timeout_s="soon")  # type: ignore[arg-type]  # the bug
    async with client_of(broken) as client:
        answer = await client.get(JOBS)

    assert (answer.status_code, answer.json()) == (500, {"error": "Internal server error"})
