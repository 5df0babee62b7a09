"""Processes of one service, apart: one trace goes through all, and a worker does what it is told to."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from server.settings import load_settings
from tests.corpus.recordings import music, write_wav
from tests.end_to_end.service import Rest
from tests.observe.collector import Collector, Span, running_collector
from tests.observe.watched import TRACE_ID, of_first_job
from tests.services.web import running_site
from tests.services.zerokerf import Deployment, running
from zerokerf.cli.doctor.engine import look_at_engine


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    with running_collector() as collector:
        yield collector


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory, collector: Collector) -> Iterator[Deployment]:
    """A server, a gateway and a worker for whole jobs only."""
    extra = {
        "ZEROKERF_OTLP_ENDPOINT": collector.endpoint,
        "ZEROKERF_WORKER_KINDS": "cut",
        "OTEL_BSP_SCHEDULE_DELAY": "300",  # ms, so that nobody waits for spans
    }
    deployment = Deployment(tmp_path_factory.mktemp("apart") / "data", extra=extra)
    with running(deployment, "server", "gateway", "worker"):
        yield deployment


def test_one_trace_goes_through_all_processes(
    deployment: Deployment, collector: Collector, tmp_path: Path
) -> None:
    write_wav(tmp_path / "tone.wav", music(44100 * 3))
    with running_site() as site, httpx.Client(base_url=deployment.rest_url, timeout=30) as http:
        rest = Rest(http)
        headers = {"traceparent": f"00-{TRACE_ID}-00f067aa0ba902b7-01"}
        job = rest.create(site.add_file(tmp_path / "tone.wav"), headers, outputFormat="mp3")
        rest.completed(job["id"])

    def is_complete(spans: list[Span]) -> bool:
        return {"CompleteWorkflow:split", "POST /api/v1/splits"} <= {
            span.name for span in of_first_job(spans)
        }

    found = {(span.process, span.name) for span in of_first_job(collector.until(is_complete))}
    assert {
        ("zerokerf-gateway", "POST /api/v1/splits"),
        ("zerokerf-server", "zerokerf.v1.SplitService/CreateSplit"),
        ("zerokerf-server", "StartWorkflow:split"),
        ("zerokerf-worker", "RunActivity:split.cut"),
        ("zerokerf-worker", "ffmpeg"),
    } <= found


async def test_a_worker_asks_for_the_kinds_of_work_that_it_was_given(deployment: Deployment) -> None:
    finding = await look_at_engine(load_settings({"data_dir": str(deployment.data_dir)}, {}))

    assert "no worker asks for: encode, transcribe, deliver, upkeep." in finding.found
