"""Plans: what is asked, what is answered, and that nobody works on one that nobody waits for."""

import asyncio
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise
from typing import Any

import httpx
import pytest
from google.protobuf.duration_pb2 import Duration

from gateway.docs import ERRORS
from gateway.errors import OF_RECORDINGS
from tests.gateway.conftest import Setup
from tests.gateway.memory_service import MemoryService
from tests.gateway.serving import client_of
from zerokerf.errors import (
    CorruptFile,
    DownloadFailed,
    FileTooLarge,
    InvalidParams,
    NoChapters,
    ZerokerfError,
)
from zerokerf.v1.audio_pb2 import AUDIO_FORMAT_FLAC, AUDIO_FORMAT_WAV
from zerokerf.v1.split_pb2 import PlannedSegment, SourceFacts
from zerokerf.v1.split_service_pb2 import PlanSplitResponse

pytestmark = pytest.mark.asyncio(loop_scope="session")

PLAN = "/api/v1/splits/plan"
GOOD: dict[str, Any] = {
    "sourceUrl": "https://a.example.com/talk.wav",
    "splitMode": "parts",
    "parts": 3,
}
WISH: dict[str, Any] = {
    "overlap": 0.25,
    "outputFormat": "flac",
    "encoding": {"bitDepth": 16},
    "tags": "none",
    "strict": True,
}
#: Lengths that no decimal of milliseconds tells exactly.
RATE = 44100
SAMPLES = 1_000_003


