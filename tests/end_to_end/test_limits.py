"""What plans allow, and what is said of anything beyond, over REST and gRPC."""

import asyncio
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import grpc
import httpx
import pytest
from google.rpc.error_details_pb2 import RetryInfo  # type: ignore[import-untyped]  # has no stubs
from grpc_status import rpc_status

from server.accounts.months import month_of
from server.accounts.usage import audio_ms_in
from server.database.clock import utc_now
from server.database.open import open_database
from server.database.tables import usage_records
from tests.end_to_end.polling import until
from tests.end_to_end.service import Service
from tests.end_to_end.tenants import Tenant, new_tenant
from tests.services.web import Site, gated
from zerokerf.errors import QuotaExceeded
from zerokerf.v1.split_service_pb2 import ListSplitsRequest
from zerokerf.v1.split_service_pb2_grpc import SplitServiceStub

LIMIT = 20
AT_ONCE = 8
TOO_LARGE = 100_001
BY_DURATION = {"splitMode": "duration", "segmentDuration": 2}
EVERY = timedelta(seconds=2)


@pytest.fixture
async def few_requests(service: Service) -> Tenant:
    return await new_tenant(service, "few_requests")


def within_a_minute() -> None:
    """Counts begin anew with each minute of the clock, so none may begin in the midst of a test."""
    until(lambda: time.time() % 60 < 50, "a minute that is young enough")


def test_requests_at_once_are_counted_exactly_and_every_answer_tells(few_requests: Tenant) -> None:
    within_a_minute()
    with ThreadPoolExecutor(AT_ONCE) as threads:
        found = list(threads.map(lambda _: few_requests.rest.call("GET", "/splits"), range(LIMIT + 10)))

    good = [answer for answer in found if answer.status_code == 200]
    refused = [answer for answer in found if answer.status_code == 429]
    assert (len(good), len(refused)) == (LIMIT, 10)
    assert {answer.headers["x-ratelimit-limit"] for answer in found} == {str(LIMIT)}
    remaining = sorted(int(answer.headers["x-ratelimit-remaining"]) for answer in good)
    assert (remaining[0], remaining[-1] < LIMIT) == (0, True)
    assert len({answer.headers["x-ratelimit-reset"] for answer in found}) == 1
    for answer in refused:
        assert_refused(answer, 429, "RATE_LIMITED")
        wait_s = int(answer.headers["retry-after"])
        assert answer.json()["error"]["retryAfter"] == wait_s
        assert 0 <= int(answer.headers["x-ratelimit-reset"]) - time.time() <= wait_s + 1


def test_refusals_tell_where_a_caller_stands_too(few_requests: Tenant) -> None:
    within_a_minute()
    for answer in (
        few_requests.rest.call("GET", "/splits/job_unknown"),
        few_requests.rest.call("POST", "/splits", json={}),
        few_requests.rest.call("POST", "/billing/subscribe", json={"planId": "plan_pro"}),
    ):
        assert answer.is_client_error or answer.is_server_error
        assert int(answer.headers["x-ratelimit-remaining"]) < LIMIT, answer.request.url


async def test_over_grpc_the_refusal_says_when_to_come_back(few_requests: Tenant) -> None:
    await asyncio.to_thread(within_a_minute)
    metadata = (("x-api-key", few_requests.key),)
    async with grpc.aio.insecure_channel(few_requests.service.deployment.grpc_address) as channel:
        stub = SplitServiceStub(channel)
        for _ in range(LIMIT):
            await stub.ListSplits(ListSplitsRequest(), metadata=metadata)
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await stub.ListSplits(ListSplitsRequest(), metadata=metadata)

    assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    status = rpc_status.from_call(refused.value)  # type: ignore[arg-type]  # has what the function reads
    details = status.details if status else ()
    (found,) = [detail for detail in details if detail.Is(RetryInfo.DESCRIPTOR)]
    retry = RetryInfo()
    found.Unpack(retry)
    assert 0 < retry.retry_delay.seconds <= 60
    told = {name: value for name, value in refused.value.initial_metadata() if name.startswith("x-ratelimit")}
    assert told["x-ratelimit-remaining"] == "0"


async def test_when_the_minutes_are_used_up_no_more_jobs_are_taken(
    service: Service, urls: dict[str, str]
) -> None:
    tenant = await new_tenant(service, "few_minutes")
    first = tenant.rest.create(urls["take.wav"])
    tenant.rest.completed(first["id"])
    await use_minutes(tenant)

    answer = tenant.rest.call("POST", "/splits", json=body(urls["take.wav"]))

    assert_refused(answer, 402, "QUOTA_EXCEEDED")
    assert "retry-after" not in answer.headers
    async with service.client(tenant.key) as client:
        with pytest.raises(QuotaExceeded):
            await client.create_split(url=urls["take.wav"], every=EVERY)
    assert tenant.rest.get(first["id"])["segments"][0]["downloadUrl"]


