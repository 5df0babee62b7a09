"""Submitting recordings by JSON: by URL, by presigned upload and inside of the body."""

import base64
import hashlib
import json
from typing import Any

import httpx
import pytest

from tests.gateway.batch_jobs import DEFAULT_MODEL, job, struct
from tests.gateway.batch_memory_service import MemoryBatchService
from zerokerf.v1 import batch_service_pb2 as pb
from zerokerf.v1.batch_pb2 import (
    BatchJob,
    BatchSource,
    OutputConfig,
    SrtOverrides,
    TranscriptionConfig,
    VocabularyEntry,
)

pytestmark = pytest.mark.asyncio(loop_scope="session")

JOBS = "/v1/batch/jobs"
URL = "https://media.example.org/a/call-17.mp3"
BY_URL: dict[str, Any] = {"input_url": URL, "transcription_config": {}}
PRESIGN: dict[str, Any] = {"mode": "presign", "filename": "talk.flac", "transcription_config": {}}
INLINE: dict[str, Any] = {
    "input_base64": base64.b64encode(b"RIFF, or so").decode(),
    "transcription_config": {},
}

CONFIG: dict[str, Any] = {
    "language": "de",
    "operating_point": "enhanced",
    "diarization": "channel",
    "domain": "medical",
    "output_locale": "en-GB",
    "enable_entities": False,
    "additional_vocab": [{"content": "Zerokerf", "sounds_like": ["zero curve"]}, {"content": "kerf"}],
}
CONFIG_MESSAGE = TranscriptionConfig(
    language="de",
    operating_point=TranscriptionConfig.OPERATING_POINT_ENHANCED,
    diarization=TranscriptionConfig.DIARIZATION_CHANNEL,
    domain="medical",
    output_locale="en-GB",
    enable_entities=False,
    additional_vocab=[
        VocabularyEntry(content="Zerokerf", sounds_like=["zero curve"]),
        VocabularyEntry(content="kerf"),
    ],
)
TRACKING: dict[str, Any] = {
    "title": "Weekly call",
    "reference": "A-1",
    "tags": ["north", "weekly"],
    "details": {"room": 4},
    "own": [1.5, None, True],
}


async def refused(client: httpx.AsyncClient, body: object, status: int = 400) -> str:
    answer = await client.post(JOBS, json=body)
    assert answer.status_code == status, answer.text
    assert list(answer.json()) == ["error"]
    return str(answer.json()["error"])


