"""Every field of every documented answer about transcription jobs, and no field more."""

from typing import Any

import httpx
import pytest
from google.protobuf.struct_pb2 import Struct
from google.protobuf.timestamp_pb2 import Timestamp

from gateway.structs import MAX_DEPTH, from_struct, to_struct
from tests.gateway import batch_jobs as jobs
from tests.gateway.batch_memory_service import MemoryBatchService
from zerokerf.v1 import batch_service_pb2 as pb
from zerokerf.v1.batch_pb2 import (
    BatchInput,
    BatchJob,
    OutputConfig,
    SrtOverrides,
    TranscriptionConfig,
    VocabularyEntry,
)

pytestmark = pytest.mark.asyncio(loop_scope="session")

JOBS = "/v1/batch/jobs"
CONFIG = {"language": "en", "operating_point": "standard", "diarization": "none"}
DONE: dict[str, Any] = {
    "job_id": "call17",
    "status": "DONE",
    "model_code": "slng/speechmatics/batch:15.0.0",
    "job_config": {"type": "transcription", "transcription_config": CONFIG},
    "input_metadata": {
        "size_bytes": 88211,
        "duration_seconds": 5.51,
        "format": "mp3",
        "mime_type": "audio/mpeg",
        "source": "url",
    },
    "output_metadata": {"word_count": 14, "language": "en"},
    "error_message": None,
    "submitted_at": "2026-05-02T08:00:00Z",
    "started_at": "2026-05-02T08:00:03Z",
    "completed_at": "2026-05-02T08:00:04Z",
    "deleted_at": None,
    "expired_at": None,
    "updated_at": "2026-05-02T08:00:04Z",
    "api_key_id": "key_1",
}
QUEUED: dict[str, Any] = {
    **DONE,
    "status": "QUEUED",
    "input_metadata": {},
    "output_metadata": {},
    "started_at": None,
    "completed_at": None,
    "updated_at": "2026-05-02T08:00:00Z",
}


async def test_a_job_is_told_in_full(client: httpx.AsyncClient, batch: MemoryBatchService) -> None:
    batch.add(jobs.done())

    answer = await client.get(f"{JOBS}/call17")

    assert (answer.status_code, answer.json()) == (200, DONE)
    assert list(answer.json()) == list(DONE)
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"


async def test_what_is_not_known_yet_is_empty_or_null(
    client: httpx.AsyncClient, batch: MemoryBatchService
) -> None:
    batch.add(jobs.job(BatchJob.STATE_QUEUED))

    assert (await client.get(f"{JOBS}/call17")).json() == QUEUED


async def test_what_is_known_of_the_recording_is_told(
    client: httpx.AsyncClient, batch: MemoryBatchService
) -> None:
    batch.add(jobs.job(BatchJob.STATE_IN_PROGRESS, input=BatchInput(size=7, source="upload")))

    assert (await client.get(f"{JOBS}/call17")).json()["input_metadata"] == {
        "size_bytes": 7,
        "source": "upload",
    }


async def test_what_came_out_is_told_when_the_job_is_done(
    client: httpx.AsyncClient, batch: MemoryBatchService
) -> None:
    early = jobs.done().output
    batch.add(jobs.job(BatchJob.STATE_DECODING, output=early, api_key_id=""))

    answer = (await client.get(f"{JOBS}/call17")).json()

    assert answer["output_metadata"] == {}
    assert "api_key_id" not in answer


async def test_a_failure_is_an_object_with_a_message(
    client: httpx.AsyncClient, batch: MemoryBatchService
) -> None:
    batch.add(jobs.failed("The audio could not be decoded"))

    assert (await client.get(f"{JOBS}/call17")).json() == {
        **QUEUED,
        "status": "FAILED",
        "error_message": {"message": "The audio could not be decoded"},
        "completed_at": "2026-05-02T08:00:04Z",
    }


@pytest.mark.parametrize(
    ("state", "status"),
    [
        (BatchJob.STATE_QUEUED, "QUEUED"),
        (BatchJob.STATE_IN_PROGRESS, "IN_PROGRESS"),
        (BatchJob.STATE_DECODING, "DECODING"),
        (BatchJob.STATE_POST_PROCESSING, "POST_PROCESSING"),
        (BatchJob.STATE_DONE, "DONE"),
        (BatchJob.STATE_FAILED, "FAILED"),
        (BatchJob.STATE_DELETED, "DELETED"),
        (99, "IN_PROGRESS"),
    ],
)
async def test_every_state_has_its_documented_name(
    client: httpx.AsyncClient,
    batch: MemoryBatchService,
    state: Any,  # noqa: ANN401 - one that this version does not know, too
    status: str,
) -> None:
    batch.add(jobs.job(state))

    assert (await client.get(f"{JOBS}/call17")).json()["status"] == status


