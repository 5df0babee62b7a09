"""One request over HTTP/1.1 to a checked address, every wait limited."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import httpcore
import httpx

from server.fetch.connect import GuardedBackend, Resolve
from server.fetch.guard import AddressPolicy
from server.fetch.limits import Broken
from zerokerf.errors import DownloadFailed

# A sender of one-byte chunks must not keep everyone else on this loop waiting.
_CHUNKS_BETWEEN_PAUSES = 64
TlsContext = Callable[[], ssl.SSLContext]
Header = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Answer:
    """The head of an answer, and its body, to be read once."""

    url: httpx.URL
    status: int
    headers: dict[str, bytes]
    chunks: AsyncIterator[bytes]


@dataclass(frozen=True, slots=True)
class Hop:
    policy: AddressPolicy
    tls: TlsContext
    connect_s: float = 10.0
    #: The longest silence.
    idle_s: float = 30.0
    resolve: Resolve | None = None

    @asynccontextmanager
    async def send(
        self, url: httpx.URL, headers: list[Header], method: str = "GET", body: bytes = b""
    ) -> AsyncIterator[Answer]:
        """Raises Broken when another attempt may help, DownloadFailed when not."""
        context = await asyncio.to_thread(self.tls) if url.scheme == "https" else None
        async with AsyncExitStack() as opened:
            backend = GuardedBackend(self.policy, self.resolve)
            opened.push_async_callback(backend.aclose)
            origin = httpcore.Origin(url.scheme.encode(), url.raw_host, port_of(url))
            connection = httpcore.AsyncHTTPConnection(origin, context, network_backend=backend)
            await opened.enter_async_context(connection)
            request = self._request(url, headers, method, body)
            response = await opened.enter_async_context(self._answered(connection, request))
            chunks = self._body(response)
            await opened.enter_async_context(contextlib.aclosing(chunks))
            yield Answer(url, response.status, _merged(response.headers), chunks)

    def _request(self, url: httpx.URL, headers: list[Header], method: str, body: bytes) -> httpcore.Request:
        timeouts = {"connect": self.connect_s, "read": self.idle_s, "write": self.idle_s}
        target = httpcore.URL(
            scheme=url.scheme.encode(), host=url.raw_host, port=port_of(url), target=url.raw_path
        )
        return httpcore.Request(
            method, target, headers=headers, content=body, extensions={"timeout": timeouts}
        )

    @asynccontextmanager
    async def _answered(
        self, connection: httpcore.AsyncHTTPConnection, request: httpcore.Request
    ) -> AsyncIterator[httpcore.Response]:
        # A limit for the whole head: one byte now and then must not keep it open.
        limit_s = 2 * self.connect_s + self.idle_s
        with self._named_failures(in_head=True):
            async with asyncio.timeout(limit_s):
                response = await connection.handle_async_request(request)
        try:
            yield response
        finally:
            await response.aclose()

    async def _body(self, response: httpcore.Response) -> AsyncGenerator[bytes, None]:
        with self._named_failures(in_head=False):
            count = 0
            async for chunk in response.aiter_stream():
                yield chunk
                count += 1
                if count % _CHUNKS_BETWEEN_PAUSES == 0:
                    await asyncio.sleep(0)

    @contextlib.contextmanager
    def _named_failures(self, *, in_head: bool) -> Iterator[None]:
        try:
            yield
        except httpcore.ConnectTimeout as error:
            raise Broken(f"no connection was made within {self.connect_s:g} s.") from error
        except (httpcore.TimeoutException, TimeoutError) as error:
            raise Broken(f"the server sent nothing for {self.idle_s:g} s.") from error
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


def port_of(url: httpx.URL) -> int:
    return url.port or {"http": 80, "https": 443}[url.scheme]


def _merged(headers: list[tuple[bytes, bytes]]) -> dict[str, bytes]:
    """By lower-case name; the first of several wins."""
    return {name.decode("ascii").lower(): value for name, value in reversed(headers)}
