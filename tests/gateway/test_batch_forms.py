"""Submitting a file in a form: parts in any order, streamed, whole or not at all."""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator
from typing import Any

import httpx
import psutil
import pytest

from gateway.config import GatewayConfig
from gateway.serve import serve_gateway
from tests.gateway.batch_jobs import DEFAULT_MODEL, struct
from tests.gateway.batch_memory_service import MemoryBatchService
from tests.gateway.forms import BOUNDARY, CONFIG, TYPE, around, file_part, flood, form, part, pieces
from tests.gateway.memory_service import KEY
from zerokerf.errors import FileTooLarge, StorageFull
from zerokerf.v1 import batch_service_pb2 as pb
from zerokerf.v1.batch_pb2 import BatchSource, OutputConfig, SrtOverrides, TranscriptionConfig

pytestmark = pytest.mark.asyncio(loop_scope="session")

JOBS = "/v1/batch/jobs"
AUDIO = b"ID3 and so on \r\n--\r\n" * 5000
PLAIN = part("transcription_config", CONFIG)
LIMIT = 3 << 20


async def post(client: httpx.AsyncClient, body: bytes, headers: dict[str, str] = TYPE) -> httpx.Response:
    return await client.post(JOBS, content=body, headers=headers)


async def refused(client: httpx.AsyncClient, body: bytes, status: int = 400) -> str:
    answer = await post(client, body)
    assert answer.status_code == status, answer.text
    assert list(answer.json()) == ["error"]
    return str(answer.json()["error"])


def is_whole(batch: MemoryBatchService, content: bytes) -> bool:
    upload = batch.uploads["upl_0"]
    return upload.complete and upload.digest.digest() == hashlib.sha256(content).digest()


@pytest.mark.parametrize("content_type", [None, "application/json", "text/plain; charset=utf-8"])
@pytest.mark.parametrize("is_file_first", [True, False])
async def test_every_part_reaches_the_server(
    client: httpx.AsyncClient, batch: MemoryBatchService, content_type: str | None, is_file_first: bool
) -> None:
    def typed(name: str, content: bytes) -> bytes:
        return part(name, content, content_type=content_type)

    others = [
        typed("transcription_config", b'{"language": "de"}'),
        part("job_id", b"call17"),
        part("model_code", DEFAULT_MODEL.encode()),
        typed("metadata", '{"team": "Nörd"}'.encode()),
        typed("tracking", b'{"title": "a", "details": "b"}'),
        typed("output_config", b'{"srt_overrides": {"max_lines": 1}}'),
    ]
    file = file_part(AUDIO)

    answer = await post(client, form(file, *others) if is_file_first else form(*others, file))

    assert (answer.status_code, answer.json()) == (202, {"job_id": "call17", "status": "QUEUED"})
    assert batch.requests[-1] == pb.CreateBatchJobRequest(
        id="call17",
        source=BatchSource(upload_id="upl_0"),
        model_code=DEFAULT_MODEL,
        transcription_config=TranscriptionConfig(language="de"),
        metadata=struct(team="Nörd"),
        tracking=struct(title="a", details="b"),
        output_config=OutputConfig(srt_overrides=SrtOverrides(max_lines=1)),
    )
    assert is_whole(batch, AUDIO)
    assert batch.uploads["upl_0"].request.file_name == "call-17.mp3"
    assert batch.uploads["upl_0"].request.content_type == "audio/mpeg"


async def test_a_form_of_a_common_client_is_accepted(
    client: httpx.AsyncClient, batch: MemoryBatchService
) -> None:
    answer = await client.post(
        JOBS, files={"file": ("größe.wav", AUDIO, "audio/wav")}, data={"transcription_config": "{}"}
    )

    assert answer.status_code == 202
    assert is_whole(batch, AUDIO)
    assert batch.uploads["upl_0"].request.file_name == "größe.wav"


