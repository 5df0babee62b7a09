"""Submitting a file in a form: parts in any order, streamed, whole or not at all."""

from hashlib import sha256

import httpx
import pytest

from tests.gateway.batch.form_submissions import AUDIO, GOOD, PLAIN, is_whole, post, refused
from tests.gateway.batch.forms import BOUNDARY, TYPE, file_part, form, part, pieces
from tests.gateway.batch.jobs import DEFAULT_MODEL, JOBS, struct
from tests.gateway.batch.memory_service import MemoryBatchService
from zerokerf.v1 import batch_service_pb2 as pb
from zerokerf.v1.batch_pb2 import BatchSource, OutputConfig, SrtOverrides, TranscriptionConfig
from zerokerf.v1.priority_pb2 import PRIORITY_BULK

pytestmark = pytest.mark.asyncio(loop_scope="session")


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
        part("webhook_url", b"https://example.org/hook"),
        part("priority", b"bulk"),
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
        webhook_url="https://example.org/hook",
        priority=PRIORITY_BULK,
        upload_sha256=sha256(AUDIO).hexdigest(),
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


async def test_a_form_that_may_be_repeated_says_so_and_what_it_holds(
    client: httpx.AsyncClient, batch: MemoryBatchService
) -> None:
    answer = await post(client, GOOD, {**TYPE, "Idempotency-Key": "call-17"})

    assert answer.status_code == 202
    assert batch.requests[-1].request_id == "call-17"
    assert batch.requests[-1].upload_sha256 == sha256(AUDIO).hexdigest()
