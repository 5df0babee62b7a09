"""The modes and options that extend the documented ones: passed on exactly, echoed, shown to nobody else."""

from typing import Any

import httpx
import pytest
from google.protobuf.descriptor import Descriptor

from gateway.fields import JSON_NAMES
from tests.gateway import jobs
from tests.gateway.memory_service import MemoryService
from tests.gateway.splits.recipes import SPLITS
from zerokerf.errors import InvalidParams
from zerokerf.v1.split_pb2 import ChaptersMode, CueMode, CutOptions, Segment, Split, SplitMode

pytestmark = pytest.mark.asyncio(loop_scope="session")


SOURCE = {"sourceUrl": "https://a.example.com/talk.wav"}
SHEET = 'FILE "a" WAVE\n  TRACK 01 AUDIO\n    INDEX 01 00:00:00\n'
MODES: list[dict[str, Any]] = [
    {"splitMode": "parts", "parts": 12},
    {"splitMode": "timestamps", "timestamps": [0, 62, 330.25, 1e3]},
    {"splitMode": "chapters"},
    {"splitMode": "cue", "cueSheet": SHEET},
    {"splitMode": "silence", "minSilence": 0.5},
    {"splitMode": "silence", "minSilence": 0.35, "minSegment": 60, "maxSegment": 600.5},
    {"splitMode": "duration", "segmentDuration": 600, "snapToSilence": 5, "overlap": 0.25, "minTail": 10},
    {"splitMode": "chapters", "snapToSilence": 0},
]


def body(**fields: object) -> dict[str, object]:
    return {**SOURCE, **fields}


async def post(http: httpx.AsyncClient, text: str) -> httpx.Response:
    """What a client writes down to the digit."""
    content = f'{{"sourceUrl": "https://a.example.com/talk.wav", {text}}}'
    return await http.post(SPLITS, content=content, headers={"Content-Type": "application/json"})


@pytest.mark.parametrize("mode", MODES, ids=str)
async def test_what_was_asked_for_is_echoed_at_once_and_later(
    http: httpx.AsyncClient, service: MemoryService, mode: dict[str, Any]
) -> None:
    created = (await http.post(SPLITS, json=SOURCE | mode)).json()

    rest = {"id": "job_1", "status": "queued", "createdAt": "2026-03-29T10:00:00Z"}
    assert created == rest | mode
    assert (await http.get(f"{SPLITS}/job_1")).json() == created


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [
        ("0.1", 100_000_000),
        ("1.000000001", 1_000_000_001),
        ("4095.123456789", 4_095_123_456_789),
        ("999999999.999999999", 999_999_999_999_999_999),
        ("0.30000000000000004", 300_000_000),
        ("0.0000000005", 1),
        ("1e-3", 1_000_000),
        ("1E2", 100_000_000_000),
        ("-1.5", -1_500_000_000),
        ("1e-99999999999999999999", 0),
    ],
)
async def test_seconds_are_taken_to_the_nanosecond(
    http: httpx.AsyncClient, service: MemoryService, text: str, nanoseconds: int
) -> None:
    answer = await post(http, f'"splitMode": "timestamps", "timestamps": [{text}], "overlap": {text}')

    assert answer.status_code == 201
    request = service.requests[0]
    assert request.mode.timestamps.positions[0].ToNanoseconds() == nanoseconds
    assert request.options.overlap.ToNanoseconds() == nanoseconds


async def test_every_field_reaches_its_place(http: httpx.AsyncClient, service: MemoryService) -> None:
    silence = {"splitMode": "silence", "minSilence": 1, "minSegment": 2, "maxSegment": 3}
    options = {"snapToSilence": 4, "overlap": 5, "minTail": 6}

    await http.post(SPLITS, json=SOURCE | silence | options)

    request = service.requests[0]
    asked = request.mode.silence
    assert (asked.min_silence.seconds, asked.min_segment.seconds, asked.max_segment.seconds) == (1, 2, 3)
    options = request.options
    assert (options.snap_to_silence.seconds, options.overlap.seconds, options.min_tail.seconds) == (4, 5, 6)


async def test_without_options_none_are_sent(http: httpx.AsyncClient, service: MemoryService) -> None:
    nothing = dict.fromkeys(["snapToSilence", "overlap", "minTail", "parts"])

    await http.post(SPLITS, json=SOURCE | {"splitMode": "duration", "segmentDuration": 1} | nothing)

    assert not service.requests[0].HasField("options")


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ('"splitMode": "parts"', "parts"),
        ('"splitMode": "parts", "parts": 1.5', "parts"),
        ('"splitMode": "parts", "parts": "2"', "parts"),
        ('"splitMode": "parts", "parts": 2147483648', "parts"),
        ('"splitMode": "timestamps"', "timestamps"),
        ('"splitMode": "timestamps", "timestamps": 5', "timestamps"),
        ('"splitMode": "timestamps", "timestamps": [1, "2"]', "timestamps"),
        ('"splitMode": "timestamps", "timestamps": [true]', "timestamps"),
        ('"splitMode": "timestamps", "timestamps": [null]', "timestamps"),
        ('"splitMode": "timestamps", "timestamps": [1e12]', "timestamps"),
        ('"splitMode": "timestamps", "timestamps": [1e99999999999999999999]', "timestamps"),
        ('"splitMode": "cue"', "cueSheet"),
        ('"splitMode": "cue", "cueSheet": ["a"]', "cueSheet"),
        ('"splitMode": "silence"', "minSilence"),
        ('"splitMode": "silence", "minSilence": "1"', "minSilence"),
        ('"splitMode": "silence", "minSilence": 1, "minSegment": {}', "minSegment"),
        ('"splitMode": "silence", "minSilence": 1, "maxSegment": -1e15', "maxSegment"),
        ('"splitMode": "chapters", "snapToSilence": "5"', "snapToSilence"),
        ('"splitMode": "chapters", "overlap": true', "overlap"),
        ('"splitMode": "chapters", "minTail": 1e12', "minTail"),
    ],
)
async def test_a_bad_field_is_named(
    http: httpx.AsyncClient, service: MemoryService, fields: str, wrong: str
) -> None:
    answer = await post(http, fields)

    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (400, "INVALID_PARAMS")
    assert list(error["details"]) == [wrong]
    assert error["details"][wrong].endswith(".")
    assert not service.requests


