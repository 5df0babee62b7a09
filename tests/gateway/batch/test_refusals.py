"""Submissions that make no job: what is wrong is named."""

from typing import Any

import httpx
import pytest

from tests.gateway.batch.bodies import BY_URL, INLINE, PRESIGN, refused
from tests.gateway.batch.jobs import DEFAULT_MODEL, JOBS
from tests.gateway.batch.memory_service import MemoryBatchService

pytestmark = pytest.mark.asyncio(loop_scope="session")


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


async def test_many_mistakes_are_told_in_a_short_answer(client: httpx.AsyncClient) -> None:
    config = {f"unknown_{number}" * 50: 1 for number in range(100)}

    assert len(await refused(client, BY_URL | {"transcription_config": config})) <= 1000
