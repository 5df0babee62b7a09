"""A job's events as a browser follows them over REST: taken up again behind the last id, whatever breaks."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress

import httpx

from tests.end_to_end.service import Json

BACK_SOON_S = 0.2


async def server_sent(http: httpx.AsyncClient, job_id: str) -> AsyncGenerator[tuple[int, Json]]:
    """Number and data of each event, up to the final one. A service that is away is asked again."""
    number = 0
    while True:
        async with aclosing(_one_stream(http, job_id, number)) as events:
            async for number, told in events:
                yield number, told
                if told["status"] in ("completed", "failed"):
                    return
        await asyncio.sleep(BACK_SOON_S)  # nothing announces a service that is back


async def _one_stream(http: httpx.AsyncClient, job_id: str, after: int) -> AsyncGenerator[tuple[int, Json]]:
    """Ends when the stream does."""
    headers = {"Last-Event-ID": str(after)} if after else {}
    with suppress(httpx.TransportError):
        async with http.stream("GET", f"/splits/{job_id}/events", headers=headers) as stream:
            if stream.status_code >= 500:
                return
            assert stream.status_code == 200, await stream.aread()
            async for line in stream.aiter_lines():
                name, _, value = line.partition(": ")
                if name == "id":
                    after = int(value)
                elif name == "data":
                    yield after, json.loads(value)