async def test_a_cue_sheet_as_long_as_can_be_fits_into_a_body(
    http: httpx.AsyncClient, service: MemoryService
) -> None:
    sheet = "\x01" * 65_536  # each of these is six bytes in JSON

    answer = await http.post(SPLITS, json=body(splitMode="cue", cueSheet=sheet))

    assert answer.status_code == 201
    assert service.requests[0].mode.cue.sheet == sheet


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("mode.parts.count", "parts"),
        ("mode.timestamps.positions", "timestamps"),
        ("mode.cue.sheet", "cueSheet"),
        ("mode.silence.max_segment", "maxSegment"),
        ("options", "splitMode"),
        ("options.overlap", "overlap"),
    ],
)
async def test_what_the_server_refuses_is_told_in_the_names_of_json(
    http: httpx.AsyncClient, service: MemoryService, path: str, field: str
) -> None:
    service.fails_with = InvalidParams({path: "No."})

    error = (await http.post(SPLITS, json=body(splitMode="chapters"))).json()["error"]

    assert error["details"] == {field: "No."}


async def test_every_number_of_a_mode_has_a_name_in_json() -> None:
    def leaves(message: Descriptor, path: str) -> set[str]:
        return {f"{path}.{field.name}" for field in message.fields}

    modes = {
        path
        for mode in SplitMode.DESCRIPTOR.fields
        if mode.message_type is not None
        for path in leaves(mode.message_type, f"mode.{mode.name}")
    }

    assert modes | leaves(CutOptions.DESCRIPTOR, "options") <= set(JSON_NAMES)


def cut(split: Split) -> Split:
    """With what the server says of every segment."""
    first, second = split.segments
    first.MergeFrom(Segment(reason="chapter", title="Welcome"))
    second.MergeFrom(Segment(reason="end", overlap_samples=22050, shifted_samples=-5))
    return split


async def test_segments_of_extensions_say_why_they_end_and_what_they_are(
    http: httpx.AsyncClient, service: MemoryService
) -> None:
    service.add(cut(jobs.completed([44100, 44100], [1, 2], mode=SplitMode(chapters=ChaptersMode()))))

    segments = (await http.get(f"{SPLITS}/job_abc123")).json()["segments"]

    documented = ["index", "downloadUrl", "duration", "size", "expiresAt"]
    assert [list(segment) for segment in segments] == [
        [*documented, "reason", "title"],
        [*documented, "reason", "overlap"],
    ]
    assert [segment["reason"] for segment in segments] == ["chapter", "end"]
    assert (segments[0]["title"], segments[1]["overlap"], segments[1]["duration"]) == ("Welcome", 0.5, 1)


async def test_an_option_alone_is_an_extension_too(http: httpx.AsyncClient, service: MemoryService) -> None:
    options = CutOptions()
    options.overlap.FromMilliseconds(500)
    service.add(cut(jobs.completed([44100, 44100], [1, 2], options=options)))

    answer = (await http.get(f"{SPLITS}/job_abc123")).json()

    assert (answer["splitMode"], answer["segmentDuration"], answer["overlap"]) == ("duration", 600, 0.5)
    assert answer["segments"][1]["overlap"] == 0.5


async def test_documented_jobs_show_nothing_of_it(http: httpx.AsyncClient, service: MemoryService) -> None:
    service.add(cut(jobs.completed([44100, 44100], [1, 2])))

    answer = (await http.get(f"{SPLITS}/job_abc123")).json()

    for segment in answer["segments"]:
        assert list(segment) == ["index", "downloadUrl", "duration", "size", "expiresAt"]
    assert not {"overlap", "snapToSilence", "minTail"} & set(answer)


async def test_lists_leave_out_what_may_be_long(http: httpx.AsyncClient, service: MemoryService) -> None:
    service.add(jobs.split(Split.STATE_QUEUED, id="job_1", mode=SplitMode(cue=CueMode(sheet=SHEET))))

    (item,) = (await http.get(SPLITS)).json()["data"]

    assert item == {
        "id": "job_1",
        "status": "queued",
        "splitMode": "cue",
        "createdAt": "2026-03-29T10:00:00Z",
    }
