"""How long things stay: files of jobs, links to them, and an account that its owner deletes."""

import threading
import time
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select, update

from server.database.clock import utc_now
from server.database.open import open_database
from server.database.tables import jobs, usage_records
from tests.end_to_end.batch import Batch
from tests.end_to_end.polling import until
from tests.end_to_end.service import Service
from tests.end_to_end.tenants import Tenant, new_tenant
from tests.services.web import Site, gated

#: Long enough for a link to be asked for, and short enough to wait for its end.
SOON = timedelta(seconds=3)
DELETION = {"confirmation": "DELETE MY ACCOUNT"}


@pytest.fixture
async def tenant(service: Service) -> Tenant:
    return await new_tenant(service, "one_day")


async def test_files_go_at_the_end_of_retention_and_the_record_stays(
    tenant: Tenant, urls: dict[str, str]
) -> None:
    service, rest = tenant.service, tenant.rest
    before = rest.completed(rest.create(urls["take.wav"])["id"])
    assert service.left_of(before["id"])
    await keep_until(tenant, before["id"], utc_now() + SOON)
    link = rest.get(before["id"])["segments"][0]["downloadUrl"]
    assert service.http.get(link).status_code == 200

    until(lambda: not of_job(service, before["id"]), "the files are gone")
    after = rest.get(before["id"])

    # Whoever kept the link is told why it works no more, where it is ours to tell.
    expired = service.http.get(link)
    assert expired.status_code in {403, 404, 410}
    if link.startswith(service.deployment.rest_url):
        assert (expired.status_code, expired.json()["error"]["code"]) == (410, "DOWNLOAD_EXPIRED")
    entries = [(each["index"], each["duration"], each["size"]) for each in before["segments"]]
    assert [(each["index"], each["duration"], each["size"]) for each in after["segments"]] == entries
    assert all(not each.keys() & {"downloadUrl", "expiresAt"} for each in after["segments"])
    assert without_segments(after) == without_segments(before)


async def test_a_link_lives_for_a_day_and_never_longer_than_its_file(
    tenant: Tenant, urls: dict[str, str]
) -> None:
    rest = tenant.rest
    job = rest.completed(rest.create(urls["take.wav"])["id"])
    kept_until = datetime.fromisoformat(job["completedAt"]) + timedelta(hours=24)

    assert kept_until - timedelta(seconds=5) <= expiry(job) <= kept_until + timedelta(seconds=1)
    sooner = utc_now() + timedelta(minutes=30)
    await keep_until(tenant, job["id"], sooner)
    assert sooner - timedelta(seconds=5) <= expiry(rest.get(job["id"])) <= sooner


async def test_what_a_transcription_left_expires_as_well(tenant: Tenant, spoken: Path) -> None:
    service, batch = tenant.service, Batch(tenant.service.http, tenant.key)
    job_id = batch.submit(spoken / "speech.wav")
    before = batch.done(job_id)
    assert objects_of_jobs(tenant)

    await keep_until(tenant, job_id, utc_now())
    until(lambda: not objects_of_jobs(tenant), "the files are gone")
    after = batch.get(job_id)
    files = batch.call("GET", f"jobs/{job_id}/files")

    assert after["expired_at"] is not None
    changed = {name for name in after if after[name] != before[name]}
    assert changed <= {"expired_at", "updated_at"}
    assert "download_url" not in files.text or service.http.get(url_of(files)).status_code != 200


async def test_a_deleted_account_ends_at_once_and_leaves_its_usage(
    tenant: Tenant, urls: dict[str, str], site: Site
) -> None:
    service, rest = tenant.service, tenant.rest
    gate = threading.Event()
    held = site.add(f"/{uuid.uuid4().hex}/held.wav", gated(content_of(service, urls["take.wav"]), gate))
    done = rest.completed(rest.create(urls["take.wav"])["id"])
    running = rest.create(held)
    until(lambda: rest.get(running["id"])["status"] == "processing", "the job runs")
    second = rest.call("POST", "/api-keys", json={"name": "second"}).json()["key"]

    headers = {"Authorization": f"Bearer {tenant.token}"}
    deleted = service.http.request("DELETE", "/api/v1/account", json=DELETION, headers=headers)
    ended_at = time.monotonic()

    try:
        purged_at = datetime.fromisoformat(deleted.json()["deletionScheduledAt"])
        assert abs(purged_at - datetime.now(UTC) - timedelta(days=30)) < timedelta(minutes=1)
        identities = [{"X-API-Key": tenant.key}, {"X-API-Key": second}, headers]
        until(lambda: all(is_refused(service, each) for each in identities), "all are refused", 1)
        assert time.monotonic() - ended_at < 2
        until(lambda: not objects_of_account(tenant), "the files are gone")
        assert await states(tenant, running["id"]) == {"cancelled"}
        assert await usage(tenant) >= {done["id"]}
    finally:
        gate.set()


def expiry(job: Mapping[str, list[Mapping[str, str]]]) -> datetime:
    """Of the links to its segments."""
    (found,) = {each["expiresAt"] for each in job["segments"]}
    return datetime.fromisoformat(found)


def without_segments(job: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in job.items() if name != "segments"}


def of_job(service: Service, job_id: str) -> list[str]:
    return [key for key in service.stored() if job_id.removeprefix("job_") in key]


def objects_of_account(tenant: Tenant) -> list[str]:
    return [key for key in tenant.service.stored() if tenant.account_id in key]


def objects_of_jobs(tenant: Tenant) -> list[str]:
    """Uploads are no job's: they are kept for times of their own."""
    return [key for key in objects_of_account(tenant) if f"{tenant.account_id}/j/" in key]


def url_of(files: httpx.Response) -> str:
    url: str = files.json()["outputs"][0]["download_url"]
    return url


def content_of(service: Service, url: str) -> bytes:
    return service.http.get(url).content


def is_refused(service: Service, identity: Mapping[str, str]) -> bool:
    return service.http.get("/api/v1/api-keys", headers=identity).status_code == 401


async def keep_until(tenant: Tenant, job_id: str, moment: datetime) -> None:
    """As if the plan's retention ended then."""
    mine = jobs.c.account_id == tenant.account_id
    async with open_database(tenant.service.database_url) as database, database.writing() as connection:
        changed = await connection.execute(update(jobs).where(mine).values(files_expire_at=moment))
        assert changed.rowcount == 1, job_id


async def states(tenant: Tenant, job_id: str) -> set[str]:
    query = select(jobs.c.state).where(jobs.c.id == job_id)
    async with open_database(tenant.service.database_url) as database, database.reading() as connection:
        return set((await connection.execute(query)).scalars())


async def usage(tenant: Tenant) -> set[str]:
    query = select(usage_records.c.job_id).where(usage_records.c.account_id == tenant.account_id)
    async with open_database(tenant.service.database_url) as database, database.reading() as connection:
        return set((await connection.execute(query)).scalars())
