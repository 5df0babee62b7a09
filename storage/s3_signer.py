"""Signed links to objects in S3. Signing speaks to nobody, but for fetching credentials that ran out."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

from minio.credentials.providers import Provider

from storage.download_name import attachment
from storage.interface import SignedUrl
from storage.keys import check_key
from storage.s3_client import S3Address, client_of
from storage.s3_errors import reading
from storage.signed_links import expiry, this_second
from storage.threads import Threads


class S3Signer:
    def __init__(
        self, address: S3Address, provider: Provider, now: Callable[[], datetime] = this_second
    ) -> None:
        self._address = address
        self._provider = provider
        self._client = client_of(address.public_endpoint, address.region, provider)
        self._now = now
        # Apart from the threads that carry data, so that uploads never make a link wait.
        self._threads = Threads(2, "s3-sign")

    async def sign_get(
        self, key: str, expires: timedelta, *, filename: str, content_type: str | None = None
    ) -> SignedUrl:
        answer = {
            "response-content-disposition": attachment(filename),
            "response-content-type": content_type or "application/octet-stream",
        }
        return await self._signed("GET", key, expires, answer, {})

    async def sign_put(self, key: str, expires: timedelta, *, content_type: str, max_size: int) -> SignedUrl:  # noqa: ARG002  a plain S3 PUT link can limit neither
        return await self._signed("PUT", key, expires, {}, {"Content-Type": content_type})

    async def aclose(self) -> None:
        await self._threads.aclose()

    async def _signed(
        self, method: str, key: str, expires: timedelta, answer: dict[str, str], headers: dict[str, str]
    ) -> SignedUrl:
        check_key(key)
        now = self._now()
        wanted = expiry(now, expires)
        with reading(key):
            ends = await self._threads.run(self._end, now, wanted)
            make_url = partial(
                self._client.get_presigned_url,
                method,
                self._address.bucket,
                self._address.prefix + key,
                expires=ends - now,
                response_headers=dict(answer),
                request_date=now,
            )
            url = await self._threads.run(make_url)
        return SignedUrl(url, method, headers, ends)

    def _end(self, now: datetime, wanted: datetime) -> datetime:
        """A link dies with the credentials that signed it, so it must not promise more."""
        until = self._provider.retrieve().expiration
        if until is None:
            return wanted
        return max(min(wanted, until.replace(tzinfo=UTC)), now + timedelta(seconds=1))
