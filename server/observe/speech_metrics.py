"""How fast speech is recognized."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Counter


class SpeechMetrics:
    """Tasks of one event loop overlap; time in which several recognize is counted once."""

    def __init__(self, registry: CollectorRegistry, clock: Callable[[], float] = time.monotonic) -> None:
        self._audio = Counter(
            "zerokerf_recognized_audio_seconds", "Length of what was recognized.", registry=registry
        )
        self._busy = Counter(
            "zerokerf_recognizing_seconds", "Time in which something was recognized.", registry=registry
        )
        self._clock = clock
        self._under_way = 0
        self._counted_until = 0.0

    @contextmanager
    def recognizing(self, audio_s: float) -> Iterator[None]:
        self._count_busy()
        self._under_way += 1
        try:
            yield
            self._audio.inc(audio_s)
        finally:
            self._count_busy()
            self._under_way -= 1

    def _count_busy(self) -> None:
        now = self._clock()
        if self._under_way:
            self._busy.inc(now - self._counted_until)
        self._counted_until = now
