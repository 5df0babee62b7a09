"""Jobs: how many wait, how long, how they end, and what was made of them."""

from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from server.observe.buckets import WORK_S

_KIND = ("kind",)
_STATES = ("waiting", "queued", "processing")
_ENDS = ("completed", "failed", "cancelled")
_KINDS = ("split", "batch")


class JobMetrics:
    def __init__(self, registry: CollectorRegistry) -> None:
        self._open = Gauge(
            "zerokerf_jobs",
            "Jobs that have not ended, by the records; those that wait for their account are apart.",
            ("kind", "state"),
            registry=registry,
        )
        self._oldest = Gauge(
            "zerokerf_oldest_queued_job_seconds",
            "How long the job has waited that waits longest for a worker.",
            registry=registry,
        )
        self._ended = Counter(
            "zerokerf_jobs_ended", "Jobs that this process ended.", ("kind", "state"), registry=registry
        )
        self._waited = Histogram(
            "zerokerf_job_wait_seconds",
            "From accepting a job to its first step.",
            _KIND,
            buckets=WORK_S,
            registry=registry,
        )
        self._took = Histogram(
            "zerokerf_job_seconds",
            "From a job's first step to its end.",
            ("kind", "state"),
            buckets=WORK_S,
            registry=registry,
        )
        self._source_bytes = Counter(
            "zerokerf_source_bytes", "Bytes of the sources of completed jobs.", _KIND, registry=registry
        )
        self._made_bytes = Counter(
            "zerokerf_made_bytes", "Bytes of what completed jobs made and stored.", _KIND, registry=registry
        )
        self._segments = Counter("zerokerf_segments", "Segments of completed jobs.", registry=registry)
        self._audio = Counter(
            "zerokerf_audio_seconds", "Length of the sources of completed jobs.", _KIND, registry=registry
        )
        self._begin_at_zero()

    def started(self, kind: str, waited_s: float) -> None:
        self._waited.labels(kind).observe(waited_s)

    def ended(self, kind: str, state: str, took_s: float | None) -> None:
        self._ended.labels(kind, state).inc()
        if took_s is not None:
            self._took.labels(kind, state).observe(took_s)

    def made(self, kind: str, *, source_bytes: int, made_bytes: int, segments: int, audio_s: float) -> None:
        self._source_bytes.labels(kind).inc(source_bytes)
        self._made_bytes.labels(kind).inc(made_bytes)
        self._segments.inc(segments)
        self._audio.labels(kind).inc(audio_s)

    def stand(self, jobs: Mapping[tuple[str, str], int], oldest_queued_s: float) -> None:
        """What the records say now; a kind and state that is not named has no jobs."""
        for kind in _KINDS:
            for state in _STATES:
                self._open.labels(kind, state).set(jobs.get((kind, state), 0))
        self._oldest.set(oldest_queued_s)

    def _begin_at_zero(self) -> None:
        # A rate sees the first failure only where there was a zero before it.
        for kind in _KINDS:
            for state in _ENDS:
                self._ended.labels(kind, state)
