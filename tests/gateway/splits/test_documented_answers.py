"""Every field of every documented answer, and no field more."""

import httpx
import pytest

from gateway.splits.answers import split_json
from tests.gateway import jobs
from tests.gateway.memory_service import MemoryService
from zerokerf.v1.audio_pb2 import AUDIO_FORMAT_FLAC
from zerokerf.v1.split_pb2 import FileSizeMode, Segment, Split, SplitMode, SplitProgress, TranscriptFile

pytestmark = pytest.mark.asyncio(loop_scope="session")

COMPLETED = {
    "id": "job_abc123",
    "status": "completed",
    "splitMode": "duration",
    "segmentDuration": 600,
    "outputFormat": "mp3",
    "sourceFileName": "podcast-episode-42.mp3",
    "sourceDuration": 1380,
    "sourceSize": 22080000,
    "segments": [
        {
            "index": 0,
            "downloadUrl": "https://cdn.audiospliter.com/segments/abc123-0.mp3",
            "duration": 600,
            "size": 9600000,
            "expiresAt": "2026-03-30T10:00:00Z",
        },
        {
            "index": 1,
            "downloadUrl": "https://cdn.audiospliter.com/segments/abc123-1.mp3",
            "duration": 600,
            "size": 9500000,
            "expiresAt": "2026-03-30T10:00:00Z",
        },
        {
            "index": 2,
            "downloadUrl": "https://cdn.audiospliter.com/segments/abc123-2.mp3",
            "duration": 180,
            "size": 2900000,
            "expiresAt": "2026-03-30T10:00:00Z",
        },
    ],
    "metadata": {"episodeId": "42"},
    "createdAt": "2026-03-29T10:00:00Z",
    "completedAt": "2026-03-29T10:01:23Z",
}

PROCESSING = {
    "id": "job_abc123",
    "status": "processing",
    "progress": 65,
    "splitMode": "duration",
    "segmentDuration": 600,
    "createdAt": "2026-03-29T10:00:00Z",
}

NOT_FOUND = {"error": {"code": "JOB_NOT_FOUND", "message": "Job job_xyz789 not found", "status": 404}}


def completed_job() -> Split:
    counts = [600 * jobs.RATE, 600 * jobs.RATE, 180 * jobs.RATE]
    return jobs.completed(counts, [9600000, 9500000, 2900000], metadata=jobs.metadata(episodeId="42"))


async def test_a_completed_job_is_the_documented_example(
    http: httpx.AsyncClient, service: MemoryService
) -> None:
    service.add(completed_job())

    answer = await http.get("/api/v1/splits/job_abc123")

    assert answer.status_code == 200
    assert answer.json() == COMPLETED
    assert list(answer.json()) == list(COMPLETED)
    assert "600.0" not in answer.text
    assert answer.headers["content-type"] == "application/json"


async def test_a_processing_job_is_the_documented_example(
    http: httpx.AsyncClient, service: MemoryService
) -> None:
    service.add(
        jobs.split(
            Split.STATE_PROCESSING,
            progress=SplitProgress(percent=65, segments_done=1),
            metadata=jobs.metadata(episodeId="42"),
            requested_format=AUDIO_FORMAT_FLAC,
            webhook_url="https://hooks.example.com/as",
        )
    )

    answer = await http.get("/api/v1/splits/job_abc123")

    assert answer.json() == PROCESSING
    assert list(answer.json()) == list(PROCESSING)


async def test_a_missing_job_is_the_documented_example(http: httpx.AsyncClient) -> None:
    answer = await http.get("/api/v1/splits/job_xyz789")

    assert answer.status_code == 404
    assert answer.json() == NOT_FOUND


async def test_a_state_of_a_later_server_counts_as_processing(
    http: httpx.AsyncClient, service: MemoryService
) -> None:
    service.add(jobs.split(99))  # type: ignore[arg-type]  # a value that this version does not know

    assert (await http.get("/api/v1/splits/job_abc123")).json()["status"] == "processing"


async def test_a_queued_job_is_its_request_and_no_more(
    http: httpx.AsyncClient, service: MemoryService
) -> None:
    mode = SplitMode(file_size=FileSizeMode(max_file_size=8388608))
    service.add(jobs.split(Split.STATE_QUEUED, mode=mode))

    assert (await http.get("/api/v1/splits/job_abc123")).json() == {
        "id": "job_abc123",
        "status": "queued",
        "splitMode": "fileSize",
        "maxFileSize": 8388608,
        "createdAt": "2026-03-29T10:00:00Z",
    }


