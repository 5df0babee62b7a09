"""Downloads one URL into one file: guarded, limited, resumed when it breaks, all or nothing."""

import asyncio
import secrets
from dataclasses import dataclass
from pathlib import Path

import httpx

from server.fetch.answer import Version, continues, refuse_compressed, refuse_failures, whole_version
from server.fetch.exchange import Exchange
from server.fetch.guard import AddressPolicy, check_url
from server.fetch.hop import Answer, Hop, TlsContext
from server.fetch.limits import Broken, FetchLimits
from server.fetch.names import file_name
from server.fetch.progress import OnProgress, Progress
from server.fetch.sink import FileSink
from server.fetch.tls import PublicTls
from zerokerf.errors import DownloadFailed, FileTooLarge

_LONGEST_WAIT_S = 8.0
_WORTH_A_FRESH_START_BYTES = 1 << 20
_NOTHING = Version(None, None)


@dataclass(frozen=True, slots=True)
class Downloaded:
    path: Path
    size_bytes: int
    sha256: str
    file_name: str


async def download(
    url: str,
    dest: Path,
    *,
    policy: AddressPolicy,
    limits: FetchLimits,
    on_progress: OnProgress,
    tls: TlsContext | None = None,
) -> Downloaded:
    """The content of `url` at `dest`, complete, or an error and nothing at all.

    `on_progress` hears bytes received and bytes expected, if known; the first never goes down.
    Raises InvalidUrl, FileTooLarge or DownloadFailed. Redirects from https to http are not followed.
    """
    source = check_url(url, max_length=8192)
    sink = FileSink(dest.with_name(f".{dest.name}.{secrets.token_hex(4)}.part"))
    hop = Hop(policy, tls or PublicTls(), limits.connect_s, limits.idle_s)
    exchange = Exchange(hop, limits)
    transfer = _Transfer(source, exchange, sink, Progress(on_progress))
    try:
        async with asyncio.timeout(limits.total_s) as total:
            await sink.open()
            name = await transfer.run()
            sha256 = await sink.finish(dest)
    except BaseException as error:
        await sink.discard()
        if isinstance(error, TimeoutError) and total.expired():
            raise DownloadFailed(f"it was not complete after {limits.total_s:g} s.") from error
        raise
    return Downloaded(dest, sink.size_bytes, sha256, name)


class _Transfer:
    """Attempts until the file is whole. Each goes on from what is there if the source is the same still."""

    def __init__(self, url: httpx.URL, exchange: Exchange, sink: FileSink, progress: Progress) -> None:
        self._url = url
        self._exchange = exchange
        self._limits = exchange.limits
        self._sink = sink
        self._progress = progress
        self._version = _NOTHING

    async def run(self) -> str:
        """The name of the file, once all of it is in the sink."""
        failures, furthest_bytes = 0, 0
        while True:
            try:
                return await self._attempt()
            except Broken as broken:
                # Only new ground counts: a server that always breaks at the same byte must run out of tries.
                if self._sink.size_bytes >= furthest_bytes + _WORTH_A_FRESH_START_BYTES:
                    failures = 0
                furthest_bytes = max(furthest_bytes, self._sink.size_bytes)
                failures += 1
                if failures >= self._limits.tries:
                    raise DownloadFailed(broken.why, **broken.facts) from broken
                await asyncio.sleep(self._pause_s(failures, broken))

    async def _attempt(self) -> str:
        async with self._exchange.get(self._url, self._condition()) as answer:
            refuse_failures(answer.status, answer.headers)
            refuse_compressed(answer.headers)
            await self._place(answer)
            await self._pour(answer)
            paths = (url.raw_path.decode("ascii").partition("?")[0] for url in (self._url, answer.url))
            return file_name(answer.headers.get("content-disposition"), *paths)

    def _condition(self) -> dict[str, str]:
        if self._version.validator is None or not self._sink.size_bytes:
            return {}
        return {"Range": f"bytes={self._sink.size_bytes}-", "If-Range": self._version.validator}

    async def _place(self, answer: Answer) -> None:
        """Make the sink end where the answer's body begins."""
        if answer.status == 200:
            self._version = whole_version(answer.headers)
            self._refuse_size(self._version.total_bytes)
            if self._sink.size_bytes:
                await self._sink.restart()
        elif not self._condition() or not continues(answer.headers, self._version, self._sink.size_bytes):
            if not self._condition():
                raise DownloadFailed(f"the server answered {answer.status} to a request for the whole file.")
            self._version = _NOTHING  # so that the next attempt asks for all of it
            raise Broken("the server could not continue where the connection broke.")

    async def _pour(self, answer: Answer) -> None:
        async for chunk in answer.chunks:
            if self._sink.size_bytes + len(chunk) > self._limits.max_bytes:
                raise FileTooLarge(self._limits.max_bytes)
            await self._sink.write(chunk)
            self._progress.report(self._sink.size_bytes, self._version.total_bytes)
        if self._version.total_bytes not in {None, self._sink.size_bytes}:
            raise Broken("the connection broke before the end.")
        self._progress.report(self._sink.size_bytes, self._sink.size_bytes, at_once=True)

    def _refuse_size(self, size_bytes: int | None) -> None:
        if size_bytes is not None and size_bytes > self._limits.max_bytes:
            raise FileTooLarge(self._limits.max_bytes, size_bytes)

    def _pause_s(self, failures: int, broken: Broken) -> float:
        growing_s = min(self._limits.first_retry_s * 2.0 ** (failures - 1), _LONGEST_WAIT_S)
        return growing_s if broken.retry_after_s is None else max(growing_s, broken.retry_after_s)