async def test_the_configuration_is_returned_as_submitted_with_its_defaults(
    client: httpx.AsyncClient, batch: MemoryBatchService
) -> None:
    config = TranscriptionConfig(
        language="de",
        operating_point=TranscriptionConfig.OPERATING_POINT_ENHANCED,
        diarization=TranscriptionConfig.DIARIZATION_CHANNEL,
        domain="medical",
        output_locale="en-GB",
        enable_entities=False,
        additional_vocab=[
            VocabularyEntry(content="Zerokerf", sounds_like=["zero curve"]),
            VocabularyEntry(content="kerf"),
        ],
    )
    batch.add(
        jobs.job(
            BatchJob.STATE_QUEUED,
            transcription_config=config,
            tracking=jobs.struct(title="a", details={"room": 4}),
            output_config=OutputConfig(srt_overrides=SrtOverrides(max_line_length=42)),
            metadata=jobs.struct(z=1, a=[None, 0.5, {"deep": True}]),
        )
    )

    answer = await client.get(f"{JOBS}/call17")

    assert answer.json()["job_config"] == {
        "type": "transcription",
        "transcription_config": {
            "language": "de",
            "operating_point": "enhanced",
            "diarization": "channel",
            "domain": "medical",
            "output_locale": "en-GB",
            "enable_entities": False,
            "additional_vocab": [{"content": "Zerokerf", "sounds_like": ["zero curve"]}, {"content": "kerf"}],
        },
        "tracking": {"title": "a", "details": {"room": 4}},
        "output_config": {"srt_overrides": {"max_line_length": 42}},
        "metadata": {"a": [None, 0.5, {"deep": True}], "z": 1},
    }
    assert '"room":4}' in answer.text


async def test_what_was_given_empty_is_not_absent(
    client: httpx.AsyncClient, batch: MemoryBatchService
) -> None:
    batch.add(
        jobs.job(BatchJob.STATE_QUEUED, tracking=Struct(), output_config=OutputConfig(), metadata=Struct())
    )

    config = (await client.get(f"{JOBS}/call17")).json()["job_config"]

    assert (config["tracking"], config["output_config"], config["metadata"]) == ({}, {}, {})


async def test_json_of_any_shape_survives_the_way_there_and_back() -> None:
    deep: dict[str, object] = {"end": [1, -0.5, "", None, True, [], {}]}
    for _ in range(MAX_DEPTH - 2):
        deep = {"a": deep}
    message = pb.CreateBatchJobRequest(metadata=to_struct("metadata", deep))

    received = pb.CreateBatchJobRequest.FromString(message.SerializeToString())

    assert from_struct(received.metadata) == deep


# ---- deleting, cancelling


@pytest.mark.parametrize("made", [jobs.done(), jobs.failed("Why")], ids=["done", "failed"])
async def test_deleting_keeps_the_record(
    client: httpx.AsyncClient, batch: MemoryBatchService, made: BatchJob
) -> None:
    batch.add(BatchJob.FromString(made.SerializeToString()))

    answer = await client.delete(f"{JOBS}/call17")
    again = await client.delete(f"{JOBS}/call17")
    left = (await client.get(f"{JOBS}/call17")).json()

    assert (answer.status_code, answer.json()) == (202, {"job_id": "call17", "status": "DELETED"})
    assert (again.status_code, again.json()) == (409, {"error": "Job must be DONE or FAILED to delete"})
    assert (left["status"], left["deleted_at"]) == ("DELETED", "2026-05-02T08:00:00Z")


@pytest.mark.parametrize("state", [BatchJob.STATE_QUEUED, BatchJob.STATE_DECODING])
async def test_an_active_job_cannot_be_deleted_but_cancelled(
    client: httpx.AsyncClient, batch: MemoryBatchService, state: BatchJob.State.ValueType
) -> None:
    batch.add(jobs.job(state))

    deletion = await client.delete(f"{JOBS}/call17")
    cancelling = await client.post(f"{JOBS}/call17/cancel")
    again = await client.post(f"{JOBS}/call17/cancel")

    assert (deletion.status_code, deletion.json()) == (409, {"error": "Job must be DONE or FAILED to delete"})
    assert (cancelling.status_code, cancelling.json()["status"]) == (200, "FAILED")
    assert cancelling.json()["error_message"] == {"message": "The job was cancelled on request."}
    assert (again.status_code, again.json()) == (409, {"error": "Job has ended and cannot be cancelled"})


# ---- files