def planned() -> PlanSplitResponse:
    bounds = [SAMPLES * number // 3 for number in range(4)]
    source = SourceFacts(
        file_name="talk.wav",
        size=4_000_056,
        sample_count=SAMPLES,
        sample_rate=RATE,
        channels=2,
        format=AUDIO_FORMAT_WAV,
        duration=length(0, SAMPLES),
    )
    segments = [
        PlannedSegment(
            index=index,
            first_sample=start,
            sample_count=end - start,
            duration=length(start, end),
            reason="end" if end == SAMPLES else "part",
        )
        for index, (start, end) in enumerate(pairwise(bounds))
    ]
    segments[0].title = "Welcome"
    segments[0].shifted_samples = -7
    segments[1].overlap_samples = RATE // 4
    segments[1].expected_size = 0
    segments[2].expected_size = 1234
    segments[2].size_is_exact = True
    return PlanSplitResponse(
        source=source,
        output_format=AUDIO_FORMAT_FLAC,
        copies_frames=True,
        segments=segments,
        notes=["The source is cut short."],
    )


def length(start: int, end: int) -> Duration:
    duration = Duration()
    duration.FromNanoseconds((end * 10**9 + RATE // 2) // RATE - (start * 10**9 + RATE // 2) // RATE)
    return duration


async def test_a_plan_asks_what_a_job_would_be_asked(http: httpx.AsyncClient, service: MemoryService) -> None:
    assert (await http.post(PLAN, json=GOOD | WISH)).status_code == 200
    assert (await http.post("/api/v1/splits", json=GOOD | WISH)).status_code == 201

    plan, job = service.requests
    names = [field.name for field in plan.DESCRIPTOR.fields]
    assert [getattr(plan, name) for name in names] == [getattr(job, name) for name in names]
    assert {field.name for field, _ in plan.ListFields()} == set(names)


async def test_a_plan_says_where_and_why_and_how_large(
    http: httpx.AsyncClient, service: MemoryService
) -> None:
    service.plan = planned()

    answer = (await http.post(PLAN, json=GOOD)).json()

    segments = answer.pop("segments")
    assert answer == {
        "outputFormat": "flac",
        "copiesFrames": True,
        "sourceFileName": "talk.wav",
        "sourceDuration": 22.675804989,
        "sourceSize": 4_000_056,
        "sourceFormat": "wav",
        "sampleRate": RATE,
        "channels": 2,
        "sampleCount": SAMPLES,
        "notes": ["The source is cut short."],
    }
    assert segments[0] == {
        "index": 0,
        "start": 0,
        "duration": 7.558594104,
        "firstSample": 0,
        "sampleCount": 333334,
        "reason": "part",
        "title": "Welcome",
        "shiftedSamples": -7,
        "overlap": 0,
        "sizeIsExact": False,
    }
    assert (segments[1]["overlap"], segments[1]["expectedSize"]) == (0.25, 0)
    assert (segments[2]["expectedSize"], segments[2]["sizeIsExact"]) == (1234, True)


async def test_starts_and_durations_add_up_to_the_printed_digit(
    http: httpx.AsyncClient, service: MemoryService
) -> None:
    service.plan = planned()

    answer = (await http.post(PLAN, json=GOOD)).json(parse_float=Decimal)

    position = Decimal(0)
    for segment in answer["segments"]:
        assert segment["start"] == position
        position += segment["duration"]
    assert position == answer["sourceDuration"]


@pytest.mark.parametrize("field", ["webhookUrl", "metadata", "verification"])
async def test_what_says_nothing_of_cuts_is_no_field_of_a_plan(http: httpx.AsyncClient, field: str) -> None:
    answer = await http.post(PLAN, json=GOOD | {field: "x"})

    assert (answer.status_code, answer.json()["error"]["details"]) == (
        400,
        {field: "There is no such field."},
    )


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (InvalidParams({"mode.parts.count": "No."}), 400, "INVALID_PARAMS"),
        (FileTooLarge(1, 2), 413, "FILE_TOO_LARGE"),
        (CorruptFile("it ends early.", expected=7, found=5), 422, "CORRUPT_FILE"),
        (DownloadFailed("the server answered 404."), 422, "DOWNLOAD_FAILED"),
        (NoChapters(), 422, "NO_CHAPTERS"),
    ],
    ids=lambda value: str(value)[:30],
)
async def test_what_would_fail_the_job_is_told_under_the_same_code(
    http: httpx.AsyncClient, service: MemoryService, error: ZerokerfError, status: int, code: str
) -> None:
    service.fails_with = error

    answer = await http.post(PLAN, json=GOOD)

    told = answer.json()["error"]
    assert (answer.status_code, told["status"], told["code"]) == (status, status, code)
    assert told["message"] == error.sentence


async def test_the_documented_reasons_of_recordings_are_such() -> None:
    assert {code for code, (status, _) in ERRORS.items() if status == 422} <= set(OF_RECORDINGS)


async def begun_plan(http: httpx.AsyncClient, service: MemoryService) -> asyncio.Task[httpx.Response]:
    service.may_plan.clear()
    asking = asyncio.create_task(http.post(PLAN, json=GOOD))
    async with asyncio.timeout(5):
        await service.planning.wait()
    return asking


async def test_a_client_that_leaves_stops_the_work_on_its_plan(
    http: httpx.AsyncClient, service: MemoryService
) -> None:
    asking = await begun_plan(http, service)

    asking.cancel()

    async with asyncio.timeout(5):
        await service.stopped_planning.wait()


async def test_a_client_that_waits_gets_its_plan_in_the_end(
    http: httpx.AsyncClient, service: MemoryService
) -> None:
    asking = await begun_plan(http, service)

    service.may_plan.set()

    assert (await asking).status_code == 200
    assert not service.stopped_planning.is_set()


async def test_a_plan_may_take_longer_than_other_calls(setup: Setup, service: MemoryService) -> None:
    config = replace(setup.config, call_timeout_s=0.1, files=None)
    service.may_plan.clear()
    async with client_of(config) as client:
        asking = asyncio.create_task(client.post(PLAN, json=GOOD))
        done, _ = await asyncio.wait({asking}, timeout=0.4)
        service.may_plan.set()
        answer = await asking

    assert not done
    assert answer.status_code == 200


async def test_a_plan_that_takes_too_long_is_given_up(setup: Setup, service: MemoryService) -> None:
    config = replace(setup.config, plan_timeout_s=0.2, files=None)
    service.may_plan.clear()
    async with client_of(config) as client:
        answer = await client.post(PLAN, json=GOOD)

    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "SERVICE_UNAVAILABLE")
