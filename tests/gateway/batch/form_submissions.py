"""Recordings submitted in forms, and what became of them."""

import hashlib

import httpx

from tests.gateway.batch.forms import CONFIG, TYPE, file_part, form, part
from tests.gateway.batch.jobs import JOBS
from tests.gateway.batch.memory_service import MemoryBatchService

AUDIO = b"ID3 and so on \r\n--\r\n" * 5000
PLAIN = part("transcription_config", CONFIG)
GOOD = form(PLAIN, file_part(AUDIO))


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
