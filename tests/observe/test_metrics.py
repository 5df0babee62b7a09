"""Metrics of a whole service, after one job of every sort."""

import re

import pytest

from tests.observe.exposed import samples, value
from tests.observe.watched import Watched
from tests.services.zerokerf import API_KEY


@pytest.fixture(scope="session")
def text(watched: Watched) -> str:
    return watched.metrics()


def test_jobs_are_counted_by_kind_and_end(text: str) -> None:
    assert value(text, "zerokerf_jobs_ended_total", kind="split", state="completed") == 2
    assert value(text, "zerokerf_jobs_ended_total", kind="split", state="failed") == 1
    assert value(text, "zerokerf_jobs_ended_total", kind="batch", state="failed") == 0


def test_what_a_completed_job_is_made_of_is_counted(text: str, watched: Watched) -> None:
    jobs = (watched.encoded, watched.heard)

    assert value(text, "zerokerf_segments_total") == sum(len(job["segments"]) for job in jobs)
    assert value(text, "zerokerf_source_bytes_total", kind="split") == sum(job["sourceSize"] for job in jobs)
    audio_s = float(sum(job["sourceDuration"] for job in jobs))
    assert value(text, "zerokerf_audio_seconds_total", kind="split") == pytest.approx(audio_s, abs=0.02)
    assert value(text, "zerokerf_made_bytes_total", kind="split") > 0


def test_waiting_and_working_are_measured(text: str) -> None:
    assert value(text, "zerokerf_job_wait_seconds_count", kind="split") == 3
    assert value(text, "zerokerf_job_seconds_count", kind="split", state="completed") == 2
    assert value(text, "zerokerf_step_wait_seconds_count", queue="zerokerf-speech") == 1


def test_time_is_measured_by_step_and_program(text: str) -> None:
    for step in ("split.fetch", "split.cut", "split.prepare", "split.hear", "split.write", "split.complete"):
        assert value(text, "zerokerf_step_seconds_count", step=step, outcome="done") >= 1, step
    assert value(text, "zerokerf_step_seconds_count", step="split.fetch", outcome="failed") == 1
    assert value(text, "zerokerf_steps_running", step="split.cut") == 0
    assert value(text, "zerokerf_program_seconds_count", program="ffmpeg") > 0


def test_the_recognizers_speed_is_a_quotient(text: str) -> None:
    audio_s = value(text, "zerokerf_recognized_audio_seconds_total")

    assert audio_s > 10
    assert 0 < value(text, "zerokerf_recognizing_seconds_total") < audio_s


def test_webhooks_are_counted_by_what_came_of_them(text: str) -> None:
    assert value(text, "zerokerf_webhook_attempts_total", outcome="delivered") == 1
    assert value(text, "zerokerf_webhooks_pending") == 0


def test_calls_and_requests_are_counted_by_method_and_code(text: str) -> None:
    method = "/zerokerf.v1.SplitService/CreateSplit"

    assert value(text, "zerokerf_grpc_calls_total", method=method, code="OK") == 3
    assert value(text, "zerokerf_grpc_call_seconds_count", method=method) == 3
    request = {"method": "POST", "route": "/api/v1/splits"}
    assert value(text, "zerokerf_http_requests_total", **request, status="201") == 3
    watching = "/zerokerf.v1.SplitService/WatchSplit"
    assert value(text, "zerokerf_grpc_streams_open", method=watching) == 0


def test_the_event_loop_is_measured(text: str) -> None:
    assert value(text, "zerokerf_event_loop_lag_seconds_count") > 0


def test_no_label_grows_with_jobs_or_accounts_and_none_is_a_secret(text: str, watched: Watched) -> None:
    labels = {label for _, labels in samples(text) for _, label in labels}

    assert not [label for label in labels if re.search(r"job_|acc_|key_|http:|[0-9a-f]{16}", label)]
    assert API_KEY not in text
    assert watched.encoded["id"] not in text
