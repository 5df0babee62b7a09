"""`zerokerf split --plan`: what is asked, what people and scripts read, and that nothing is made."""

import json
from pathlib import Path

import pytest
from google.protobuf.duration_pb2 import Duration

from tests.cli.conftest import Cli
from tests.client.state import SAMPLE_RATE, Service
from zerokerf.errors import CorruptFile, InternalError, InvalidParams, NoChapters, ZerokerfError
from zerokerf.v1.audio_pb2 import AudioFormat
from zerokerf.v1.split_pb2 import PlannedSegment, SourceFacts
from zerokerf.v1.split_service_pb2 import PlanSplitResponse

URL = "https://example.org/talk.wav"


@pytest.fixture
def plan(service: Service) -> PlanSplitResponse:
    """Two segments of a minute each, of which the second is harder to foresee."""
    count = 60 * SAMPLE_RATE
    minute = Duration(seconds=60)
    service.plan = PlanSplitResponse(
        source=SourceFacts(
            file_name="talk.wav",
            sample_rate=SAMPLE_RATE,
            sample_count=2 * count,
            duration=Duration(seconds=120),
            format=AudioFormat.AUDIO_FORMAT_WAV,
        ),
        output_format=AudioFormat.AUDIO_FORMAT_MP3,
        segments=[
            PlannedSegment(index=0, sample_count=count, duration=minute, reason="part"),
            PlannedSegment(index=1, first_sample=count, sample_count=count, duration=minute, reason="end"),
        ],
        notes=["The source is cut short."],
    )
    return service.plan


async def test_a_plan_is_a_table_and_no_job(service: Service, cli: Cli, plan: PlanSplitResponse) -> None:
    plan.segments[0].expected_size, plan.segments[0].size_is_exact = 2048, True
    plan.segments[1].expected_size = 1024

    result = await cli("split", URL, "--parts", "2", "--plan", "--to", "mp3")

    assert result.code == 0
    assert [line.split() for line in result.out.splitlines()[:3]] == [
        ["#", "start", "duration", "size"],
        ["0", "0:00:00", "0:01:00", "2.0", "KB"],
        ["1", "0:01:00", "0:01:00", "~1.0", "KB"],
    ]
    assert result.out.splitlines()[3:] == [
        "2 segments, 0:02:00, about 3.0 KB; would be encoded as mp3.",
        "The source is cut short.",
    ]
    (request,) = service.plan_requests
    assert (request.mode.parts.count, request.output_format) == (2, AudioFormat.AUDIO_FORMAT_MP3)
    assert service.jobs == {}


async def test_a_plan_says_why_it_cuts_there_and_what_it_cannot_know(
    cli: Cli, plan: PlanSplitResponse
) -> None:
    plan.copies_frames = True
    plan.segments[0].MergeFrom(
        PlannedSegment(reason="silence", shifted_samples=SAMPLE_RATE // 4, title="Welcome \x1b[2J")
    )
    plan.segments[0].expected_size, plan.segments[0].size_is_exact = 2048, True

    lines = (await cli("split", URL, "--parts", "2", "--snap", "1s", "--plan")).out.splitlines()

    assert lines[0].split() == ["#", "start", "duration", "size", "cut", "title"]
    assert lines[1].rstrip().endswith("silence +0:00:00.250  Welcome \N{REPLACEMENT CHARACTER}[2J")
    assert lines[2].split()[3] == "?"
    assert lines[3] == "2 segments, 0:02:00; mp3 frames would be copied."


async def test_json_is_one_document_and_nothing_else(cli: Cli, plan: PlanSplitResponse) -> None:
    plan.segments[0].expected_size, plan.segments[0].size_is_exact = 0, True

    result = await cli("split", URL, "--parts", "2", "--plan", "--json")

    document = json.loads(result.out)
    assert result.err == ""
    assert (document["output_format"], document["copies_frames"]) == ("mp3", False)
    assert document["source"]["sample_count"] == 120 * SAMPLE_RATE
    assert document["notes"] == ["The source is cut short."]
    first, second = document["segments"]
    assert (first["expected_size_bytes"], first["size_is_exact"]) == (0, True)
    assert (second["expected_size_bytes"], second["size_is_exact"]) == (None, False)
    assert (second["first_sample"], second["duration_s"], second["reason"]) == (60 * SAMPLE_RATE, 60, "end")


async def test_a_file_is_uploaded_to_be_planned(
    service: Service, cli: Cli, plan: PlanSplitResponse, tmp_path: Path
) -> None:
    (tmp_path / "talk.wav").write_bytes(b"a" * 1000)

    result = await cli("split", "talk.wav", "--parts", "2", "--plan")

    assert result.code == 0
    (request,) = service.plan_requests
    assert service.contents[request.source.upload_id] == b"a" * 1000


async def test_a_plan_that_is_not_the_whole_source_is_not_called_a_success(
    cli: Cli, plan: PlanSplitResponse
) -> None:
    plan.source.sample_count += 1

    result = await cli("split", URL, "--parts", "2", "--plan")

    assert result.code == 1
    assert "not the whole source" in result.err


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        (CorruptFile("frame 7 ends early"), 3),
        (NoChapters(), 3),
        (InvalidParams({"encoding.bit_rate": "Not so."}), 2),
        (InternalError(), 1),
    ],
    ids=lambda value: str(value)[:30],
)
async def test_what_would_fail_the_job_has_the_code_of_a_failed_job(
    service: Service, cli: Cli, failure: ZerokerfError, code: int
) -> None:
    service.failure = failure

    result = await cli("split", URL, "--chapters", "--plan")

    assert (result.code, result.out) == (code, "")
    if code == 3:
        assert result.err.endswith(f"Error: {failure.reason}: {failure}\n")
