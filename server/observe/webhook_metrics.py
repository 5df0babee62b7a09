"""Webhooks: attempts, and how many deliveries are due."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from server.observe.buckets import CALL_S

_OUTCOMES = ("delivered", "refused", "unanswered")


class WebhookMetrics:
    def __init__(self, registry: CollectorRegistry) -> None:
        self._attempts = Counter(
            "zerokerf_webhook_attempts", "Attempts by what came of them.", ("outcome",), registry=registry
        )
        self._took = Histogram(
            "zerokerf_webhook_attempt_seconds", "Time of an attempt.", buckets=CALL_S, registry=registry
        )
        self._pending = Gauge(
            "zerokerf_webhooks_pending", "Deliveries that have not ended, by the records.", registry=registry
        )
        for outcome in _OUTCOMES:
            self._attempts.labels(outcome)

    def attempted(self, status: int | None, took_s: float) -> None:
        """Without a status there was no answer."""
        self._attempts.labels(_outcome(status)).inc()
        self._took.observe(took_s)

    def stand(self, pending: int) -> None:
        self._pending.set(pending)


def _outcome(status: int | None) -> str:
    if status is None:
        return "unanswered"
    return "delivered" if 200 <= status < 300 else "refused"
