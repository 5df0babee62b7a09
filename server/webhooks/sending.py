"""One attempt: signed now, sent now, and what came of it."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from server.database.clock import Clock, utc_now
from server.fetch.post import Answered, Post, Unanswered
from server.webhooks.model import Attempt, Delivery
from server.webhooks.signing import signed_headers
from server.webhooks.signing_secrets import SigningSecrets

OnAttempt = Callable[[int | None, float], None]


@dataclass(frozen=True, slots=True)
class Sender:
    post: Post
    secrets: SigningSecrets
    clock: Clock = utc_now
    #: Told the status, if there was an answer, and the seconds it took.
    on_attempt: OnAttempt | None = None

    async def send(self, delivery: Delivery, body: str) -> Attempt:
        """Raises Unauthenticated when the account is gone."""
        secrets = await self.secrets.of(delivery.account_id)
        now, began = self.clock(), time.monotonic()
        headers = signed_headers(delivery.id, delivery.event, body, secrets, now)
        answer = await self.post.send(delivery.url, headers, body.encode())
        took_s = time.monotonic() - began
        if self.on_attempt:
            self.on_attempt(answer.status if isinstance(answer, Answered) else None, took_s)
        return _attempt(now, answer, round(1000 * took_s))


def _attempt(now: datetime, answer: Answered | Unanswered, took_ms: int) -> Attempt:
    if isinstance(answer, Unanswered):
        return Attempt(now, error=answer.why, took_ms=took_ms)
    return Attempt(now, answer.status, answer=answer.start.decode(errors="replace"), took_ms=took_ms)
