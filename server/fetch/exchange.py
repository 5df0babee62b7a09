"""One GET over HTTP/1.1 that follows redirects, every hop of it checked, every wait limited."""

import asyncio
import base64
import contextlib
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import httpcore
import httpx

from server.fetch.connect import GuardedBackend
from server.fetch.guard import AddressPolicy, check_url
from server.fetch.limits import Broken, FetchLimits
from zerokerf.errors import DownloadFailed, InvalidUrl

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
# A sender of one-byte chunks must not keep everyone else on this loop waiting.
_CHUNKS_BETWEEN_PAUSES = 64
TlsContext = Callable[[], ssl.SSLContext]


@dataclass(frozen=True, slots=True)
class Answer:
    """The head of an answer that is no redirect, and its body, to be read once."""

    url: httpx.URL
    status: int
    headers: dict[str, bytes]
    chunks: AsyncIterator[bytes]


@dataclass(frozen=True, slots=True)
class Exchange:
    policy: AddressPolicy
    limits: FetchLimits
    tls: TlsContext

    @asynccontextmanager
    async def get(self, url: httpx.URL, extra: dict[str, str]) -> AsyncIterator[Answer]:
        """Raises Broken when another attempt may help, DownloadFailed when not."""
        authorization = _authorization(url)
        for _ in range(self.limits.max_redirects + 1):
            headers = _request_headers(url, extra, authorization)
            async with self._hop(url, headers) as answer:
                if answer.status not in _REDIRECTS:
                    yield answer
                    return
                following = _redirect_target(answer)
            own = _authorization(following)
            # What was meant for one host is not shown to another.
            authorization = own or (authorization if _origin(following) == _origin(url) else None)
            url = following
        raise DownloadFailed(f"it redirects more than {self.limits.max_redirects} times.")

    @asynccontextmanager
    async def _hop(self, url: httpx.URL, headers: list[tuple[str, str]]) -> AsyncIterator[Answer]:
        context = await asyncio.to_thread(self.tls) if url.scheme == "https" else None
        async with AsyncExitStack() as opened:
            backend = GuardedBackend(self.policy)
            opened.push_async_callback(backend.aclose)
            origin = httpcore.Origin(url.scheme.encode(), url.raw_host, _port(url))
            connection = httpcore.AsyncHTTPConnection(origin, context, network_backend=backend)
            await opened.enter_async_context(connection)
            response = await opened.enter_async_context(self._head(connection, url, headers))
            chunks = _body(response, self.limits)
            await opened.enter_async_context(contextlib.aclosing(chunks))
            yield Answer(url, response.status, _merged(response.headers), chunks)

    def _head(
        self, connection: httpcore.AsyncHTTPConnection, url: httpx.URL, headers: list[tuple[str, str]]
    ) -> AbstractAsyncContextManager[httpcore.Response]:
        limits = self.limits
        timeouts = {"connect": limits.connect_s, "read": limits.idle_s, "write": limits.idle_s}
        target = httpcore.URL(
            scheme=url.scheme.encode(), host=url.raw_host, port=_port(url), target=url.raw_path
        )
        request = httpcore.Request("GET", target, headers=headers, extensions={"timeout": timeouts})
        return _answered(connection, request, limits)


@asynccontextmanager
async def _answered(
    connection: httpcore.AsyncHTTPConnection, request: httpcore.Request, limits: FetchLimits
) -> AsyncIterator[httpcore.Response]:
    # A limit for the whole head: one byte now and then must not keep it open.
    limit_s = 2 * limits.connect_s + limits.idle_s
    with _named_failures(limits, in_head=True):
        async with asyncio.timeout(limit_s):
            response = await connection.handle_async_request(request)
    try:
        yield response
    finally:
        await response.aclose()


async def _body(response: httpcore.Response, limits: FetchLimits) -> AsyncGenerator[bytes, None]:
    with _named_failures(limits, in_head=False):
        count = 0
        async for chunk in response.aiter_stream():
            yield chunk
            count += 1
            if count % _CHUNKS_BETWEEN_PAUSES == 0:
                await asyncio.sleep(0)


@contextlib.contextmanager
def _named_failures(limits: FetchLimits, *, in_head: bool) -> Iterator[None]:
    try:
        yield
    except httpcore.ConnectTimeout as error:
        raise Broken(f"no connection was made within {limits.connect_s:g} s.") from error
    except (httpcore.TimeoutException, TimeoutError) as error:
        raise Broken(f"the server sent nothing for {limits.idle_s:g} s.") from error
    except httpcore.ConnectError as error:
        raise _connect_failure(error) from error
    except httpcore.ProtocolError as error:
        # Without a cause the server just hung up; with one it said something that is not HTTP.
        if in_head and error.__cause__ is not None:
            raise DownloadFailed("the server's answer is not valid HTTP.") from error
        raise Broken("the connection broke before the end.") from error
    except (httpcore.NetworkError, OSError) as error:
        raise Broken("the connection broke before the end.") from error


def _connect_failure(error: httpcore.ConnectError) -> Broken | DownloadFailed:
    if isinstance(error.__cause__, ssl.SSLCertVerificationError):
        return DownloadFailed("the server's certificate is not valid for its host name.")
    if isinstance(error.__cause__, ssl.SSLError):
        return DownloadFailed("no secure connection could be agreed with the server.")
    return Broken("the server could not be reached.")


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
    return url.scheme, url.raw_host, _port(url)


def _port(url: httpx.URL) -> int:
    return url.port or {"http": 80, "https": 443}[url.scheme]


def _merged(headers: list[tuple[bytes, bytes]]) -> dict[str, bytes]:
    """By lower-case name; the first of several wins."""
    return {name.decode("ascii").lower(): value for name, value in reversed(headers)}
