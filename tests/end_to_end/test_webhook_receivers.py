"""What receivers of webhooks get from the running service, and that they can believe it."""

import asyncio
import hashlib
import hmac
import io
import json
import zipfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from standardwebhooks import Webhook

from tests.corpus.recordings import RATE, music, write_wav
from tests.end_to_end.batch import Batch
from tests.end_to_end.service import Json, Rest, Service
from tests.end_to_end.tenants import Tenant, new_tenant
from tests.services.web import Site
from tests.webhooks.node import node_receiver
from tests.webhooks.receiver import Received, Script, answers, receiving, says
from zerokerf.v1.webhook_pb2 import WebhookDelivery

#: What JavaScript writes in an order of its own.
METADATA = {"z": "é\u2028/", "10": "a", "2": "b"}
#: First attempt and two more.
ATTEMPTS = 3
LIMIT_S = 40.0
POLL_S = 0.05
REDIRECT = says(b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n")


@pytest.fixture
async def tenant(service: Service) -> Tenant:
    return await new_tenant(service)


@pytest.fixture(scope="session")
def missing(site: Site) -> str:
    """A source that fails its job at once."""
    return f"{site.url}/missing.wav"


@pytest.fixture(scope="session")
def long_take(tmp_path_factory: pytest.TempPathFactory, site: Site) -> str:
    """Large enough to be told of on the way."""
    path = tmp_path_factory.mktemp("long") / "long.wav"
    write_wav(path, np.tile(music(10 * RATE), (8, 1)))
    return site.add_file(path)


async def test_a_receiver_in_node_believes_what_it_parsed_and_wrote_again(
    tenant: Tenant, urls: dict[str, str]
) -> None:
    secret = (await call(tenant.rest, "GET", "/webhooks/secret"))["secret"]
    async with node_receiver(secret) as (hook, printed):
        job = await create(tenant, urls["take.wav"], hook, metadata=METADATA)
        async with asyncio.timeout(LIMIT_S):
            seen = json.loads(await printed.readline())

    assert seen["real"] is True
    assert (seen["payload"]["event"], seen["payload"]["jobId"]) == ("job.completed", job["id"])
    assert seen["payload"]["data"]["metadata"] == METADATA


async def test_a_receiver_in_python_believes_the_raw_body_and_its_links_work(
    tenant: Tenant, urls: dict[str, str]
) -> None:
    secret = (await call(tenant.rest, "GET", "/webhooks/secret"))["secret"]
    async with receiving(answers(200)) as receiver:
        job = await create(tenant, urls["take.wav"], receiver.url, metadata=METADATA)
        await receiver.until(1)
    (got,) = receiver.received

    assert is_real(got, secret)
    assert Webhook(secret).verify(got.body, got.headers) == json.loads(got.body)
    body = json.loads(got.body)
    assert list(body) == ["event", "jobId", "timestamp", "data"]
    data = body["data"]
    assert list(data) == ["status", "splitMode", "segmentCount", "totalDuration", "segments", "metadata"]
    assert (body["jobId"], data["segmentCount"]) == (job["id"], len(data["segments"]))
    for segment in data["segments"]:
        assert len(tenant.service.http.get(segment["downloadUrl"]).content) == segment["size"]


async def test_a_job_that_failed_or_was_cancelled_is_told_of(
    tenant: Tenant, missing: str, long_take: str
) -> None:
    async with receiving(answers(200)) as receiver:
        await create(tenant, missing, receiver.url)
        await receiver.until(1)
        job = await create(tenant, long_take, receiver.url)
        await call(tenant.rest, "POST", f"/splits/{job['id']}/cancel")
        await until_told(receiver.received, job["id"], "job.failed")

    failed, *_, cancelled = (json.loads(got.body) for got in receiver.received)
    assert (failed["event"], failed["data"]["error"]["code"]) == ("job.failed", "DOWNLOAD_FAILED")
    assert cancelled["data"]["error"]["code"] == "JOB_CANCELLED"
    assert list(cancelled["data"]) == ["status", "error"]


async def test_the_progress_of_a_large_source_is_told_once_a_quarter(tenant: Tenant, long_take: str) -> None:
    async with receiving(answers(200)) as receiver:
        job = await create(tenant, long_take, receiver.url, outputFormat="flac")
        await receiver.until(4)

    bodies = [json.loads(got.body) for got in receiver.received]
    assert {body["jobId"] for body in bodies} == {job["id"]}
    percents = {body["data"]["progress"] for body in bodies if body["event"] == "job.progress"}
    assert percents == {25, 50, 75}
    assert len({got.headers["x-audiospliter-delivery"] for got in receiver.received}) == 4


async def test_a_transcription_tells_that_it_is_done(tenant: Tenant, spoken: Path) -> None:
    batch = Batch(tenant.service.http, tenant.key)
    async with receiving(answers(200)) as receiver:
        job_id = await asyncio.to_thread(batch.submit, spoken / "speech.wav", webhook_url=receiver.url)
        await asyncio.to_thread(batch.done, job_id)
        await receiver.until(1)

    body = json.loads(receiver.received[0].body)
    assert (body["event"], body["data"]["job_id"], body["data"]["status"]) == (
        "batch.done",
        job_id,
        "DONE",
    )
    links = {file["format"]: file["download_url"] for file in body["data"]["files"]}
    assert tenant.service.http.get(links["txt"]).text


async def test_the_same_is_sent_until_it_is_taken_and_every_attempt_is_on_record(
    tenant: Tenant, missing: str
) -> None:
    async with receiving(in_turn(answers(500, body=b"x" * 2000), REDIRECT, answers(204))) as receiver:
        job = await create(tenant, missing, receiver.url)
        await receiver.until(ATTEMPTS)
        delivery = (await deliveries(tenant, job["id"], "delivered"))[0]
        async with tenant.service.client(tenant.key) as client:
            told = await client.webhooks.get(delivery["id"])

    assert len({got.body for got in receiver.received}) == 1
    assert {got.headers["webhook-id"] for got in receiver.received} == {delivery["id"]}
    assert [attempt["status"] for attempt in delivery["attempts"]] == [500, 302, 204]
    assert delivery["attempts"][0]["answer"] == "x" * 1024
    assert told.state == WebhookDelivery.STATE_DELIVERED
    assert [attempt.status for attempt in told.attempts] == [500, 302, 204]
    assert told.body.encode() == receiver.received[0].body
    assert {got.target for got in receiver.received} == {"/hook?x=1"}  # nothing follows a redirect


async def test_an_address_that_fails_three_events_is_left_alone_until_it_is_enabled(
    tenant: Tenant, missing: str
) -> None:
    async with receiving(answers(*[500] * 3 * ATTEMPTS, 200)) as receiver:
        first, *_ = [await exhausted(tenant, missing, receiver.url) for _ in range(3)]
        endpoint = (await call(tenant.rest, "GET", "/webhooks/endpoints"))["data"][0]
        unsent = await create(tenant, missing, receiver.url)
        dropped = await deliveries(tenant, unsent["id"], "dropped")

        assert (endpoint["url"], endpoint["failedInARow"]) == (receiver.url, 3)
        assert "disabledAt" in endpoint
        assert (len(receiver.received), dropped[0]["attempts"]) == (3 * ATTEMPTS, [])

        await call(tenant.rest, "POST", "/webhooks/endpoints/enable", json={"url": receiver.url})
        sent = await create(tenant, missing, receiver.url)
        assert len(await deliveries(tenant, sent["id"], "delivered")) == 1
        await call(tenant.rest, "POST", f"/webhooks/deliveries/{first['id']}/redeliver")
        await deliveries(tenant, first["jobId"], "delivered")

    again = receiver.received[-1]
    assert again.headers["webhook-id"] == first["id"]
    assert again.body == receiver.received[0].body
    assert (await call(tenant.rest, "GET", "/webhooks/endpoints"))["data"] == []


async def test_while_a_secret_is_changed_both_are_believed(tenant: Tenant, missing: str) -> None:
    old = (await call(tenant.rest, "GET", "/webhooks/secret"))["secret"]
    new = (await call(tenant.rest, "POST", "/webhooks/secret/rotate"))["secret"]
    async with receiving(answers(200)) as receiver:
        await create(tenant, missing, receiver.url)
        await receiver.until(1)
    (got,) = receiver.received

    assert old != new
    for secret in (old, new):
        assert Webhook(secret).verify(got.body, got.headers)


async def test_an_archive_is_told_of_with_a_link_that_works(tenant: Tenant) -> None:
    async with receiving(answers(200)) as receiver:
        body = {"format": "json", "webhookUrl": receiver.url}
        asked = await call(tenant.rest, "POST", "/account/export", json=body)
        await receiver.until(1)

    told = json.loads(receiver.received[0].body)
    assert (told["event"], told["exportId"]) == ("account.exported", asked["exportId"])
    archive = tenant.service.http.get(told["data"]["downloadUrl"]).content
    assert len(archive) == told["data"]["size"]
    assert zipfile.ZipFile(io.BytesIO(archive)).testzip() is None


async def call(rest: Rest, method: str, path: str, **options: object) -> Json:
    answer = await asyncio.to_thread(rest.call, method, path, **options)
    assert answer.is_success, answer.text
    found: Json = answer.json()
    return found


async def create(tenant: Tenant, source: str, hook: str, **fields: Any) -> Json:  # noqa: ANN401 - as the call takes them
    return await asyncio.to_thread(partial(tenant.rest.create, source, webhookUrl=hook, **fields))


async def deliveries(tenant: Tenant, job_id: str, status: str) -> Sequence[Json]:
    """Those of a job, once all of them have come to that."""
    async with asyncio.timeout(LIMIT_S):
        while True:
            found = (await call(tenant.rest, "GET", f"/webhooks/deliveries?jobId={job_id}"))["data"]
            if found and {each["status"] for each in found} == {status}:
                return list(found)
            await asyncio.sleep(POLL_S)


async def exhausted(tenant: Tenant, source: str, hook: str) -> Json:
    """The delivery of an event that was tried as often as it may be."""
    job = await create(tenant, source, hook)
    return (await deliveries(tenant, job["id"], "failed"))[0]


async def until_told(received: Sequence[Received], job_id: str, event: str) -> None:
    async with asyncio.timeout(LIMIT_S):
        while not any((body["jobId"], body["event"]) == (job_id, event) for body in map(_body, received)):  # noqa: ASYNC110 - each arrival is looked at
            await asyncio.sleep(POLL_S)


def _body(got: Received) -> Json:
    body: Json = json.loads(got.body)
    return body


def in_turn(*scripts: Script) -> Script:
    turn = iter(scripts)

    async def script(got: Received, writer: asyncio.StreamWriter) -> None:
        await next(turn)(got, writer)

    return script


def is_real(got: Received, secret: str) -> bool:
    """As documented for Python."""
    expected = hmac.new(secret.encode(), got.body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected, got.headers["x-audiospliter-signature"])
