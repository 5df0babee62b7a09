"""One GET that follows redirects, every hop of it checked."""

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx

from server.fetch.guard import check_url
from server.fetch.hop import Answer, Hop, port_of
from server.fetch.limits import FetchLimits
from zerokerf.errors import DownloadFailed, InvalidUrl

_REDIRECTS = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True)
class Exchange:
    hop: Hop
    limits: FetchLimits

    @asynccontextmanager
    async def get(self, url: httpx.URL, extra: dict[str, str]) -> AsyncIterator[Answer]:
        """Raises Broken when another attempt may help, DownloadFailed when not."""
        authorization = _authorization(url)
        for _ in range(self.limits.max_redirects + 1):
            headers = _request_headers(url, extra, authorization)
            async with self.hop.send(url, headers) as answer:
                if answer.status not in _REDIRECTS:
                    yield answer
                    return
                following = _redirect_target(answer)
            own = _authorization(following)
            # What was meant for one host is not shown to another.
            authorization = own or (authorization if _origin(following) == _origin(url) else None)
            url = following
        raise DownloadFailed(f"it redirects more than {self.limits.max_redirects} times.")


def _redirect_target(answer: Answer) -> httpx.URL:
    location = answer.headers.get("location")
    if not location:
        raise DownloadFailed(f"the server answered {answer.status} without saying where to.")
    try:
        target = _joined(answer.url, location.decode("utf-8"))
    except (InvalidUrl, httpx.InvalidURL, UnicodeError) as error:
        raise DownloadFailed("it redirects to something that is not a usable web address.") from error
    if answer.url.scheme == "https" and target.scheme == "http":
        raise DownloadFailed("it redirects from https to http, which is not followed.")
    return target


def _joined(base: httpx.URL, location: str) -> httpx.URL:
    # Before joining, which would escape a backslash and so hide it.
    if "\\" in location:
        raise httpx.InvalidURL("backslash")
    return check_url(str(base.join(location)), max_length=8192)


def _request_headers(
    url: httpx.URL, extra: dict[str, str], authorization: str | None
) -> list[tuple[str, str]]:
    headers = {
        "Host": url.netloc.decode("ascii"),
        "User-Agent": "zerokerf",
        "Accept": "*/*",
        "Accept-Encoding": "identity",
        "Connection": "close",
        **extra,
    }
    if authorization is not None:
        headers["Authorization"] = authorization
    return list(headers.items())


def _authorization(url: httpx.URL) -> str | None:
    if not url.userinfo:
        return None
    pair = f"{url.username}:{url.password}".encode()
    return "Basic " + base64.b64encode(pair).decode("ascii")


def _origin(url: httpx.URL) -> tuple[str, bytes, int]:
    return url.scheme, url.raw_host, port_of(url)
