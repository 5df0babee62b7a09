"""What the parts of one process are watched with."""

from dataclasses import dataclass

from opentelemetry.trace import Tracer

from server.observe.metrics import Metrics


@dataclass(frozen=True, slots=True)
class Observing:
    metrics: Metrics
    #: None where nothing is traced.
    tracer: Tracer | None = None