@pytest.mark.parametrize("size", [1, 7, 1000, 65536])
async def test_it_does_not_matter_where_the_body_is_torn(
    client: httpx.AsyncClient, batch: MemoryBatchService, size: int
) -> None:
    content = AUDIO[:3000] if size < 100 else AUDIO
    content += f"\r\n--{BOUNDARY[:-1]}\r\n--{BOUNDARY}".encode()[:-1] + b"\r"

    answer = await client.post(JOBS, content=pieces(form(PLAIN, file_part(content)), size), headers=TYPE)

    assert answer.status_code == 202
    assert is_whole(batch, content)


@pytest.mark.parametrize("name", [None, "", " "])
@pytest.mark.parametrize("kind", ["", "nonsense", "a/b/c", "x" * 200])
async def test_a_file_needs_neither_name_nor_type(
    client: httpx.AsyncClient, batch: MemoryBatchService, name: str | None, kind: str
) -> None:
    answer = await post(client, form(file_part(b"x", file_name=name, content_type=kind), PLAIN))

    assert answer.status_code == 202
    assert batch.uploads["upl_0"].request.file_name == "upload"
    assert batch.uploads["upl_0"].request.content_type == ""


async def test_unknown_parts_are_passed_over(client: httpx.AsyncClient, batch: MemoryBatchService) -> None:
    body = form(part("note", b"\xff", file_name="a.bin"), PLAIN, file_part(AUDIO), part("", b"?"))

    assert (await post(client, body)).status_code == 202
    assert is_whole(batch, AUDIO)


@pytest.mark.parametrize(
    ("parts", "sentence"),
    [
        ([PLAIN], "file: This field is required"),
        ([], "file: This field is required"),
        ([file_part(b"x")], "transcription_config: This field is required"),
        ([file_part(b""), PLAIN], "file is empty"),
        ([file_part(b"x"), file_part(b"y"), PLAIN], "file is given twice"),
        ([PLAIN, PLAIN, file_part(b"x")], "transcription_config is given twice"),
        ([part("transcription_config", b"en"), file_part(b"x")], "transcription_config is not valid JSON"),
        ([part("transcription_config", b""), file_part(b"x")], "transcription_config is not valid JSON"),
        ([part("transcription_config", b"[]")], "transcription_config must be a JSON object"),
        ([part("metadata", b'"a"')], "metadata must be a JSON object"),
        ([part("metadata", b"\xff")], "metadata is not valid UTF-8 text"),
        ([part("metadata", b'{"a": 1, "a": 2}')], "a: This field is given twice"),
        ([part("tracking", b"{")], "tracking is not valid JSON"),
        ([part("output_config", b'{"a": NaN}')], "NaN is not a JSON number"),
        ([part("job_id", b"\xff")], "job_id is not valid UTF-8 text"),
        ([part("job_id", b""), PLAIN, file_part(b"x")], "job_id must be alphanumeric"),
        ([part("job_id", b"a b"), PLAIN, file_part(b"x")], "job_id must be alphanumeric"),
        ([PLAIN, file_part(b"x"), part("job_id", b"a b")], "job_id must be alphanumeric"),
        (
            [PLAIN, file_part(b"x"), part("model_code", b"x")],
            f"model_code 'x' is not supported. Allowed: {DEFAULT_MODEL}",
        ),
        (
            [part("transcription_config", b'{"x": 1}'), file_part(b"x")],
            "transcription_config.x: There is no such field",
        ),
    ],
    ids=str,
)
async def test_a_part_that_breaks_a_rule_is_named(
    client: httpx.AsyncClient, batch: MemoryBatchService, parts: list[bytes], sentence: str
) -> None:
    assert await refused(client, form(*parts)) == sentence
    assert not batch.jobs


async def test_mistakes_before_the_file_are_told_before_it_is_taken(
    client: httpx.AsyncClient, batch: MemoryBatchService
) -> None:
    await refused(client, form(part("transcription_config", b'{"x": 1}'), file_part(AUDIO)))

    assert not batch.uploads


