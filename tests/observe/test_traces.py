"""Traces of a whole service, as a collector gets them."""

import json

import pytest

from tests.observe.collector import Span
from tests.observe.watched import TOKEN, TRACE_ID, Watched, of_first_job
from tests.services.zerokerf import API_KEY


@pytest.fixture(scope="session")
def spans(watched: Watched) -> list[Span]:
    return watched.collector.spans


def test_a_job_is_one_trace_from_the_request_to_ffmpeg(spans: list[Span]) -> None:
    by_id = {span.span_id: span for span in of_first_job(spans)}
    ffmpeg = next(span for span in of_first_job(spans) if span.name == "ffmpeg")

    way = [ffmpeg]
    while way[-1].parent_id in by_id:
        way.append(by_id[way[-1].parent_id])

    assert [span.name for span in way] == [
        "ffmpeg",
        "RunActivity:split.cut",
        "StartActivity:split.cut",
        "StartWorkflow:split",
        "zerokerf.v1.SplitService/CreateSplit",
        "POST /api/v1/splits",
    ]


def test_every_span_of_the_job_hangs_in_the_same_tree(spans: list[Span]) -> None:
    ids = {span.span_id for span in of_first_job(spans)}

    outside = [span.name for span in of_first_job(spans) if span.parent_id not in ids]

    assert outside == ["POST /api/v1/splits"]


def test_a_webhook_is_a_part_of_the_trace_of_what_it_tells(spans: list[Span]) -> None:
    assert "RunActivity:webhook.attempt" in {span.name for span in of_first_job(spans)}


def test_jobs_have_traces_of_their_own(spans: list[Span]) -> None:
    created = [span.trace_id for span in spans if span.name == "POST /api/v1/splits"]

    assert len(created) == len(set(created)) == 3


def test_no_span_holds_a_secret(spans: list[Span], watched: Watched) -> None:
    assert watched.failed["status"] == "failed"
    assert [span.name for span in spans if TOKEN in span.text or API_KEY in span.text] == []


def test_lines_of_the_log_name_the_trace_they_are_a_part_of(watched: Watched) -> None:
    lines = [json.loads(line) for line in watched.process.output if line.startswith("{")]
    steps = [line for line in lines if line.get("job_id") == watched.encoded["id"] and "account_id" in line]

    assert {"fetch", "cut", "complete", "deliver"} <= {line["action"] for line in steps}
    assert {line["trace_id"] for line in steps} == {TRACE_ID}


def test_lines_about_calls_name_the_caller_and_the_trace(watched: Watched) -> None:
    lines = [json.loads(line) for line in watched.process.output if line.startswith("{")]
    calls = [line for line in lines if line.get("method") == "/zerokerf.v1.SplitService/CreateSplit"]

    assert len(calls) == 3
    assert {line["account_id"] for line in calls} == {
        line["account_id"] for line in lines if "account_id" in line
    }
    assert TRACE_ID in {line["trace_id"] for line in calls}


def test_the_log_holds_no_secret(watched: Watched) -> None:
    assert [line for line in watched.process.output if TOKEN in line or API_KEY in line] == []