def add_files(batch: MemoryBatchService) -> None:
    batch.add(jobs.done())
    outputs = [jobs.stored(name) for name in ("json", "txt", "srt")]
    batch.files["call17"] = pb.GetBatchJobFilesResponse(
        inputs=[jobs.stored("mp3", is_input=True)], outputs=outputs
    )


def listed(extension: str) -> dict[str, str]:
    return {
        "format": extension,
        "key": f"outputs/call17.{extension}",
        "s3_uri": f"s3://outputs-bucket/outputs/call17.{extension}",
        "download_url": f"https://files.example.com/outputs/call17.{extension}?s=1",
    }


async def test_files_are_the_documented_answer(client: httpx.AsyncClient, batch: MemoryBatchService) -> None:
    add_files(batch)

    answer = await client.get(f"{JOBS}/call17/files")

    assert answer.status_code == 200
    assert answer.json() == {
        "job_id": "call17",
        "inputs": [
            {
                "key": "inputs/call17.mp3",
                "s3_uri": "s3://inputs-bucket/inputs/call17.mp3",
                "download_url": "https://files.example.com/inputs/call17.mp3?s=1",
            }
        ],
        "outputs": [listed("json"), listed("txt"), listed("srt")],
    }


@pytest.mark.parametrize(
    ("query", "formats"),
    [
        ("vtt", ["vtt"]),
        ("json,vtt", ["json", "vtt"]),
        ("srt", ["srt"]),
        (" txt , ", ["txt"]),
        ("", ["json", "txt", "srt"]),
    ],
)
async def test_formats_can_be_chosen(
    client: httpx.AsyncClient, batch: MemoryBatchService, query: str, formats: list[str]
) -> None:
    add_files(batch)

    answer = await client.get(f"{JOBS}/call17/files", params={"format": query})

    assert answer.json()["outputs"] == [listed(name) for name in formats]


async def test_a_format_that_is_none_is_refused(client: httpx.AsyncClient, batch: MemoryBatchService) -> None:
    add_files(batch)

    answer = await client.get(f"{JOBS}/call17/files?format=docx")

    assert (answer.status_code, answer.json()) == (
        400,
        {"error": "format must be any of json, txt, srt, vtt"},
    )


@pytest.mark.parametrize("state", [BatchJob.STATE_QUEUED, BatchJob.STATE_FAILED, BatchJob.STATE_DELETED])
async def test_files_that_are_not_there_are_not_listed(
    client: httpx.AsyncClient, batch: MemoryBatchService, state: BatchJob.State.ValueType
) -> None:
    batch.add(jobs.job(state))

    answer = await client.get(f"{JOBS}/call17/files")

    assert (answer.status_code, answer.json()) == (200, {"job_id": "call17", "inputs": [], "outputs": []})


async def test_models_are_listed_with_their_languages(client: httpx.AsyncClient) -> None:
    answer = await client.get("/v1/batch/models")

    assert (answer.status_code, answer.json()) == (
        200,
        {
            "items": [
                {
                    "model_code": "slng/speechmatics/batch:15.0.0",
                    "model": "tiny.en",
                    "languages": ["en"],
                    "is_default": True,
                }
            ]
        },
    )


# ---- lists


async def test_a_list_is_a_page_of_full_records(client: httpx.AsyncClient, batch: MemoryBatchService) -> None:
    batch.add(jobs.done())
    batch.add(jobs.job(BatchJob.STATE_QUEUED, id="call18", create_time=jobs.later(1)))

    answer = await client.get(JOBS)

    assert answer.status_code == 200
    assert answer.json() == {
        "items": [QUEUED | {"job_id": "call18", "submitted_at": "2026-05-02T08:00:01Z"}, DONE],
        "meta": {"page": 1, "page_size": 20, "total": 2, "pages": 1},
    }


