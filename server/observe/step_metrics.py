"""Steps of jobs, and the programs that they run."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Gauge, Histogram

from server.observe.buckets import WORK_S


class StepMetrics:
    def __init__(self, registry: CollectorRegistry) -> None:
        self._seconds = Histogram(
            "zerokerf_step_seconds",
            "Time by step and how it ended; a step that failed may be tried again.",
            ("step", "outcome"),
            buckets=WORK_S,
            registry=registry,
        )
        self._waited = Histogram(
            "zerokerf_step_wait_seconds",
            "How long steps waited for a worker, by task queue.",
            ("queue",),
            buckets=WORK_S,
            registry=registry,
        )
        self._running = Gauge("zerokerf_steps_running", "Steps under way.", ("step",), registry=registry)
        self._programs = Histogram(
            "zerokerf_program_seconds",
            "Time of decoders and encoders.",
            ("program",),
            buckets=WORK_S,
            registry=registry,
        )

    @contextmanager
    def running(self, step: str, queue: str, waited_s: float) -> Iterator[None]:
        self._waited.labels(queue).observe(waited_s)
        began, outcome = time.monotonic(), "cancelled"
        self._running.labels(step).inc()
        try:
            yield
            outcome = "done"
        except Exception:
            outcome = "failed"
            raise
        finally:
            self._running.labels(step).dec()
            self._seconds.labels(step, outcome).observe(time.monotonic() - began)

    @contextmanager
    def program(self, name: str) -> Iterator[None]:
        with self._programs.labels(name).time():
            yield
