"""One POST to a stranger's server: to a checked address, within a time, whatever the server does."""

import asyncio
from dataclasses import dataclass

import httpx

from server.fetch.connect import Resolve
from server.fetch.guard import AddressPolicy
from server.fetch.hop import Answer, Hop, TlsContext
from server.fetch.limits import Broken
from server.fetch.post_url import check_post_url
from server.fetch.tls import PublicTls
from zerokerf.errors import DownloadFailed, InvalidUrl

#: How much of an answer is read. The rest is for nobody.
ANSWER_BYTES = 1024
_CONNECT_S = 10.0


@dataclass(frozen=True, slots=True)
class Answered:
    status: int
    #: Its first bytes.
    start: bytes


@dataclass(frozen=True, slots=True)
class Unanswered:
    """`why` is a sentence that the owner of the URL may read."""

    why: str


@dataclass(frozen=True, slots=True)
class Post:
    """Follows no redirect: an answer is an answer. One value serves many tasks at once."""

    policy: AddressPolicy
    tls: TlsContext
    #: From the first look at the host's name to the head of the answer.
    limit_s: float = 30.0
    #: For the start of its body, once the head is there.
    body_limit_s: float = 5.0
    resolve: Resolve | None = None

    async def send(self, url: str, headers: dict[str, str], body: bytes) -> Answered | Unanswered:
        try:
            target = check_post_url(url, self.policy)
        except InvalidUrl as error:
            return Unanswered(str(error))
        hop = Hop(self.policy, self.tls, min(_CONNECT_S, self.limit_s), self.limit_s, self.resolve)
        try:
            async with asyncio.timeout(self.limit_s) as limit:
                async with hop.send(target, _all_headers(target, headers, body), "POST", body) as answer:
                    limit.reschedule(None)
                    return Answered(answer.status, await self._start_of(answer))
        except TimeoutError:
            return Unanswered(f"There was no answer within {self.limit_s:g} s.")
        except (Broken, DownloadFailed) as error:
            return Unanswered(error.why[:1].upper() + error.why[1:])

    async def _start_of(self, answer: Answer) -> bytes:
        """What came of it: an answer is known by its head, whatever happens to its body."""
        start = bytearray()
        try:
            async with asyncio.timeout(self.body_limit_s):
                async for chunk in answer.chunks:
                    start += chunk
                    if len(start) >= ANSWER_BYTES:
                        break
        except (TimeoutError, Broken, DownloadFailed):
            pass
        return bytes(start[:ANSWER_BYTES])


def public_post(policy: AddressPolicy) -> Post:
    """With the usual certificate authorities and limits."""
    return Post(policy, PublicTls())


def _all_headers(url: httpx.URL, headers: dict[str, str], body: bytes) -> list[tuple[str, str]]:
    own = {
        "Host": url.netloc.decode("ascii"),
        "Accept": "*/*",
        "Accept-Encoding": "identity",
        "Connection": "close",
        "Content-Length": str(len(body)),
    }
    return list({**own, **headers}.items())
