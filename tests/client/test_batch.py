"""Transcription jobs: creating, reading, listing, cancelling and deleting them."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict

from tests.client.batch_state import FIRST_CREATED_S
from tests.client.conftest import IMPATIENT
from tests.client.state import Service
from zerokerf import errors
from zerokerf.batch_requests import Phrase
from zerokerf.client import AsyncClient
from zerokerf.v1.batch_pb2 import BatchJob
from zerokerf.v1.batch_service_pb2 import CreateBatchJobRequest

URL = "https://example.org/talk.mp3"


def asked(service: Service) -> CreateBatchJobRequest:
    """What the only job was asked for."""
    ((request, _),) = service.transcription.requests.values()
    return request


async def test_a_job_is_created_as_it_was_meant(service: Service, client: AsyncClient) -> None:
    job = await client.batch.create(
        url=URL,
        job_id="call17",
        language="en",
        model="big",
        operating_point="enhanced",
        diarization="channel",
        vocabulary=["Zerokerf", Phrase("kerf", ("curf", "cerf"))],
        line_length=42,
        lines=1,
        metadata={"show": {"number": 7}, "tags": ["a", None]},
        tracking={"title": "Talk"},
        webhook_url="https://hooks.example.com/a",
        priority="bulk",
        request_id="monday",
    )

    assert (job.id, job.state) == ("call17", BatchJob.STATE_QUEUED)
    assert MessageToDict(asked(service), preserving_proto_field_name=True) == {
        "id": "call17",
        "source": {"url": URL},
        "model_code": "big",
        "transcription_config": {
            "language": "en",
            "operating_point": "OPERATING_POINT_ENHANCED",
            "diarization": "DIARIZATION_CHANNEL",
            "additional_vocab": [
                {"content": "Zerokerf"},
                {"content": "kerf", "sounds_like": ["curf", "cerf"]},
            ],
        },
        "output_config": {"srt_overrides": {"max_line_length": 42, "max_lines": 1}},
        "metadata": {"show": {"number": 7}, "tags": ["a", None]},
        "tracking": {"title": "Talk"},
        "webhook_url": "https://hooks.example.com/a",
        "priority": "PRIORITY_BULK",
        "request_id": "monday",
    }


async def test_what_is_not_said_is_left_to_the_service(service: Service, client: AsyncClient) -> None:
    await client.batch.create(url=URL)

    request = asked(service)
    assert (request.id, request.model_code, request.transcription_config.language) == ("", "", "")
    assert not request.HasField("output_config")
    assert not request.HasField("metadata")
    assert not request.HasField("tracking")


async def test_limits_of_zero_are_passed_on_to_be_refused(service: Service, client: AsyncClient) -> None:
    await client.batch.create(url=URL, lines=0)

    overrides = asked(service).output_config.srt_overrides
    assert (overrides.HasField("max_lines"), overrides.HasField("max_line_length")) == (True, False)


async def test_a_file_is_sent_first_and_once(service: Service, client: AsyncClient, tmp_path: Path) -> None:
    talk = tmp_path / "talk.wav"
    talk.write_bytes(b"speech" * 100)
    seen: list[tuple[int, int]] = []

    jobs = [
        await client.batch.create(
            file=talk, request_id="monday", on_progress=lambda done, total: seen.append((done, total))
        )
        for _ in range(2)
    ]

    assert jobs[0].id == jobs[1].id
    assert list(service.uploads) == [asked(service).source.upload_id]
    assert service.contents["upload1"] == talk.read_bytes()
    assert seen[-1] == (600, 600)


async def test_a_finished_upload_can_be_named(service: Service, client: AsyncClient, tmp_path: Path) -> None:
    talk = tmp_path / "talk.wav"
    talk.write_bytes(b"speech")
    upload = await client.upload(talk)

    await client.batch.create(upload_id=upload.id)

    assert asked(service).source.upload_id == upload.id


async def test_a_create_whose_answer_got_lost_makes_one_job(service: Service, client: AsyncClient) -> None:
    service.faults.lost_answers["CreateBatchJob"] = 2

    job = await client.batch.create(url=URL)

    assert list(service.transcription.jobs) == [job.id]
    assert service.calls == ["CreateBatchJob"] * 3


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({}, "source"),
        ({"url": URL, "upload_id": "upload1"}, "source"),
        ({"url": URL, "vocabulary": "Zerokerf"}, "transcription_config.additional_vocab"),
        ({"url": URL, "operating_point": "best"}, "transcription_config.operating_point"),
        ({"url": URL, "diarization": "voice"}, "transcription_config.diarization"),
        ({"url": URL, "line_length": 2**31}, "output_config.srt_overrides.max_line_length"),
        ({"url": URL, "metadata": {"when": datetime.now(UTC)}}, "metadata"),
        ({"url": URL, "tracking": ["title"]}, "tracking"),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_what_cannot_be_meant_is_not_sent(
    service: Service, client: AsyncClient, wrong: dict[str, Any], field: str
) -> None:
    with pytest.raises(errors.InvalidParams) as caught:
        await client.batch.create(**wrong)

    assert list(caught.value.violations) == [field]
    assert service.calls == []


async def test_refusals_of_the_service_are_typed(service: Service, client: AsyncClient) -> None:
    await client.batch.create(url=URL, job_id="call17", request_id="one")

    with pytest.raises(errors.UnsupportedLanguage, match="knows English only"):
        await client.batch.create(url=URL, language="de")
    with pytest.raises(errors.JobExists):
        await client.batch.create(url=URL, job_id="call17")
    with pytest.raises(errors.IdempotencyConflict):
        await client.batch.create(url=URL, request_id="one")
    with pytest.raises(errors.UploadNotFound):
        await client.batch.create(upload_id="upload9")
    with pytest.raises(errors.JobNotFound):
        await client.batch.get("nope")
    async with AsyncClient(service.target, "wrong", patience=IMPATIENT) as stranger:
        with pytest.raises(errors.Unauthenticated):
            await stranger.batch.get("call17")


async def test_the_list_runs_over_all_pages_and_takes_in_nothing_that_comes_meanwhile(
    service: Service, client: AsyncClient
) -> None:
    for _ in range(5):
        await client.batch.create(url=URL)

    found = client.batch.list(page_size=2)
    ids = [(await anext(found)).id]
    for _ in range(2):
        await client.batch.create(url=URL)
    ids += [job.id async for job in found]

    assert ids == ["call5", "call4", "call3", "call2", "call1"]


async def test_the_list_can_be_narrowed(service: Service, client: AsyncClient) -> None:
    for model in ("tiny", "big", "tiny"):
        await client.batch.wait((await client.batch.create(url=URL, model=model)).id)
    second = datetime.fromtimestamp(FIRST_CREATED_S + 1, UTC)

    async def ids(*states: BatchJob.State.ValueType, **filters: Any) -> list[str]:  # noqa: ANN401 - the client's own
        return [job.id async for job in client.batch.list(*states, **filters)]

    assert await ids(BatchJob.STATE_QUEUED) == []
    assert await ids(BatchJob.STATE_DONE, model="tiny") == ["call3", "call1"]
    assert await ids(created_after=second) == ["call3"]
    assert await ids(created_before=second) == ["call1"]


async def test_a_delete_whose_answer_got_lost_succeeds(service: Service, client: AsyncClient) -> None:
    job = await client.batch.wait((await client.batch.create(url=URL)).id)
    service.faults.lost_answers["DeleteBatchJob"] = 1

    assert (await client.batch.delete(job.id)).state == BatchJob.STATE_DELETED
    with pytest.raises(errors.JobNotDeletable):
        await client.batch.delete(job.id)


async def test_a_job_at_work_is_not_deleted_also_when_an_answer_got_lost(
    service: Service, client: AsyncClient
) -> None:
    service.faults.finish.clear()
    job = await client.batch.create(url=URL)

    with pytest.raises(errors.JobNotDeletable):
        await client.batch.delete(job.id)
    assert (await client.batch.get(job.id)).state != BatchJob.STATE_DELETED


async def test_cancelling_twice_succeeds_and_a_job_that_is_done_refuses(
    service: Service, client: AsyncClient
) -> None:
    service.faults.finish.clear()
    job = await client.batch.create(url=URL)
    for _ in range(2):
        cancelled = await client.batch.cancel(job.id)
        assert (cancelled.state, cancelled.error.reason) == (BatchJob.STATE_FAILED, "JOB_CANCELLED")

    service.faults.finish.set()
    done = await client.batch.wait((await client.batch.create(url=URL)).id)
    with pytest.raises(errors.JobNotCancellable, match="done"):
        await client.batch.cancel(done.id)


async def test_models_are_listed_with_their_languages(client: AsyncClient) -> None:
    models = await client.batch.models()

    assert [(model.code, list(model.languages), model.is_default) for model in models] == [
        ("tiny", ["en"], True),
        ("big", ["de", "en"], False),
    ]