GOOD = form(PLAIN, file_part(AUDIO))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"nonsense",
        GOOD[:-4],
        GOOD[: len(GOOD) // 2],
        GOOD[:100],
        GOOD.replace(b"form-data", b"attachment"),
        GOOD.replace(b"Content-Disposition", b"X-Other"),
        GOOD.replace(b"\r\n", b"\n"),
        GOOD.replace(b'name="file"', b'name="\xff"'),
        b"x" + GOOD,
        form(*[part(f"a{number}", b"") for number in range(100)], PLAIN, file_part(b"x")),
        form(PLAIN, file_part(b"x").replace(b"\r\n\r\n", b"\r\nX: " + b"x" * 9000 + b"\r\n\r\n", 1)),
        form(PLAIN, file_part(b"x").replace(b"\r\n\r\n", b"\r\nX-A: b" * 30 + b"\r\n\r\n", 1)),
        form(PLAIN, file_part(b"x").replace(b"\r\n\r\n", b"\r\nContent-Length: 5\r\n\r\n", 1)),
    ],
    ids=range(14),
)
async def test_a_form_that_is_malformed_or_not_whole_makes_no_job(
    client: httpx.AsyncClient, batch: MemoryBatchService, body: bytes
) -> None:
    sentence = await refused(client, body)

    assert sentence == "The request body is not valid multipart/form-data"
    assert not batch.jobs


@pytest.mark.parametrize(
    "header",
    [
        "multipart/form-data",
        "multipart/form-data; boundary=",
        'multipart/form-data; boundary=""',
        f"multipart/form-data; boundary={'x' * 71}",
    ],
)
async def test_a_form_without_a_boundary_is_refused(client: httpx.AsyncClient, header: str) -> None:
    answer = await post(client, GOOD, {"Content-Type": header})

    assert (answer.status_code, list(answer.json())) == (400, ["error"])


async def test_a_quoted_boundary_and_other_parameters_are_understood(client: httpx.AsyncClient) -> None:
    header = f'Multipart/Form-Data; charset=utf-8; boundary="{BOUNDARY}"'

    assert (await post(client, GOOD, {"Content-Type": header})).status_code == 202


async def test_a_preamble_and_an_epilogue_are_no_parts(
    client: httpx.AsyncClient, batch: MemoryBatchService
) -> None:
    answer = await post(client, b"once\r\n" + GOOD + b"upon a time" + GOOD)

    assert answer.status_code == 202
    assert is_whole(batch, AUDIO)


@pytest.mark.parametrize("declares", [True, False])
async def test_a_file_at_the_limit_passes_and_one_byte_more_does_not(
    client: httpx.AsyncClient, batch: MemoryBatchService, declares: bool
) -> None:
    async def status_of(size: int) -> httpx.Response:
        body = form(PLAIN, file_part(bytes(size)))
        return await client.post(JOBS, content=body if declares else pieces(body, 65536), headers=TYPE)

    fits, does_not = await status_of(LIMIT), await status_of(LIMIT + 1)

    assert (fits.status_code, batch.uploads["upl_0"].size) == (202, LIMIT)
    assert (does_not.status_code, does_not.json()) == (
        413,
        {"error": f"File too large. Maximum size is {LIMIT} bytes."},
    )
    assert len(batch.jobs) == 1


async def test_a_declared_length_over_the_limit_is_refused_at_once(
    client: httpx.AsyncClient, batch: MemoryBatchService
) -> None:
    url = httpx.URL(client.base_url)
    reader, writer = await asyncio.open_connection(url.host, url.port)

    writer.write(_head(LIMIT * 2, "Expect: 100-continue"))
    answer = await asyncio.wait_for(reader.readuntil(b"\r\n"), 5)

    writer.close()
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert not batch.uploads


async def test_large_parts_beside_the_file_are_refused(
    client: httpx.AsyncClient, batch: MemoryBatchService
) -> None:
    body = form(part("note", bytes(300_000)), part("other", bytes(300_000)), PLAIN, file_part(b"x"))

    assert (await refused(client, body, 413)).startswith("The request body is larger than")
    assert not batch.jobs


