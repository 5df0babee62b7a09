"""What clients do with jobs besides cutting: repeat, list, cancel, delete, and see only their own."""

import threading
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import httpx
import pytest

from tests.corpus.recordings import RATE, music, write_wav
from tests.end_to_end.polling import until
from tests.end_to_end.service import Rest, Service
from tests.services.web import Site, gated
from zerokerf.errors import IdempotencyConflict, JobNotCancellable, JobNotFound
from zerokerf.requests import split_mode

BACKLOG = 200


@pytest.fixture
def held(site: Site, recordings: Path) -> Iterator[str]:
    """The URL of a source that does not end before the test does."""
    gate = threading.Event()
    content = (recordings / "take.wav").read_bytes()
    yield site.add(f"/{uuid.uuid4().hex}/held.wav", gated(content, gate))
    gate.set()


def processing(service: Service, url: str) -> str:
    """A job that a worker has taken."""
    job_id: str = service.rest.create(url)["id"]
    events = service.rest.follow(job_id, most=2)
    assert [name for _, name in events] == ["job.queued", "job.progress"]
    return job_id


def test_repeating_a_request_with_its_key_gives_the_first_job(service: Service, urls: dict[str, str]) -> None:
    key = {"Idempotency-Key": uuid.uuid4().hex}

    first = service.rest.create(urls["take.wav"], key)
    again = service.rest.create(urls["take.wav"], key)
    body = {"sourceUrl": urls["take.wav"], "splitMode": "duration", "segmentDuration": 3}
    other = service.rest.call("POST", "/splits", json=body, headers=key)

    assert again["id"] == first["id"]
    assert (other.status_code, other.json()["error"]["code"]) == (409, "IDEMPOTENCY_CONFLICT")


async def test_over_grpc_another_request_under_the_same_id_already_exists(
    service: Service, urls: dict[str, str]
) -> None:
    every = split_mode(every=None, max_size=100_000)
    async with service.client() as client:
        request_id = uuid.uuid4().hex
        first = await client.create_split(url=urls["take.ogg"], max_size=100_000, request_id=request_id)
        again = await client.create_split(url=urls["take.ogg"], max_size=100_000, request_id=request_id)
        with pytest.raises(IdempotencyConflict):
            await client.create_split(url=urls["take.ogg"], max_size=90_000, request_id=request_id)

    assert again.id == first.id
    assert first.mode == every


def test_deleting_a_job_removes_its_files_and_links(service: Service, urls: dict[str, str]) -> None:
    job = service.rest.completed(service.rest.create(urls["take.flac"])["id"])
    links = [segment["downloadUrl"] for segment in job["segments"]]
    assert all(service.http.get(link).status_code == 200 for link in links)

    deleted = service.rest.call("DELETE", f"/splits/{job['id']}")

    assert (deleted.status_code, deleted.content) == (204, b"")
    assert service.rest.call("GET", f"/splits/{job['id']}").status_code == 404
    until(lambda: service.left_of(job["id"]) == [], "everything of the deleted job is gone")
    assert [service.http.get(link).status_code for link in links] == [404] * len(links)


def test_a_job_in_processing_is_cancelled_first_and_deleted_then(service: Service, held: str) -> None:
    job_id = processing(service, held)

    refused = service.rest.call("DELETE", f"/splits/{job_id}")
    cancelled = service.rest.call("POST", f"/splits/{job_id}/cancel")
    again = service.rest.call("POST", f"/splits/{job_id}/cancel")
    events = service.rest.follow(job_id)
    deleted = service.rest.call("DELETE", f"/splits/{job_id}")

    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "JOB_ALREADY_PROCESSING")
    for answer in (cancelled, again):
        assert (answer.json()["status"], answer.json()["error"]["code"]) == ("failed", "JOB_CANCELLED")
    assert events[-1][1] == "job.failed"
    assert deleted.status_code == 204
    until(lambda: service.left_of(job_id) == [], "everything of the cancelled job is gone")


async def test_a_finished_job_cannot_be_cancelled(service: Service, urls: dict[str, str]) -> None:
    job_id = service.rest.create(urls["take.aac"])["id"]
    service.rest.completed(job_id)

    answer = service.rest.call("POST", f"/splits/{job_id}/cancel")
    async with service.client() as client:
        with pytest.raises(JobNotCancellable):
            await client.cancel_split(job_id)

    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "JOB_NOT_CANCELLABLE")


async def test_another_account_finds_nothing_of_the_first(service: Service, urls: dict[str, str]) -> None:
    job_id = service.rest.create(urls["take.opus"])["id"]
    service.rest.completed(job_id)
    upload_id = service.rest.call("POST", "/uploads", json={"fileName": "mine.wav"}).json()["id"]
    key = await service.add_account(f"stranger{uuid.uuid4().hex[:8]}")
    stranger = Rest(service.http, key)

    answers = [
        stranger.call("GET", f"/splits/{job_id}"),
        stranger.call("DELETE", f"/splits/{job_id}"),
        stranger.call("POST", f"/splits/{job_id}/cancel"),
        stranger.call("GET", f"/splits/{job_id}/events"),
    ]
    body = {"sourceUpload": upload_id, "splitMode": "duration", "segmentDuration": 2}
    use = stranger.call("POST", "/splits", json=body)
    async with service.client(key) as client:
        with pytest.raises(JobNotFound):
            await anext(client.watch(job_id))

    error = {"code": "JOB_NOT_FOUND", "message": f"Job {job_id} not found", "status": 404}
    assert [(answer.status_code, answer.json()) for answer in answers] == [(404, {"error": error})] * 4
    assert (use.status_code, use.json()["error"]["code"]) == (404, "NOT_FOUND")
    assert stranger.call("GET", "/splits").json()["data"] == []
    assert service.rest.get(job_id)["status"] == "completed"


@pytest.mark.parametrize("key", ["", "as_live_sk_unknown", "schlüssel"])
def test_without_a_known_key_nothing_is_answered(service: Service, key: str) -> None:
    headers = {b"X-API-Key": key.encode()} if key else {}

    answer = service.http.get("/api/v1/splits", headers=headers)

    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "UNAUTHORIZED")


def test_pages_list_every_job_once_newest_first(service: Service, urls: dict[str, str]) -> None:
    created = [service.rest.create(urls["take.wav"])["id"] for _ in range(5)]

    pages: list[httpx.Response] = [
        service.rest.call("GET", "/splits", params={"limit": 2, "page": page}) for page in (1, 2, 3)
    ]

    listed = [job["id"] for page in pages for job in page.json()["data"]]
    assert listed[:5] == created[::-1]
    assert len(set(listed)) == 6
    for job_id in created:
        service.rest.completed(job_id)


def test_a_backlog_of_short_jobs_completes(service: Service, site: Site, tmp_path: Path) -> None:
    urls = [_short_source(site, tmp_path / f"{index}.wav", index) for index in range(BACKLOG)]

    with ThreadPoolExecutor(16) as at_once:
        created = list(
            at_once.map(partial(service.rest.create, splitMode="fileSize", maxFileSize=1 << 20), urls)
        )
    jobs = [service.rest.completed(job["id"]) for job in created]

    assert len({job["id"] for job in jobs}) == BACKLOG
    assert [len(job["segments"]) for job in jobs] == [1] * BACKLOG


def _short_source(site: Site, path: Path, index: int) -> str:
    """From a hundredth of a second to a whole one."""
    write_wav(path, music(441 + index * (RATE - 441) // BACKLOG))
    return site.add_file(path)
