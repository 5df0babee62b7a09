"""The keys of an identity provider, from where it publishes them."""

import asyncio
import json
import ssl
import time
from collections.abc import Callable

import httpx
import structlog

from server.accounts.tokens import Algorithm, VerifyingKey
from server.accounts.verifying_keys import keys_of_set, one_of
from zerokerf.errors import Unavailable

FETCH_S = 10.0
MAX_BYTES = 2**20
FRESH_S = 600.0
#: A key that was withdrawn while the provider could not be reached works no longer than this.
STALE_S = 3600.0
#: Tokens that name a key nobody knows make no more fetches than this.
RETRY_S = 30.0

log = structlog.get_logger()


class PublishedKeys:
    """Fetched when they are needed, by one task at a time, and remembered."""

    def __init__(
        self, url: str, monotonic: Callable[[], float] = time.monotonic, fetch_s: float = FETCH_S
    ) -> None:
        self._url = url
        self._fetch_s = fetch_s
        self._monotonic = monotonic
        self._keys: tuple[VerifyingKey, ...] = ()
        self._fetched_at = -STALE_S
        self._tried_at = -RETRY_S
        self._last_failed = False
        self._turn = asyncio.Lock()

    async def find(self, key_id: str | None, algorithm: Algorithm) -> VerifyingKey | None:
        """Raises Unavailable if the provider does not answer and nothing is known of the key."""
        key = self._remembered(key_id, algorithm, FRESH_S)
        if key is not None:
            return key
        async with self._turn:
            key = self._remembered(key_id, algorithm, FRESH_S)
            if key is None and self._monotonic() - self._tried_at >= RETRY_S:
                await self._refresh()
        key = key or self._remembered(key_id, algorithm, STALE_S)
        if key is None and self._last_failed:
            raise Unavailable("The identity provider")
        return key

    def _remembered(self, key_id: str | None, algorithm: Algorithm, lives_s: float) -> VerifyingKey | None:
        if self._monotonic() - self._fetched_at >= lives_s:
            return None
        return one_of(self._keys, key_id, algorithm)

    async def _refresh(self) -> None:
        self._tried_at = self._monotonic()
        try:
            self._keys = keys_of_set(json.loads(await _fetch(self._url, self._fetch_s)))
        except (httpx.HTTPError, OSError, ValueError, RecursionError) as error:
            self._last_failed = True
            log.warning("keys of the identity provider not fetched", action="jwks", why=repr(error))
        else:
            self._last_failed = False
            self._fetched_at = self._tried_at


async def _fetch(url: str, within_s: float) -> bytes:
    """Raises httpx.HTTPError, OSError (also for what takes too long) or ValueError."""
    trust = await asyncio.to_thread(ssl.create_default_context)
    async with (
        asyncio.timeout(within_s),
        httpx.AsyncClient(verify=trust, trust_env=False) as client,
        client.stream("GET", url, headers={"accept": "application/json"}) as answer,
    ):
        if answer.status_code != httpx.codes.OK:
            raise ValueError(f"status {answer.status_code}")
        body = bytearray()
        async for chunk in answer.aiter_bytes():
            body += chunk
            if len(body) > MAX_BYTES:
                raise ValueError(f"more than {MAX_BYTES} bytes")
        return bytes(body)
