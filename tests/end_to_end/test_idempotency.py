"""What is asked for twice is made once: at once, one after the other, and across a restart."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import grpc
import httpx
import pytest
from google.protobuf.message import Message
from sqlalchemy import Table, func, select

from server.database.open import open_database
from server.database.tables import account_exports, api_keys, jobs, uploads
from tests.end_to_end.service import Service
from tests.end_to_end.tenants import Tenant, new_tenant
from tests.services.zerokerf import API_KEY, Deployment, running
from zerokerf.errors import IdempotencyConflict
from zerokerf.status import from_rpc_error
from zerokerf.v1.account_pb2 import AccountExport
from zerokerf.v1.account_service_pb2 import CreateApiKeyRequest, ExportAccountRequest
from zerokerf.v1.account_service_pb2_grpc import AccountServiceStub
from zerokerf.v1.batch_service_pb2 import CreateBatchJobRequest
from zerokerf.v1.batch_service_pb2_grpc import BatchServiceStub
from zerokerf.v1.split_service_pb2 import CreateSplitRequest
from zerokerf.v1.split_service_pb2_grpc import SplitServiceStub
from zerokerf.v1.upload_service_pb2 import CreateUploadRequest
from zerokerf.v1.upload_service_pb2_grpc import UploadServiceStub

#: Nobody listens there.
URL = "https://127.0.0.1:1/a.wav"
AT_ONCE = 100
THREADS = 25
SAME = "0f8fad5b-d9cb-469f-a165-70867728950e"


@dataclass(frozen=True)
class Create:
    """A call that makes something, and the same with another wish."""

    path: str
    body: Mapping[str, object]
    other: Mapping[str, object]
    id_field: str
    table: Table
    #: Rows that a new account has already.
    before: int = 0

    def ask(self, http: httpx.Client, key: str, *, other: bool = False) -> httpx.Response:
        # Jobs of both kinds share their ids of requests.
        headers = {"Authorization": f"Bearer {key}", "Idempotency-Key": f"{SAME}{self.path}"}
        return http.post(self.path, json=self.other if other else self.body, headers=headers)

    def id_of(self, answer: httpx.Response) -> str:
        assert answer.is_success, answer.text
        made: str = answer.json()[self.id_field]
        return made


_SPLIT = {"sourceUrl": URL, "splitMode": "duration", "segmentDuration": 2}
_BATCH: dict[str, object] = {"input_url": URL, "transcription_config": {}}
_PLACE: dict[str, object] = {"mode": "presign", "filename": "a.wav", "transcription_config": {}}
CREATES = {
    "split": Create("/api/v1/splits", _SPLIT, _SPLIT | {"segmentDuration": 3}, "id", jobs),
    "batch": Create("/v1/batch/jobs", _BATCH, _BATCH | {"tracking": {"a": "b"}}, "job_id", jobs),
    "place": Create("/v1/batch/jobs", _PLACE, _PLACE | {"filename": "b.wav"}, "job_id", uploads),
    "upload": Create("/api/v1/uploads", {"fileName": "a.wav"}, {"fileName": "b.wav"}, "id", uploads),
    "api key": Create("/api/v1/api-keys", {"name": "a"}, {"name": "b"}, "id", api_keys, before=1),
    "export": Create(
        "/api/v1/account/export", {"format": "json"}, {"format": "csv"}, "exportId", account_exports
    ),
}


@pytest.fixture
async def tenant(service: Service) -> Tenant:
    return await new_tenant(service)


@pytest.mark.parametrize("kind", CREATES)
async def test_a_hundred_at_once_make_one(tenant: Tenant, kind: str) -> None:
    create, http = CREATES[kind], tenant.service.http
    with ThreadPoolExecutor(THREADS) as threads:
        answers = list(threads.map(lambda _: create.ask(http, tenant.key), range(AT_ONCE)))
    conflict = create.ask(http, tenant.key, other=True)
    (made,) = {create.id_of(answer) for answer in answers}

    assert conflict.status_code == 409
    assert "error" in conflict.json()
    assert create.id_of(create.ask(http, tenant.key)) == made
    assert await rows_of(tenant, create.table) == create.before + 1


async def test_the_secret_of_a_key_is_told_to_one_of_them(tenant: Tenant) -> None:
    create, http = CREATES["api key"], tenant.service.http
    with ThreadPoolExecutor(THREADS) as threads:
        answers = list(threads.map(lambda _: create.ask(http, tenant.key), range(AT_ONCE)))

    told = Counter(answer.json()["key"] is not None for answer in answers)
    assert told == {True: 1, False: AT_ONCE - 1}


async def test_what_one_account_asks_for_is_not_anothers(service: Service, tenant: Tenant) -> None:
    stranger = await new_tenant(service)
    for create in CREATES.values():
        ids = {create.id_of(create.ask(service.http, each.key)) for each in (tenant, stranger)}
        assert len(ids) == 2


@dataclass(frozen=True)
class Rpc:
    """The same over gRPC."""

    stub: Any
    method: str
    answer: str
    request: Any
    other: Any
    table: Table
    before: int = 0

    async def ask(self, channel: grpc.aio.Channel, key: str, request: Message) -> str:
        call = getattr(self.stub(channel), self.method)
        answer = await call(request, metadata=(("x-api-key", key),))
        made: str = getattr(answer, self.answer).id
        return made


def _split(seconds: int) -> CreateSplitRequest:
    request = CreateSplitRequest(request_id=SAME)
    request.source.url = URL
    request.mode.duration.segment_duration.seconds = seconds
    return request


def _batch(tracking: str) -> CreateBatchJobRequest:
    request = CreateBatchJobRequest(request_id=SAME)
    request.source.url = URL
    request.tracking.update({"a": tracking})
    return request


RPCS = {
    "split": Rpc(SplitServiceStub, "CreateSplit", "split", _split(2), _split(3), jobs),
    "batch": Rpc(BatchServiceStub, "CreateBatchJob", "job", _batch("b"), _batch("c"), jobs),
    "upload": Rpc(
        *(UploadServiceStub, "CreateUpload", "upload"),
        CreateUploadRequest(file_name="a.wav", request_id=SAME),
        CreateUploadRequest(file_name="b.wav", request_id=SAME),
        uploads,
    ),
    "api key": Rpc(
        *(AccountServiceStub, "CreateApiKey", "key"),
        CreateApiKeyRequest(name="a", request_id=SAME),
        CreateApiKeyRequest(name="b", request_id=SAME),
        api_keys,
        before=1,
    ),
    "export": Rpc(
        *(AccountServiceStub, "ExportAccount", "export"),
        ExportAccountRequest(format=AccountExport.FORMAT_JSON, request_id=SAME),
        ExportAccountRequest(format=AccountExport.FORMAT_CSV, request_id=SAME),
        account_exports,
    ),
}


@pytest.fixture
async def channel(service: Service) -> AsyncIterator[grpc.aio.Channel]:
    async with grpc.aio.insecure_channel(service.deployment.grpc_address) as channel:
        yield channel


@pytest.mark.parametrize("kind", RPCS)
async def test_a_hundred_at_once_make_one_over_grpc(
    tenant: Tenant, channel: grpc.aio.Channel, kind: str
) -> None:
    rpc = RPCS[kind]
    made = await asyncio.gather(*(rpc.ask(channel, tenant.key, rpc.request) for _ in range(AT_ONCE)))
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await rpc.ask(channel, tenant.key, rpc.other)

    assert len(set(made)) == 1
    assert isinstance(from_rpc_error(refused.value), IdempotencyConflict)
    assert await rows_of(tenant, rpc.table) == rpc.before + 1


def test_after_a_restart_the_first_answer_stands(tmp_path: Path) -> None:
    deployment = Deployment(tmp_path / "data")
    with running(deployment), httpx.Client(base_url=deployment.rest_url, timeout=30) as http:
        before = {kind: create.id_of(create.ask(http, API_KEY)) for kind, create in CREATES.items()}

    again = replace(deployment)
    with running(again), httpx.Client(base_url=again.rest_url, timeout=30) as http:
        after = {kind: create.id_of(create.ask(http, API_KEY)) for kind, create in CREATES.items()}
        conflicts = {create.ask(http, API_KEY, other=True).status_code for create in CREATES.values()}

    assert after == before
    assert conflicts == {409}


async def rows_of(tenant: Tenant, table: Table) -> int:
    query = select(func.count()).where(table.c.account_id == tenant.account_id)
    async with open_database(tenant.service.database_url) as database, database.reading() as connection:
        return await connection.scalar(query) or 0
