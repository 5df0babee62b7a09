"""What is counted and traced of each request: by its route, never by its path."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from opentelemetry.propagators.textmap import Getter
from opentelemetry.trace import Span, SpanKind, Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from prometheus_client import CollectorRegistry, Counter, Histogram
from starlette.datastructures import Headers

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60)
#: A client can make up methods without end.
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_WIRE = TraceContextTextMapPropagator()


class RequestMetrics:
    def __init__(self, registry: CollectorRegistry) -> None:
        self._requests = Counter(
            "zerokerf_http_requests",
            "Requests by route and status.",
            ("method", "route", "status"),
            registry=registry,
        )
        self._seconds = Histogram(
            "zerokerf_http_request_seconds",
            "Time to the end of the answer; of streams of events, as long as somebody listened.",
            ("method", "route"),
            buckets=_SECONDS,
            registry=registry,
        )

    def answered(self, method: str, route: str, status: int, took_s: float) -> None:
        method = method if method in _METHODS else "other"
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(method, route).observe(took_s)


@contextmanager
def traced(tracer: Tracer | None, headers: Headers) -> Iterator[Span | None]:
    """A request, as a part of its client's trace where that names one."""
    if tracer is None:
        yield None
        return
    parent = _WIRE.extract(headers, getter=_HeaderGetter())
    # What goes wrong may quote what a client sent, and traces are read by others than logs.
    with tracer.start_as_current_span(
        "request",
        context=parent,
        kind=SpanKind.SERVER,
        record_exception=False,
        set_status_on_exception=False,
    ) as span:
        yield span


def name_span(span: Span | None, method: str, route: str, status: int) -> None:
    """Once the route is known."""
    if span is not None:
        span.update_name(f"{method} {route}")
        span.set_attributes({"http.route": route, "http.response.status_code": status})


def trace_metadata() -> tuple[tuple[str, str], ...]:
    """For calls made on behalf of the request at hand: of which trace they are a part."""
    carrier: dict[str, str] = {}
    _WIRE.inject(carrier)
    return tuple(carrier.items())


class _HeaderGetter(Getter[Mapping[str, str]]):
    def get(self, carrier: Mapping[str, str], key: str) -> list[str] | None:
        value = carrier.get(key)
        return None if value is None else [value]

    def keys(self, carrier: Mapping[str, str]) -> list[str]:
        return list(carrier)