async def test_every_field_reaches_the_server(client: httpx.AsyncClient, batch: MemoryBatchService) -> None:
    body = {
        "input_url": URL,
        "transcription_config": CONFIG,
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
        transcription_config=CONFIG_MESSAGE,
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


async def test_inline_base64_is_uploaded(client: httpx.AsyncClient, batch: MemoryBatchService) -> None:
    content = bytes(range(256)) * 3000
    encoded = base64.b64encode(content).decode()

    answer = await client.post(JOBS, json=INLINE | {"input_base64": encoded, "input_filename": "a.webm"})

    upload = batch.uploads["upl_0"]
    assert answer.status_code == 202
    assert upload.request.file_name == "a.webm"
    assert (upload.size, upload.complete) == (len(content), True)
    assert upload.digest.digest() == hashlib.sha256(content).digest()
    assert batch.requests[-1].source == BatchSource(upload_id="upl_0")


@pytest.mark.parametrize("size", [1 << 20, (1 << 20) + 1])
async def test_inline_base64_has_a_limit(
    client: httpx.AsyncClient, batch: MemoryBatchService, size: int
) -> None:
    answer = await client.post(JOBS, json=INLINE | {"input_base64": base64.b64encode(bytes(size)).decode()})

    if size <= 1 << 20:
        assert (answer.status_code, batch.uploads["upl_0"].size) == (202, size)
    else:
        assert (answer.status_code, answer.json()) == (
            413,
            {"error": "File too large. Maximum size is 1048576 bytes."},
        )


async def test_a_json_body_beyond_all_limits_is_refused(client: httpx.AsyncClient) -> None:
    sentence = await refused(client, INLINE | {"input_base64": "A" * 4_000_000}, 413)

    assert sentence.startswith("The request body is larger than ")


async def test_large_bodies_leave_their_places(client: httpx.AsyncClient) -> None:
    body = INLINE | {"input_base64": "!" * 500_000}

    assert {await refused(client, body) for _ in range(4)} == {"input_base64 is not valid base64"}


@pytest.mark.parametrize("encoded", ["", "AAA", "A===", "AA==\n", "_-8=", "ä", "data:audio/wav;base64,AAAA"])
async def test_only_standard_base64_is_accepted(client: httpx.AsyncClient, encoded: str) -> None:
    sentence = await refused(client, INLINE | {"input_base64": encoded})

    assert sentence == ("input_base64 is not valid base64" if encoded else "file is empty")


@pytest.mark.parametrize(
    "body",
    [
        BY_URL | {"s3_key": "a"},
        BY_URL | {"mode": "presign", "filename": "a"},
        BY_URL | {"input_base64": "AAAA"},
        PRESIGN | INLINE,
        INLINE | {"s3_key": "a"},
        {"transcription_config": {}},
        {},
    ],
)
async def test_there_is_one_recording_in_a_request(
    client: httpx.AsyncClient, batch: MemoryBatchService, body: dict[str, Any]
) -> None:
    sentence = await refused(client, body)

    assert "one of" in sentence.lower()
    assert not batch.jobs


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"job_id": "a-b"}, "job_id must be alphanumeric"),
        ({"job_id": ""}, "job_id must be alphanumeric"),
        ({"job_id": "é"}, "job_id must be alphanumeric"),
        ({"job_id": "a\n"}, "job_id must be alphanumeric"),
        ({"job_id": "٣"}, "job_id must be alphanumeric"),
        ({"job_id": 17}, "job_id: Must be a string"),
        ({"model_code": ""}, "model_code: Must not be empty"),
        ({"model_code": []}, "model_code: Must be a string"),
        ({"model_code": "x"}, f"model_code 'x' is not supported. Allowed: {DEFAULT_MODEL}"),
        ({"input_url": 5}, "input_url: Must be a string"),
        ({"metadata": "a"}, "metadata: Must be an object"),
        ({"metadata": [1]}, "metadata: Must be an object"),
        (
            {"metadata": {"n": 2**53}},
            "metadata: The number 9007199254740992 cannot be kept exactly; send a string",
        ),
        ({"tracking": "a"}, "tracking: Must be an object"),
        ({"tracking": {"title": 1}}, "tracking.title: Must be a string"),
        ({"tracking": {"tags": "a"}}, "tracking.tags: Must be a list"),
        ({"tracking": {"tags": [1]}}, "tracking.tags: Must be a string"),
        ({"tracking": {"details": 1}}, "tracking.details: Must be a string or an object"),
        ({"output_config": []}, "output_config: Must be an object"),
        ({"output_config": {"formats": ["txt"]}}, "output_config.formats: There is no such field"),
        (
            {"output_config": {"srt_overrides": {"max_lines": 0}}},
            "output_config.srt_overrides.max_lines: Must be greater than or equal to 1",
        ),
        (
            {"output_config": {"srt_overrides": {"max_lines": 1.5}}},
            "output_config.srt_overrides.max_lines: Must be a whole number",
        ),
        (
            {"output_config": {"srt_overrides": {"max_line_length": 2**31}}},
            "output_config.srt_overrides.max_line_length: Must be less than or equal to 2147483647",
        ),
        ({"transcription_config": None}, "transcription_config: Must be an object"),
        ({"transcription_config": "en"}, "transcription_config: Must be an object"),
        ({"transcription_config": []}, "transcription_config: Must be an object"),
    ],
    ids=str,
)
async def test_what_breaks_a_rule_is_named(
    client: httpx.AsyncClient, batch: MemoryBatchService, change: dict[str, Any], sentence: str
) -> None:
    assert await refused(client, BY_URL | change) == sentence
    assert not batch.jobs


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        ({"language": 5}, "language: Must be a string"),
        ({"operating_point": "best"}, "operating_point: Must be 'standard' or 'enhanced'"),
        ({"operating_point": 1}, "operating_point: Must be 'standard' or 'enhanced'"),
        ({"diarization": True}, "diarization: Must be 'none', 'speaker' or 'channel'"),
        ({"domain": {}}, "domain: Must be a string"),
        ({"output_locale": 1}, "output_locale: Must be a string"),
        ({"enable_entities": "true"}, "enable_entities: Must be true or false"),
        ({"enable_entities": 1}, "enable_entities: Must be true or false"),
        ({"additional_vocab": {}}, "additional_vocab: Must be a list"),
        ({"additional_vocab": ["a"]}, "additional_vocab: Must be an object"),
        ({"additional_vocab": [{}]}, "additional_vocab.content: This field is required"),
        (
            {"additional_vocab": [{"content": "a", "sounds_like": "b"}]},
            "additional_vocab.sounds_like: Must be a list",
        ),
        ({"max_delay_mode": "fixed"}, "max_delay_mode: There is no such field"),
        ({"Language": "en"}, "Language: There is no such field"),
    ],
    ids=str,
)
async def test_no_member_of_the_configuration_is_passed_over(
    client: httpx.AsyncClient, config: dict[str, Any], sentence: str
) -> None:
    for body in (BY_URL, PRESIGN, INLINE, {"s3_key": "a"}):
        assert await refused(client, body | {"transcription_config": config}) == (
            f"transcription_config.{sentence}"
        )


