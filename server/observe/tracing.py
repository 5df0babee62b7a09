"""Traces, sent to a collector by OpenTelemetry's protocol; none are made where no collector is named."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager

from opentelemetry.context import Context, attach, detach
from opentelemetry.trace import Span, SpanKind, Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

Metadata = Iterable[tuple[str, str | bytes]] | None

_WIRE = TraceContextTextMapPropagator()


@asynccontextmanager
async def open_tracing(endpoint: str | None, process: str) -> AsyncIterator[Tracer | None]:
    """None without an endpoint. What was traced is sent before the block is left, within limits."""
    if endpoint is None:
        yield None
        return
    from server.observe.otlp import close, provider_to  # noqa: PLC0415 - a process without traces pays nothing

    provider = await asyncio.to_thread(provider_to, endpoint, process)
    try:
        yield provider.get_tracer("zerokerf")
    finally:
        await asyncio.to_thread(close, provider)


@contextmanager
def served(tracer: Tracer | None, name: str, metadata: Metadata) -> Iterator[Span | None]:
    """Work for a caller, as a part of the caller's trace where it names one."""
    if tracer is None:
        yield None
        return
    parent = _WIRE.extract({name: value for name, value in metadata or () if isinstance(value, str)})
    # What goes wrong may quote what a client sent, and traces are read by others than logs.
    with tracer.start_as_current_span(
        name,
        context=parent,
        kind=SpanKind.SERVER,
        record_exception=False,
        set_status_on_exception=False,
    ) as span:
        yield span


@contextmanager
def apart() -> Iterator[None]:
    """What is begun here on behalf of somebody else belongs to no trace of the work at hand."""
    token = attach(Context())
    try:
        yield
    finally:
        detach(token)
