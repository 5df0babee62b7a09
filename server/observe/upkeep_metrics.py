"""What the reconciler had to repair."""

from prometheus_client import CollectorRegistry, Counter

#: They begin at zero, or a rate would not see the first of each.
_KNOWN = ("start", "clean_up", "deliver", "export", "close_account")


class UpkeepMetrics:
    def __init__(self, registry: CollectorRegistry) -> None:
        self._handed_over = Counter(
            "zerokerf_handed_over",
            "Open work that the reconciler handed to the engine.",
            ("action",),
            registry=registry,
        )
        for action in _KNOWN:
            self._handed_over.labels(action)

    def handed_over(self, action: str) -> None:
        self._handed_over.labels(action).inc()