@pytest.mark.parametrize(
    ("state", "code"),
    [(Split.STATE_FAILED, "CORRUPT_FILE"), (Split.STATE_CANCELLED, "JOB_CANCELLED")],
)
async def test_a_job_that_ended_badly_says_why(
    http: httpx.AsyncClient, service: MemoryService, state: Split.State.ValueType, code: str
) -> None:
    service.add(jobs.failed(state, code, "A sentence.", requested_format=AUDIO_FORMAT_FLAC))

    assert (await http.get("/api/v1/splits/job_abc123")).json() == {
        "id": "job_abc123",
        "status": "failed",
        "splitMode": "duration",
        "segmentDuration": 600,
        "outputFormat": "flac",
        "error": {"code": code, "message": "A sentence."},
        "createdAt": "2026-03-29T10:00:00Z",
    }


async def test_durations_add_up_to_the_printed_digit(http: httpx.AsyncClient, service: MemoryService) -> None:
    service.add(jobs.completed([100_001] * 7 + [13], [1] * 8))

    answer = (await http.get("/api/v1/splits/job_abc123")).json()

    durations = [segment["duration"] for segment in answer["segments"]]
    assert round(sum(durations), 3) == answer["sourceDuration"] == 15.873
    assert len(set(durations)) > 2  # equal lengths round differently, so that the sum is right


async def test_metadata_keeps_its_types(http: httpx.AsyncClient, service: MemoryService) -> None:
    pairs: dict[str, str | float | bool | None] = {
        "text": "Größe 🎧",
        "whole": 42,
        "part": 0.1,
        "yes": True,
        "nothing": None,
    }
    service.add(jobs.split(Split.STATE_QUEUED, metadata=jobs.metadata(**pairs)))

    answer = await http.get("/api/v1/splits/job_abc123")

    assert answer.json()["metadata"] == pairs
    assert '"whole":42,' in answer.text
    assert "Größe 🎧" in answer.text


async def test_empty_metadata_is_not_absent_metadata(http: httpx.AsyncClient, service: MemoryService) -> None:
    service.add(jobs.split(Split.STATE_QUEUED, metadata=jobs.metadata()))

    assert (await http.get("/api/v1/splits/job_abc123")).json()["metadata"] == {}


async def test_deleting_answers_nothing_and_then_not_found(
    http: httpx.AsyncClient, service: MemoryService
) -> None:
    service.add(completed_job())

    first = await http.delete("/api/v1/splits/job_abc123")
    second = await http.delete("/api/v1/splits/job_abc123")

    assert (first.status_code, first.content) == (204, b"")
    assert (second.status_code, second.json()["error"]["code"]) == (404, "JOB_NOT_FOUND")


async def test_a_processing_job_cannot_be_deleted(http: httpx.AsyncClient, service: MemoryService) -> None:
    service.add(jobs.split(Split.STATE_PROCESSING))

    answer = await http.delete("/api/v1/splits/job_abc123")

    assert answer.status_code == 409
    assert answer.json()["error"]["code"] == "JOB_ALREADY_PROCESSING"


async def test_cancelling_answers_the_stopped_job(http: httpx.AsyncClient, service: MemoryService) -> None:
    service.add(jobs.split(Split.STATE_PROCESSING))

    answer = await http.post("/api/v1/splits/job_abc123/cancel")

    assert answer.status_code == 200
    assert (answer.json()["status"], answer.json()["error"]["code"]) == ("failed", "JOB_CANCELLED")


async def test_a_completed_job_cannot_be_cancelled(http: httpx.AsyncClient, service: MemoryService) -> None:
    service.add(completed_job())

    answer = await http.post("/api/v1/splits/job_abc123/cancel")

    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "JOB_NOT_CANCELLABLE")


async def test_files_that_are_not_kept_any_more_have_no_links() -> None:
    said = TranscriptFile(format="txt", size=5)
    split = Split(
        id="job_a",
        state=Split.STATE_COMPLETED,
        segments=[Segment(index=0, size=100, reason="end", transcripts=[said])],
        transcripts=[said],
    )
    split.transcribe.SetInParent()

    answer = split_json(split)

    assert answer["transcripts"] == [{"format": "txt", "size": 5}]
    assert answer["segments"] == [
        {
            "index": 0,
            "duration": 0,
            "size": 100,
            "reason": "end",
            "transcripts": [{"format": "txt", "size": 5}],
        }
    ]