async def test_a_client_that_falls_silent_is_answered(
    client: httpx.AsyncClient, batch: MemoryBatchService
) -> None:
    url = httpx.URL(client.base_url)
    reader, writer = await asyncio.open_connection(url.host, url.port)
    writer.write(_head(len(GOOD)) + GOOD[:-40])
    answer = await asyncio.wait_for(reader.read(), 10)
    writer.close()

    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b'{"error":"Nothing arrived for 1 s"}' in answer
    assert not batch.jobs


async def test_a_client_that_leaves_stops_its_upload(
    client: httpx.AsyncClient, batch: MemoryBatchService
) -> None:
    url = httpx.URL(client.base_url)
    _, writer = await asyncio.open_connection(url.host, url.port)
    writer.write(_head(LIMIT) + GOOD[:5000] + bytes(1 << 20))
    await writer.drain()
    await batch.arriving("upl_0")
    writer.transport.abort()

    await batch.left("upl_0")
    assert not batch.jobs
    assert not batch.uploads["upl_0"].complete


@pytest.mark.parametrize(
    ("error", "status", "sentence"),
    [
        (FileTooLarge(1 << 30), 413, "File too large. Maximum size is 1 GB."),
        (StorageFull(), 503, "Service unavailable"),
    ],
)
async def test_a_server_that_stops_taking_bytes_says_why(
    client: httpx.AsyncClient,
    batch: MemoryBatchService,
    error: Any,  # noqa: ANN401 - errors of two classes
    status: int,
    sentence: str,
) -> None:
    batch.write_fails = (1 << 20, error)

    assert await refused(client, form(PLAIN, file_part(bytes(LIMIT - 1000))), status) == sentence


async def test_without_a_good_key_no_body_is_asked_for(client: httpx.AsyncClient) -> None:
    url = httpx.URL(client.base_url)
    reader, writer = await asyncio.open_connection(url.host, url.port)

    writer.write(_head(len(GOOD), "Expect: 100-continue").replace(KEY.encode(), b"wrong"))
    answer = await asyncio.wait_for(reader.read(), 5)
    writer.close()

    assert answer.startswith(b"HTTP/1.1 403 ")
    assert answer.endswith(b'{"error":"API key id not found"}')


@pytest.mark.slow
async def test_a_gibibyte_passes_in_flat_memory_and_one_byte_more_does_not(
    batch_config: GatewayConfig, client: httpx.AsyncClient, batch: MemoryBatchService
) -> None:
    config = GatewayConfig(batch_config.open_channel, batch_config.public_url)
    head, tail = around([PLAIN])
    process, chunk = psutil.Process(), os.urandom(1 << 20)
    before = process.memory_info().rss
    peak = 0

    async def watched(size: int) -> AsyncIterator[bytes]:
        nonlocal peak
        async for piece in flood(head, size, tail, chunk):
            peak = max(peak, process.memory_info().rss)
            yield piece

    async with serve_gateway(config, "127.0.0.1", 0) as (host, port):
        url = f"http://{host}:{port}{JOBS}"
        fits = await client.post(url, content=watched(1 << 30), headers=TYPE, timeout=120)
        does_not = await client.post(url, content=watched((1 << 30) + 1), headers=TYPE, timeout=120)

    assert (fits.status_code, batch.uploads["upl_0"].size) == (202, 1 << 30)
    assert (does_not.status_code, does_not.json()) == (
        413,
        {"error": "File too large. Maximum size is 1 GB."},
    )
    assert (len(batch.jobs), batch.uploads["upl_1"].complete) == (1, False)
    assert peak - before < 64 << 20


def _head(length: int, *more: str) -> bytes:
    lines = [
        f"POST {JOBS} HTTP/1.1",
        "Host: a",
        f"Authorization: Bearer {KEY}",
        f"Content-Type: {TYPE['Content-Type']}",
        f"Content-Length: {length}",
        *more,
    ]
    return "\r\n".join([*lines, "", ""]).encode()
