"""Whatever is sent to the transcription API, no failure of ours comes of it."""

import json
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.gateway.batch.bodies import BY_URL
from tests.gateway.batch.jobs import JOBS
from tests.gateway.batch.memory_service import MemoryBatchService

pytestmark = pytest.mark.asyncio(loop_scope="session")

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8)
KNOWN = st.sampled_from(
    [
        *("input_url", "mode", "filename", "content_type", "s3_key", "input_base64", "input_filename"),
        *("transcription_config", "job_id", "model_code", "metadata", "tracking", "output_config"),
        *("language", "additional_vocab", "srt_overrides", "max_lines", "title", "tags", "details"),
    ]
)
BODIES = st.dictionaries(KNOWN, JSON | st.just("presign") | st.dictionaries(KNOWN, JSON))


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    database=None,
)
@given(body=BODIES, is_valid_at_heart=st.booleans())
async def test_no_json_is_a_failure_of_ours(
    client: httpx.AsyncClient, batch: MemoryBatchService, body: dict[str, Any], is_valid_at_heart: bool
) -> None:
    sent = BY_URL | body if is_valid_at_heart else body

    answer = await client.post(
        JOBS, content=json.dumps(sent).encode(), headers={"Content-Type": "application/json"}
    )

    assert answer.status_code in {200, 202, 400, 409}, answer.text
    if answer.status_code >= 400:
        assert list(answer.json()) == ["error"]
        assert isinstance(answer.json()["error"], str)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    database=None,
)
@given(noise=st.binary(max_size=200), place=st.integers(0, 300), length=st.integers(0, 100))
async def test_no_form_is_a_failure_of_ours(
    client: httpx.AsyncClient, noise: bytes, place: int, length: int
) -> None:
    boundary = "aB3"
    whole = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="transcription_config"\r\n\r\n{{}}\r\n'
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="a.mp3"\r\n\r\nabc\r\n'
        f"--{boundary}--\r\n"
    ).encode()
    sent = whole[:place] + noise + whole[place + length :]

    answer = await client.post(
        JOBS, content=sent, headers={"Content-Type": f"multipart/form-data; boundary={boundary}"}
    )

    assert answer.status_code in {202, 400, 413}, answer.text
