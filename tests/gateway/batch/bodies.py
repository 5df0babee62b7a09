"""Submissions that are as they should be, and what is said of others."""

import base64
from typing import Any

import httpx

from tests.gateway.batch.jobs import JOBS
from zerokerf.v1.batch_pb2 import TranscriptionConfig, VocabularyEntry

URL = "https://media.example.org/a/call-17.mp3"
BY_URL: dict[str, Any] = {"input_url": URL, "transcription_config": {}}
PRESIGN: dict[str, Any] = {"mode": "presign", "filename": "talk.flac", "transcription_config": {}}
INLINE: dict[str, Any] = {
    "input_base64": base64.b64encode(b"RIFF, or so").decode(),
    "transcription_config": {},
}
FULL_CONFIG: dict[str, Any] = {
    "language": "de",
    "operating_point": "enhanced",
    "diarization": "channel",
    "domain": "medical",
    "output_locale": "en-GB",
    "enable_entities": False,
    "additional_vocab": [{"content": "Zerokerf", "sounds_like": ["zero curve"]}, {"content": "kerf"}],
}
FULL_CONFIG_MESSAGE = TranscriptionConfig(
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


async def refused(client: httpx.AsyncClient, body: object, status: int = 400) -> str:
    answer = await client.post(JOBS, json=body)
    assert answer.status_code == status, answer.text
    assert list(answer.json()) == ["error"]
    return str(answer.json()["error"])
