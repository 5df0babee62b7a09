"""All metrics of one process, by the part of it that they are about."""

from dataclasses import dataclass
from typing import Self

from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector

from server.observe.call_metrics import CallMetrics
from server.observe.job_metrics import JobMetrics
from server.observe.loop_lag import LoopLag
from server.observe.speech_metrics import SpeechMetrics
from server.observe.step_metrics import StepMetrics
from server.observe.upkeep_metrics import UpkeepMetrics
from server.observe.webhook_metrics import WebhookMetrics


@dataclass(frozen=True, slots=True)
class Metrics:
    registry: CollectorRegistry
    jobs: JobMetrics
    steps: StepMetrics
    speech: SpeechMetrics
    webhooks: WebhookMetrics
    upkeep: UpkeepMetrics
    calls: CallMetrics
    loop_lag: LoopLag

    @classmethod
    def fresh(cls) -> Self:
        """Nothing counted yet."""
        registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        PlatformCollector(registry=registry)
        GCCollector(registry=registry)
        return cls(
            registry,
            JobMetrics(registry),
            StepMetrics(registry),
            SpeechMetrics(registry),
            WebhookMetrics(registry),
            UpkeepMetrics(registry),
            CallMetrics(registry),
            LoopLag(registry),
        )