async def test_jobs_of_test_keys_and_failed_ones_use_no_minutes(
    service: Service, urls: dict[str, str]
) -> None:
    trial = await new_tenant(service, "few_minutes", is_test=True)
    await use_minutes(trial)
    trial.rest.completed(trial.rest.create(urls["take.wav"])["id"])
    tenant = await new_tenant(service, "few_minutes")
    tenant.rest.failed(tenant.rest.create(f"{urls['take.wav']}.missing")["id"])

    assert (await used_ms(trial), await used_ms(tenant)) == (60_000, 0)


async def test_what_is_larger_than_the_plan_allows_is_refused(service: Service, urls: dict[str, str]) -> None:
    rest = (await new_tenant(service, "small_files")).rest

    declared = rest.call("POST", "/uploads", json={"fileName": "a.wav", "size": TOO_LARGE})
    upload = rest.call("POST", "/uploads", json={"fileName": "a.wav"}).json()
    sent = service.http.put(upload["url"], content=bytes(TOO_LARGE), headers=upload["headers"])
    uploaded = rest.call("POST", "/splits", json={**BY_DURATION, "sourceUpload": upload["id"]})
    error = rest.failed(rest.create(urls["take.wav"])["id"])

    assert_refused(declared, 413, "FILE_TOO_LARGE")
    # Not every store can refuse what comes by a link: what it let through is refused as a source.
    assert_refused(sent if sent.is_error else uploaded, 413, "FILE_TOO_LARGE")
    assert error["code"] == "FILE_TOO_LARGE"


async def test_jobs_beyond_those_at_once_wait_and_then_run(
    service: Service, site: Site, recordings_bytes: bytes
) -> None:
    rest, gate = (await new_tenant(service, "one_job")).rest, threading.Event()
    url = site.add(f"/{uuid.uuid4().hex}/held.wav", gated(recordings_bytes, gate))
    first, second = rest.create(url), rest.create(url)
    until(lambda: rest.get(first["id"])["status"] == "processing", "the first job runs")

    try:
        assert rest.get(second["id"])["status"] == "queued"
    finally:
        gate.set()

    assert all(rest.completed(job["id"])["segments"] for job in (first, second))


@pytest.fixture
def recordings_bytes(urls: dict[str, str]) -> bytes:
    return httpx.get(urls["take.wav"]).content


async def test_no_more_keys_are_made_than_the_plan_allows(service: Service) -> None:
    tenant = await new_tenant(service, "two_keys")
    made = tenant.rest.call("POST", "/api-keys", json={"name": "second"})

    answers = in_parallel(lambda: tenant.rest.call("POST", "/api-keys", json={"name": "third"}))

    assert made.status_code == 201
    for answer in answers:
        assert_refused(answer, 409, "TOO_MANY_KEYS")
    tenant.rest.call("DELETE", f"/api-keys/{made.json()['id']}")
    again = in_parallel(lambda: tenant.rest.call("POST", "/api-keys", json={"name": "third"}))
    assert sorted(answer.status_code for answer in again) == [201, *[409] * (AT_ONCE - 1)]


def assert_refused(answer: httpx.Response, status: int, code: str) -> None:
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code), answer.text


def body(url: str) -> dict[str, object]:
    return {"sourceUrl": url, **BY_DURATION}


def in_parallel(ask: Callable[[], httpx.Response]) -> Sequence[httpx.Response]:
    with ThreadPoolExecutor(AT_ONCE) as threads:
        return [each.result() for each in [threads.submit(ask) for _ in range(AT_ONCE)]]


async def use_minutes(tenant: Tenant) -> None:
    """As if a job of a minute had ended."""
    row = {"job_id": f"job_{uuid.uuid4().hex}", "account_id": tenant.account_id, "audio_ms": 60_000}
    row |= {"ended_at": utc_now(), "state": "completed", "kind": "split"}
    async with open_database(tenant.service.database_url) as database, database.writing() as connection:
        await connection.execute(usage_records.insert().values(row))


async def used_ms(tenant: Tenant) -> int:
    async with open_database(tenant.service.database_url) as database, database.reading() as connection:
        return await audio_ms_in(connection, tenant.account_id, month_of(utc_now()))