async def test_pages_are_counted_and_end_in_empty_ones(
    client: httpx.AsyncClient, batch: MemoryBatchService
) -> None:
    async def page(query: str) -> tuple[list[str], dict[str, int]]:
        answer = (await client.get(f"{JOBS}?{query}")).json()
        return [item["job_id"] for item in answer["items"]], answer["meta"]

    assert await page("") == ([], {"page": 1, "page_size": 20, "total": 0, "pages": 0})
    for number in range(5):
        batch.add(jobs.job(BatchJob.STATE_QUEUED, id=f"call{number}"))
    assert await page("page=3&page_size=2") == (
        ["call0"],
        {"page": 3, "page_size": 2, "total": 5, "pages": 3},
    )
    assert await page("page=4&page_size=2") == ([], {"page": 4, "page_size": 2, "total": 5, "pages": 3})
    far = 10**17
    assert await page(f"page={far}") == ([], {"page": far, "page_size": 20, "total": 5, "pages": 1})
    assert (await page("page_size=100"))[1]["pages"] == 1


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", {"sort_by": 1}),
        ("status=DONE,FAILED", {"sort_by": 1, "states": [BatchJob.STATE_DONE, BatchJob.STATE_FAILED]}),
        ("status=QUEUED, DELETED", {"sort_by": 1, "states": [BatchJob.STATE_QUEUED, BatchJob.STATE_DELETED]}),
        ("status=IN_PROGRESS,DECODING", {"sort_by": 1, "states": [2, 3]}),
        ("model_code=a%20b", {"sort_by": 1, "model_code": "a b"}),
        ("sort_by=submitted_at&sort_order=desc", {"sort_by": 1}),
        ("sort_by=status&sort_order=asc", {"sort_by": 2, "ascending": True}),
        ("sort_by=model_code", {"sort_by": 3}),
        ("unknown=1", {"sort_by": 1}),
    ],
)
async def test_filters_and_orders_reach_the_server(
    client: httpx.AsyncClient, batch: MemoryBatchService, query: str, expected: dict[str, Any]
) -> None:
    answer = await client.get(f"{JOBS}?{query}")

    assert answer.status_code == 200
    assert batch.requests[-1] == pb.ListBatchJobsRequest(page=1, page_size=20, **expected)


@pytest.mark.parametrize(
    ("moment", "is_after", "is_before"),
    [
        ("2026-05-02T08:00:00Z", False, False),  # as the job is shown
        ("2026-05-02T07:59:59Z", True, False),
        ("2026-05-02T08:00:01Z", False, True),
        ("2026-05-02T08:00:00.5Z", False, True),
        ("2026-05-02T07:59:59.5Z", True, False),
        ("2026-05-02T08:00:00", False, False),
        ("2026-05-02T10:00:00+02:00", False, False),
        ("2026-05-02", True, False),
        ("0001-01-01T00:00:00Z", True, False),
        ("9999-12-31T23:59:59.999999Z", False, True),
    ],
)
async def test_times_compare_with_what_clients_see_and_are_exclusive(
    client: httpx.AsyncClient, batch: MemoryBatchService, moment: str, is_after: bool, is_before: bool
) -> None:
    batch.add(jobs.job(BatchJob.STATE_QUEUED, create_time=Timestamp(seconds=1777708800, nanos=987_654_000)))

    after = await client.get(JOBS, params={"submitted_after": moment})
    before = await client.get(JOBS, params={"submitted_before": moment})

    assert (after.json()["meta"]["total"], before.json()["meta"]["total"]) == (is_after, is_before)


ALLOWED = "Allowed: DECODING, DELETED, DONE, FAILED, IN_PROGRESS, QUEUED"


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("status=BOGUS", f"Invalid status value(s): BOGUS. {ALLOWED}"),
        ("status=DONE,BOGUS,done", f"Invalid status value(s): BOGUS, done. {ALLOWED}"),
        ("status=POST_PROCESSING", f"Invalid status value(s): POST_PROCESSING. {ALLOWED}"),
        ("sort_by=size", "Invalid sort_by value: size. Allowed: model_code, status, submitted_at"),
        ("sort_by=", "Invalid sort_by value: . Allowed: model_code, status, submitted_at"),
        ("sort_order=up", "Invalid sort_order value: up. Allowed: asc, desc"),
        ("submitted_after=yesterday", "submitted_after must be an ISO 8601 date and time"),
        ("submitted_before=2026-13-01T00:00:00Z", "submitted_before must be an ISO 8601 date and time"),
        (
            "submitted_after=0001-01-01T00:00:00%2B23:00",
            "submitted_after must be an ISO 8601 date and time",
        ),
        ("page=0", "page must be an integer of at least 1"),
        ("page=-1", "page must be an integer of at least 1"),
        ("page=1.0", "page must be an integer of at least 1"),
        ("page=", "page must be an integer of at least 1"),
        ("page=%D9%A3", "page must be an integer of at least 1"),
        (f"page={'9' * 5000}", "page must be an integer of at least 1"),
        ("page_size=0", "page_size must be an integer between 1 and 100"),
        ("page_size=101", "page_size must be an integer between 1 and 100"),
        ("page_size=ten", "page_size must be an integer between 1 and 100"),
    ],
    ids=lambda text: text[:40],
)
async def test_a_query_that_breaks_a_rule_is_refused(
    client: httpx.AsyncClient, batch: MemoryBatchService, query: str, sentence: str
) -> None:
    answer = await client.get(f"{JOBS}?{query}")

    assert (answer.status_code, answer.json()) == (400, {"error": sentence})
