"""Split jobs that transcribe, an extension: asked for and repeated in the words of the transcription API."""

from typing import Any

import httpx
import pytest
from google.protobuf.json_format import MessageToDict

from tests.gateway import jobs
from tests.gateway.memory_service import MemoryService
from tests.gateway.splits.recipes import GOOD, SPLITS
from zerokerf.errors import UnsupportedModel
from zerokerf.v1.batch_pb2 import OutputConfig, SrtOverrides, TranscriptionConfig
from zerokerf.v1.split_pb2 import Split, Transcribe, TranscriptFile

pytestmark = pytest.mark.asyncio(loop_scope="session")


CONFIG = {"language": "de", "operating_point": "enhanced", "diarization": "channel"}
SHOWN = {"model_code": "ours/large", "transcription_config": CONFIG}
ASKED = Transcribe(
    model_code="ours/large",
    transcription_config=TranscriptionConfig(
        language="de",
        operating_point=TranscriptionConfig.OPERATING_POINT_ENHANCED,
        diarization=TranscriptionConfig.DIARIZATION_CHANNEL,
    ),
)

WISHES: list[tuple[Any, Transcribe | None]] = [
    (None, None),
    ({}, Transcribe()),
    ({"model_code": None, "transcription_config": None, "output_config": None}, Transcribe()),
    ({"transcription_config": {}}, Transcribe(transcription_config=TranscriptionConfig())),
    (SHOWN, ASKED),
    (
        {"output_config": {"srt_overrides": {"max_lines": 1}}},
        Transcribe(output_config=OutputConfig(srt_overrides=SrtOverrides(max_lines=1))),
    ),
]
BAD: list[tuple[Any, dict[str, str]]] = [
    (True, {"transcribe": "Must be an object."}),
    ({"modelCode": "a"}, {"transcribe.modelCode": "There is no such field."}),
    ({"model_code": ""}, {"transcribe.model_code": "Must not be empty."}),
    (
        {"transcription_config": {"language": 5}},
        {"transcribe.transcription_config.language": "Must be a string."},
    ),
    (
        {"output_config": {"srt_overrides": {"max_lines": 0}}},
        {"transcribe.output_config.srt_overrides.max_lines": "Must be greater than or equal to 1."},
    ),
]


def file(name: str, kind: str) -> TranscriptFile:
    link = f"https://cdn.example.com/{name}.{kind}"
    return TranscriptFile(
        format=kind, download_url=link, size=7, sha256="ab", expire_time=jobs.at("2026-03-30T10:00:00Z")
    )


def shown(name: str, kind: str) -> dict[str, Any]:
    link = f"https://cdn.example.com/{name}.{kind}"
    return {"format": kind, "downloadUrl": link, "size": 7, "expiresAt": "2026-03-30T10:00:00Z"}


def transcribed() -> Split:
    split = jobs.completed([240 * jobs.RATE, 10 * jobs.RATE], [10, 20], transcribe=ASKED)
    split.transcripts.extend([file("whole", "txt"), file("whole", "srt")])
    for segment in split.segments:
        segment.transcripts.append(file(f"part-{segment.index}", "srt"))
    return split


@pytest.mark.parametrize(("asked", "sent"), WISHES, ids=str)
async def test_what_is_asked_is_passed_on(
    http: httpx.AsyncClient, service: MemoryService, asked: object, sent: Transcribe | None
) -> None:
    answer = await http.post(SPLITS, json=GOOD | {"transcribe": asked})

    assert answer.status_code == 201, answer.text
    request = service.requests[0]
    assert request.HasField("transcribe") == (sent is not None)
    assert MessageToDict(request.transcribe) == MessageToDict(sent or Transcribe())


@pytest.mark.parametrize(("asked", "details"), BAD, ids=str)
async def test_what_cannot_be_meant_is_refused_by_its_path(
    http: httpx.AsyncClient, service: MemoryService, asked: object, details: dict[str, str]
) -> None:
    answer = await http.post(SPLITS, json=GOOD | {"transcribe": asked})

    assert answer.status_code == 400
    assert answer.json()["error"]["details"] == details
    assert service.requests == []


async def test_what_the_server_refuses_is_named_as_it_was_asked(
    http: httpx.AsyncClient, service: MemoryService
) -> None:
    service.fails_with = UnsupportedModel("nobody/knows", ["ours/small"])
    service.fails_with.violations = {"transcribe.model_code": "It is not known."}

    answer = await http.post(SPLITS, json=GOOD | {"transcribe": {"model_code": "nobody/knows"}})

    assert answer.status_code == 400
    assert answer.json()["error"]["details"] == {"transcribe.model_code": "It is not known."}


async def test_a_completed_job_lists_its_transcripts(http: httpx.AsyncClient, service: MemoryService) -> None:
    service.add(transcribed())

    job = (await http.get(f"{SPLITS}/job_abc123")).json()

    assert job["transcribe"] == SHOWN
    assert job["transcripts"] == [shown("whole", "txt"), shown("whole", "srt")]
    assert [segment["transcripts"] for segment in job["segments"]] == [
        [shown("part-0", "srt")],
        [shown("part-1", "srt")],
    ]


@pytest.mark.parametrize("state", [Split.STATE_QUEUED, Split.STATE_PROCESSING, Split.STATE_FAILED])
async def test_every_state_repeats_how_it_transcribes_and_lists_do_not(
    http: httpx.AsyncClient, service: MemoryService, state: Split.State.ValueType
) -> None:
    service.add(jobs.split(state, transcribe=ASKED))

    job = (await http.get(f"{SPLITS}/job_abc123")).json()
    listed = (await http.get(SPLITS)).json()["data"][0]

    assert job["transcribe"] == SHOWN
    assert "transcripts" not in job
    assert "transcribe" not in listed
