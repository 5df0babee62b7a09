"""What the reconciler had to repair."""

from prometheus_client import CollectorRegistry, Counter


class UpkeepMetrics:
    def __init__(self, registry: CollectorRegistry) -> None:
        self._handed_over = Counter(
            "zerokerf_handed_over",
            "Open work that the reconciler handed to the engine.",
            ("action",),
            registry=registry,
        )

    def handed_over(self, action: str) -> None:
        self._handed_over.labels(action).inc()
