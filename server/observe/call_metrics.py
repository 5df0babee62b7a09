"""gRPC calls: how many, how they end, how long they take, and how many streams are open."""

from functools import cache

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from server.observe.buckets import CALL_S


class CallMetrics:
    def __init__(self, registry: CollectorRegistry) -> None:
        self._calls = Counter(
            "zerokerf_grpc_calls", "Calls by how they ended.", ("method", "code"), registry=registry
        )
        self._seconds = Histogram(
            "zerokerf_grpc_call_seconds",
            "Time of calls with one answer.",
            ("method",),
            buckets=CALL_S,
            registry=registry,
        )
        # Looking a label up costs more than counting; there are as many as methods and codes.
        self._ended_as = cache(self._calls.labels)
        self._seconds_of = cache(self._seconds.labels)
        self._streams = Gauge(
            "zerokerf_grpc_streams_open", "Streams with somebody listening.", ("method",), registry=registry
        )
        self._limited = Counter(
            "zerokerf_rate_limited", "Calls refused because of a rate limit.", registry=registry
        )

    def began(self, method: str, *, is_stream: bool) -> None:
        if is_stream:
            self._streams.labels(method).inc()

    def ended(self, method: str, code: str, took_s: float, *, is_stream: bool) -> None:
        self._ended_as(method, code).inc()
        if is_stream:
            self._streams.labels(method).dec()
        else:
            self._seconds_of(method).observe(took_s)

    def rate_limited(self) -> None:
        self._limited.inc()
