"""Sends spans to a collector: in the background, in batches, dropped where it does not keep up."""

from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

_SEND_WITHIN_S = 5
_FLUSH_MS = 3000


def provider_to(endpoint: str, process: str) -> TracerProvider:
    exporter = OTLPSpanExporter(endpoint, insecure=endpoint.startswith("http://"), timeout=_SEND_WITHIN_S)
    names = {"service.name": f"zerokerf-{process}", "service.namespace": "zerokerf"}
    provider = TracerProvider(resource=Resource.create(names), shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    return provider


def close(provider: TracerProvider) -> None:
    """Blocking: what is left is sent first."""
    provider.force_flush(_FLUSH_MS)
    provider.shutdown()
