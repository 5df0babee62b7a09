"""A collector of traces: what every span was called, and which trace it was a part of."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

import grpc
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import (
    TraceServiceServicer,
    add_TraceServiceServicer_to_server,
)


@dataclass(frozen=True)
class Span:
    name: str
    process: str
    trace_id: str
    span_id: str
    parent_id: str
    #: All of it, to look for what does not belong there.
    text: str


class Collector(TraceServiceServicer):
    def __init__(self) -> None:
        self.endpoint = ""
        self.spans: list[Span] = []
        self._changed = threading.Condition()

    def Export(  # noqa: N802 - the protocol's name
        self, request: ExportTraceServiceRequest, context: object
    ) -> ExportTraceServiceResponse:
        with self._changed:
            self.spans += _spans_of(request)
            self._changed.notify_all()
        return ExportTraceServiceResponse()

    def until(self, is_enough: Callable[[list[Span]], bool], within_s: float = 30) -> list[Span]:
        with self._changed:
            assert self._changed.wait_for(lambda: is_enough(self.spans), within_s), self.spans
            return list(self.spans)


def _spans_of(request: ExportTraceServiceRequest) -> Iterator[Span]:
    for resource in request.resource_spans:
        names = {each.key: each.value.string_value for each in resource.resource.attributes}
        for scope in resource.scope_spans:
            for span in scope.spans:
                yield Span(
                    span.name,
                    names["service.name"],
                    span.trace_id.hex(),
                    span.span_id.hex(),
                    span.parent_span_id.hex(),
                    str(span),
                )


@contextmanager
def running_collector() -> Iterator[Collector]:
    collector = Collector()
    server = grpc.server(ThreadPoolExecutor(4))
    add_TraceServiceServicer_to_server(collector, server)  # type: ignore[no-untyped-call]  # generated
    collector.endpoint = f"http://127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    try:
        yield collector
    finally:
        server.stop(None).wait()
