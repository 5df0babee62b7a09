"""A whole service that is watched, after it has done one job of every sort of work."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.corpus.recordings import music, write_wav
from tests.end_to_end.service import Json, Rest
from tests.observe.collector import Collector, Span, running_collector
from tests.services.ports import lasting_port
from tests.services.web import Site, begin, running_site
from tests.services.zerokerf import Deployment, Process, running
from tests.speech.recordings import load_readings, write

#: What the client of the first job names as its own trace.
TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"

#: In the address of a source, as many have one.
TOKEN = "secret-of-the-source"


@dataclass(frozen=True)
class Watched:
    deployment: Deployment
    process: Process
    collector: Collector
    metrics_url: str
    #: A recording that is encoded anew, one that is heard, and one that is none.
    encoded: Json
    heard: Json
    failed: Json

    def metrics(self) -> str:
        answer = httpx.get(self.metrics_url)
        assert answer.status_code == 200, answer.text
        return answer.text


@contextmanager
def watched_service(folder: Path) -> Iterator[Watched]:
    with running_collector() as collector, running_site() as site:
        metrics = f"127.0.0.1:{lasting_port()}"
        extra = {
            "ZEROKERF_METRICS_ADDRESS": metrics,
            "ZEROKERF_OTLP_ENDPOINT": collector.endpoint,
            "ZEROKERF_LOG_LEVEL": "debug",
            "OTEL_BSP_SCHEDULE_DELAY": "300",  # ms, so that nobody waits for spans
        }
        deployment = Deployment(folder / "data", extra=extra)
        with (
            running(deployment) as (process,),
            httpx.Client(base_url=deployment.rest_url, timeout=30) as http,
        ):
            jobs = _work(Rest(http), site, folder)
            collector.until(_is_complete)
            yield Watched(deployment, process, collector, f"http://{metrics}/metrics", *jobs)


def of_first_job(spans: list[Span]) -> list[Span]:
    return [span for span in spans if span.trace_id == TRACE_ID]


def _is_complete(spans: list[Span]) -> bool:
    ends = {"CompleteWorkflow:split", "CompleteWorkflow:webhook", "RunActivity:webhook.attempt"}
    return ends <= {span.name for span in of_first_job(spans)}


def _work(rest: Rest, site: Site, folder: Path) -> tuple[Json, Json, Json]:
    tone, talk = folder / "tone.wav", write(folder / "talk.wav", load_readings().tale.samples)
    write_wav(tone, music(44100 * 5))
    hook = site.add("/hook", lambda request: begin(request, 204, {"Content-Length": "0"}))
    headers = {"traceparent": f"00-{TRACE_ID}-00f067aa0ba902b7-01"}
    source = f"{site.add_file(tone)}?token={TOKEN}"
    encoded = rest.create(source, headers, outputFormat="mp3", webhookUrl=hook)
    heard = rest.create(site.add_file(talk), transcribe={}, segmentDuration=5, splitMode="duration")
    broken = rest.create(f"{site.url}/no-such-file?token={TOKEN}")
    ended = [rest.wait(job["id"]) for job in (encoded, heard, broken)]
    return ended[0], ended[1], ended[2]
