"""A recording that is long enough to be cut inside the store, sent there by its link."""

import asyncio
from pathlib import Path

import httpx
import numpy as np

from tests.corpus.recordings import RATE, music, write_wav
from tests.services.zerokerf import API_KEY, Deployment

#: Most of 40 MiB, so that one of two segments is long enough and the other is not.
LENGTH_S = 230
CUT_S = 200


def write_long(path: Path) -> Path:
    write_wav(path, np.tile(music(10 * RATE), (LENGTH_S // 10, 1)))
    return path


async def put(deployment: Deployment, recording: Path) -> str:
    """The upload's id."""
    content = await asyncio.to_thread(recording.read_bytes)
    async with httpx.AsyncClient(timeout=60) as http:
        made = await http.post(
            f"{deployment.rest_url}/api/v1/uploads",
            json={"fileName": "long.wav", "contentType": "audio/wav"},
            headers={"X-API-Key": API_KEY},
        )
        upload = made.raise_for_status().json()
        (await http.put(upload["url"], content=content, headers=upload["headers"])).raise_for_status()
    return str(upload["id"])