@pytest.mark.parametrize("variant", [BY_URL, PRESIGN, INLINE], ids=["url", "presign", "inline"])
async def test_the_configuration_is_required(client: httpx.AsyncClient, variant: dict[str, Any]) -> None:
    body = {name: value for name, value in variant.items() if name != "transcription_config"}

    assert await refused(client, body) == "transcription_config: This field is required"


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"mode": "upload"}, "mode: Must be 'presign'"),
        ({"mode": 1}, "mode: Must be 'presign'"),
        ({"filename": None}, "filename: Must be a string"),
        ({"filename": ""}, "filename: Must not be empty"),
        ({"content_type": 5}, "content_type: Must be a string"),
    ],
    ids=str,
)
async def test_a_presign_that_breaks_a_rule_makes_no_room(
    client: httpx.AsyncClient, batch: MemoryBatchService, change: dict[str, Any], sentence: str
) -> None:
    assert await refused(client, PRESIGN | change) == sentence
    assert not batch.keys


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"nonsense",
        b"[]",
        b'"text"',
        b"null",
        b'{"input_url": "https://a.example", "transcription_config": {"language": NaN}}',
        b'{"transcription_config": {}, "transcription_config": {}, "input_url": "https://a.example"}',
        b'{"input_url": "https://a.example", "transcription_config": {}, "metadata": {"a": 1, "a": 2}}',
        b'{"input_url": "https://a.example", "transcription_config": {}, "metadata": {"a": 1e999}}',
        b'{"input_url": "\\ud800", "transcription_config": {}}',
        b"\xef\xbb\xbf{}",
        b'{"input_url": "\xff", "transcription_config": {}}',
        b'{"metadata": '
        + b'{"a":' * 25
        + b"1"
        + b"}" * 25
        + b', "input_url": "a", "transcription_config": {}}',
        b'{"a":' * 3000 + b"1" + b"}" * 3000,
    ],
    ids=lambda body: body[:40].decode("latin-1"),
)
async def test_what_is_not_strict_json_is_refused(
    client: httpx.AsyncClient, batch: MemoryBatchService, body: bytes
) -> None:
    answer = await client.post(JOBS, content=body, headers={"Content-Type": "application/json"})

    assert answer.status_code == 400
    assert list(answer.json()) == ["error"]
    assert not batch.jobs


async def test_a_used_id_is_a_conflict_and_changes_nothing(
    client: httpx.AsyncClient, batch: MemoryBatchService
) -> None:
    first = job(BatchJob.STATE_DONE)
    batch.add(first)

    assert await refused(client, BY_URL | {"job_id": "call17"}, 409) == "job_id is in use already"
    assert batch.jobs == {"call17": first}


async def test_many_mistakes_are_told_in_a_short_answer(client: httpx.AsyncClient) -> None:
    config = {f"unknown_{number}" * 50: 1 for number in range(100)}

    assert len(await refused(client, BY_URL | {"transcription_config": config})) <= 1000
