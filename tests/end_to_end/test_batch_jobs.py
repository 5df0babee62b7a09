"""What clients do with transcription jobs: name them, follow them, cancel them, delete them."""

import json
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import pytest

from tests.end_to_end.batch import Batch, batch_of, objects_of, scratch_of
from tests.end_to_end.polling import until
from tests.end_to_end.service import Json, Service
from tests.speech.recordings import WORSTWARD, words_in

AT_ONCE = 8
ORDER = ("QUEUED", "IN_PROGRESS", "DECODING", "POST_PROCESSING", "DONE")


@pytest.fixture
def batch(service: Service) -> Batch:
    return batch_of(service)


def new_id() -> str:
    return f"call{uuid.uuid4().hex}"


def test_events_tell_how_much_of_the_recording_is_heard(batch: Batch, spoken: Path) -> None:
    events = list(batch.follow(batch.submit(spoken / "tale.wav")))

    places = [ORDER.index(event["status"]) for event in events]
    assert places == sorted(places)
    assert (events[0]["status"], events[-1]["status"]) == ("QUEUED", "DONE")
    for name in ("percent", "bytes_fetched", "audio_seconds_done", "chunks_done"):
        values = [event.get(name, 0) for event in events]
        assert all(before <= after for before, after in pairwise(values)), name
    last = events[-1]
    assert last["percent"] == 100
    assert last["audio_seconds_done"] == last["audio_seconds_total"] == pytest.approx(44.374, abs=0.001)
    assert last["chunks_done"] == last["chunks_total"] > 0


def test_of_two_jobs_of_one_name_at_the_same_time_one_is_refused(batch: Batch, spoken: Path) -> None:
    job_id, start = new_id(), threading.Barrier(AT_ONCE)

    def send(_: int) -> int:
        start.wait(10)
        return batch.send(spoken / "speech.wav", job_id=job_id).status_code

    with ThreadPoolExecutor(AT_ONCE) as threads:
        answers = sorted(threads.map(send, range(AT_ONCE)))

    assert answers == [202] + [409] * (AT_ONCE - 1)
    batch.done(job_id)
    assert batch.transcript(job_id).words == words_in(WORSTWARD)


def test_a_name_is_used_once_and_the_first_job_stays_as_it_is(batch: Batch, spoken: Path) -> None:
    job_id = batch.submit(spoken / "speech.wav", job_id=new_id())
    before, files = batch.done(job_id), batch.transcript(job_id)

    again = batch.send(spoken / "silence.wav", job_id=job_id)
    assert (again.status_code, list(again.json())) == (409, ["error"])
    assert batch.get(job_id) == before
    assert batch.transcript(job_id) == files

    assert batch.call("DELETE", f"jobs/{job_id}").status_code == 202
    assert batch.send(spoken / "silence.wav", job_id=job_id).status_code == 409


def test_a_deleted_job_leaves_its_record_and_nothing_else(
    service: Service, batch: Batch, spoken: Path
) -> None:
    job_id = batch.submit(spoken / "speech.wav")
    batch.done(job_id)
    files = batch.files(job_id)
    links = [file["download_url"] for file in (*files["inputs"], *files["outputs"])]
    assert all(batch.http.get(link).status_code == 200 for link in links)
    assert objects_of(service, files)

    deleted = batch.call("DELETE", f"jobs/{job_id}")
    again = batch.call("DELETE", f"jobs/{job_id}")

    assert (deleted.status_code, deleted.json()) == (202, {"job_id": job_id, "status": "DELETED"})
    assert again.status_code == 409
    job = batch.get(job_id)
    assert (job["status"], job["deleted_at"] is not None) == ("DELETED", True)
    assert batch.files(job_id) == {"job_id": job_id, "inputs": [], "outputs": []}
    until(lambda: objects_of(service, files) == [], "the objects of the deleted job are gone")
    assert [batch.http.get(link).status_code for link in links] == [404] * len(links)


def test_a_finished_job_keeps_its_recording_and_its_transcripts_only(
    service: Service, batch: Batch, spoken: Path
) -> None:
    job_id = batch.submit(spoken / "conversation.wav", {"diarization": "channel"})
    batch.done(job_id)

    files = batch.files(job_id)

    kept = [file["key"] for file in (*files["inputs"], *files["outputs"])]
    assert sorted(key.rpartition("/j/")[2] for key in objects_of(service, files)) == sorted(
        key.rpartition("/j/")[2] for key in kept
    )
    until(lambda: scratch_of(service) == [], "scratch is empty")


def test_a_cancelled_job_fails_and_leaves_nothing(service: Service, batch: Batch, long_speech: Path) -> None:
    job_id = batch.submit(long_speech)
    for event in batch.follow(job_id):
        if event["status"] == "DECODING":
            break
    files = batch.files(job_id)

    answer = batch.call("POST", f"jobs/{job_id}/cancel")

    assert answer.status_code == 200
    assert "cancel" in batch.failed(job_id).lower()
    until(lambda: objects_of(service, files) == [], "the objects of the cancelled job are gone", 10)
    until(lambda: scratch_of(service) == [], "scratch is empty", 10)
    assert batch.files(job_id)["outputs"] == []


def test_jobs_are_listed_with_what_happened_to_them(batch: Batch, spoken: Path) -> None:
    done = batch.submit(spoken / "speech.wav")
    failed = batch.submit(spoken / "page.wav")
    batch.done(done)
    batch.failed(failed)

    listed: list[Json] = batch.call("GET", "jobs", params={"page_size": 2}).json()["items"]

    assert [job["job_id"] for job in listed] == [failed, done]
    assert listed == [batch.get(failed), batch.get(done)]
    assert json.dumps(listed[0]["error_message"]).startswith('{"message": ')


async def test_another_account_finds_nothing_of_the_first(
    service: Service, batch: Batch, spoken: Path
) -> None:
    job_id = batch.submit(spoken / "speech.wav")
    batch.done(job_id)
    stranger = batch_of(service, await service.add_account(f"stranger{uuid.uuid4().hex[:8]}"))

    answers = [
        stranger.call("GET", f"jobs/{job_id}"),
        stranger.call("GET", f"jobs/{job_id}/files"),
        stranger.call("GET", f"jobs/{job_id}/events"),
        stranger.call("POST", f"jobs/{job_id}/cancel"),
        stranger.call("DELETE", f"jobs/{job_id}"),
    ]

    assert [(answer.status_code, answer.json()) for answer in answers] == [
        (404, {"error": "Job not found"})
    ] * 5
    assert stranger.call("GET", "jobs").json()["items"] == []
    assert batch.get(job_id)["status"] == "DONE"
