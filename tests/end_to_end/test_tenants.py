"""Accounts never see each other: every call of one, against everything that another one has."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from sqlalchemy import Table, select

from server.database.open import open_database
from server.database.tables import jobs
from tests.end_to_end.ids import Method, methods, naming_fields, with_name
from tests.end_to_end.service import Service
from tests.services.web import Site, whole
from zerokerf.v1 import (
    account_service_pb2,
    batch_service_pb2,
    split_pb2,
    split_service_pb2,
    upload_service_pb2,
    webhook_service_pb2,
)

METHODS = list(methods())
LIMIT_S = 30.0
POLL_S = 0.05
MODE = split_pb2.SplitMode(duration=split_pb2.DurationMode(segment_duration=Duration(seconds=2)))

#: What callers call things that they make, which are not those that others call the same.
OWN_NAMES = {
    ("CreateBatchJob", ("id",)),
    ("StreamBatchJob", ("header", "job", "id")),
    ("CreateBatchUpload", ("job_id",)),
}
#: Refused, whatever they name.
NEVER_GIVEN = {
    ("StreamBatchJob", ("header", "job", "source", "upload_id")),
    ("StreamBatchJob", ("header", "job", "source", "upload_key")),
}
#: Lists that are empty of what is not the caller's.
FILTERS = {("ListWebhookDeliveries", ("job_id",))}

NAMED = [
    pytest.param(method, path, id=f"{method.name}-{'.'.join(path)}")
    for method in METHODS
    for path in naming_fields(method.request())
]


@dataclass
class Belongings:
    """What an account has. Its secrets are among the words that nobody else may ever read."""

    account_id: str
    names: list[str] = field(default_factory=list)
    secrets: list[str] = field(default_factory=list)


@dataclass
class Outcome:
    status: grpc.StatusCode
    answers: bytes = b""


class Caller:
    """One account, as a client that knows the protos only."""

    def __init__(self, channel: grpc.aio.Channel, key: str) -> None:
        self._channel = channel
        self._metadata = (("x-api-key", key),)

    async def call(self, method: Method, *requests: Message) -> Outcome:
        try:
            return Outcome(grpc.StatusCode.OK, b"".join([a async for a in self._answers(method, requests)]))
        except grpc.aio.AioRpcError as error:
            return Outcome(error.code(), (error.details() or "").encode())

    async def ask(self, name: str, *requests: Message) -> Any:  # noqa: ANN401 - the answer of that method
        method = _method(name)
        outcome = await self.call(method, *requests)
        assert outcome.status is grpc.StatusCode.OK, outcome
        return method.response.FromString(outcome.answers)

    async def _answers(self, method: Method, requests: tuple[Message, ...]) -> AsyncIterator[bytes]:
        sent = [request.SerializeToString() for request in requests]
        key = self._metadata
        if method.streams_requests:
            begin: Any = self._channel.stream_unary(method.path)
            yield await begin(iter_of(sent), metadata=key, timeout=LIMIT_S)
        elif method.streams_responses:
            watch: Any = self._channel.unary_stream(method.path)
            async for answer in watch(sent[0], metadata=key, timeout=LIMIT_S):
                yield answer
        else:
            ask: Any = self._channel.unary_unary(method.path)
            yield await ask(sent[0], metadata=key, timeout=LIMIT_S)


async def iter_of(sent: list[bytes]) -> AsyncIterator[bytes]:
    for each in sent:
        yield each


@pytest.fixture
async def channel(service: Service) -> AsyncIterator[grpc.aio.Channel]:
    async with grpc.aio.insecure_channel(service.deployment.grpc_address) as channel:
        yield channel


@pytest.fixture
async def stranger(service: Service, channel: grpc.aio.Channel) -> Caller:
    return Caller(channel, await service.add_account(f"stranger{uuid.uuid4().hex[:8]}"))


@pytest.fixture(scope="session")
def owners() -> dict[str, Belongings]:
    """By deployment. Nothing of theirs may change, so that one is enough for all tests."""
    return {}


@pytest.fixture
async def owner(
    service: Service, channel: grpc.aio.Channel, site: Site, owners: dict[str, Belongings]
) -> Belongings:
    """An account with one of everything."""
    where = service.deployment.grpc_address
    if where not in owners:
        name = f"owner{uuid.uuid4().hex[:8]}"
        caller = Caller(channel, await service.add_account(name))
        owners[where] = await _furnish(caller, name, site)
        await _settled(service, owners[where])
    return owners[where]


async def _furnish(caller: Caller, name: str, site: Site) -> Belongings:
    owned = Belongings(f"acc_{name}")
    hook = site.add(f"/hooks/{name}", whole(b"thanks"))
    split = (await caller.ask("CreateSplit", _split(f"{site.url}/{name}/missing.wav", hook))).split
    await _ended(caller, "WatchSplit", split_service_pb2.WatchSplitRequest(id=split.id))
    chunk = batch_service_pb2.StreamBatchJobRequest(chunk=b"no audio")
    batch = (await caller.ask("StreamBatchJob", _streamed(), chunk)).job
    await _ended(caller, "WatchBatchJob", batch_service_pb2.WatchBatchJobRequest(id=batch.id))
    upload = (await caller.ask("CreateUpload", USUAL["CreateUpload"])).upload
    batch_upload = await caller.ask("CreateBatchUpload", _batch_upload())
    key = await caller.ask("CreateApiKey", USUAL["CreateApiKey"])
    export = (await caller.ask("ExportAccount", account_service_pb2.ExportAccountRequest())).export
    secret = (await caller.ask("GetWebhookSecret", webhook_service_pb2.GetWebhookSecretRequest())).secret
    owned.names += [split.id, batch.id, upload.id, batch_upload.upload_key, key.key.id, export.id]
    owned.names += [each.id for each in await _delivered(caller)]
    owned.secrets += [secret, key.secret, hook]
    return owned


@pytest.mark.parametrize(("method", "path"), NAMED)
async def test_what_is_another_accounts_is_not_there(
    service: Service, owner: Belongings, stranger: Caller, method: Method, path: tuple[str, ...]
) -> None:
    before = await rows_of(service, owner.account_id)

    outcomes = {
        name: await stranger.call(method, with_name(usual(method), path, name)) for name in owner.names
    }

    statuses = {outcome.status for outcome in outcomes.values()}
    if (method.name, path) in OWN_NAMES | FILTERS:
        assert statuses <= {grpc.StatusCode.OK, grpc.StatusCode.INVALID_ARGUMENT}
    else:
        assert statuses <= {grpc.StatusCode.NOT_FOUND, grpc.StatusCode.INVALID_ARGUMENT}, outcomes
        assert grpc.StatusCode.NOT_FOUND in statuses or (method.name, path) in NEVER_GIVEN
    for name, outcome in outcomes.items():
        # A refusal may repeat what it was given.
        told = outcome.answers.replace(name.encode(), b"")
        assert_reads_nothing_of(owner, told)
    assert await rows_of(service, owner.account_id) == before


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
async def test_calls_show_and_change_what_is_the_callers_own(
    service: Service, owner: Belongings, stranger: Caller, method: Method
) -> None:
    before = await rows_of(service, owner.account_id)

    outcome = await stranger.call(method, usual(method))

    assert outcome.status is not grpc.StatusCode.UNIMPLEMENTED
    assert_reads_nothing_of(owner, outcome.answers)
    assert await rows_of(service, owner.account_id) == before


def usual(method: Method) -> Message:
    """A request that is whole but for what it names."""
    return USUAL.get(method.name, method.request())


def assert_reads_nothing_of(owner: Belongings, answers: bytes) -> None:
    words = [owner.account_id, *owner.secrets, *owner.names]
    assert [word for word in words if word.encode() in answers] == []


async def rows_of(service: Service, account_id: str) -> dict[str, list[str]]:
    """Everything that is on record of an account."""
    async with open_database(service.database_url) as database, database.reading() as connection:
        found = {}
        for table in _tables_of_accounts():
            query = select(*_steady_columns(table)).where(_account_column(table) == account_id)
            found[table.name] = sorted(map(str, (await connection.execute(query)).all()))
        return found


def _tables_of_accounts() -> list[Table]:
    tables = jobs.metadata.tables.values()
    return [table for table in tables if table.name == "accounts" or "account_id" in table.c]


def _account_column(table: Table) -> Any:  # noqa: ANN401 - a column of text
    return table.c.id if table.name == "accounts" else table.c.account_id


def _steady_columns(table: Table) -> list[Any]:
    """How often its own keys were used is written some seconds later."""
    return [column for column in table.c if column.name not in {"use_count", "last_used_at"}]


def _split(url: str = "", webhook_url: str = "") -> split_service_pb2.CreateSplitRequest:
    request = split_service_pb2.CreateSplitRequest(mode=MODE, webhook_url=webhook_url)
    if url:
        request.source.url = url
    return request


def _streamed() -> batch_service_pb2.StreamBatchJobRequest:
    header = batch_service_pb2.StreamBatchJobHeader(file_name="a.wav")
    return batch_service_pb2.StreamBatchJobRequest(header=header)


def _batch_upload() -> batch_service_pb2.CreateBatchUploadRequest:
    return batch_service_pb2.CreateBatchUploadRequest(file_name="a.wav")


async def _ended(caller: Caller, watch: str, request: Message) -> None:
    assert (await caller.call(_method(watch), request)).status is grpc.StatusCode.OK


def _method(name: str) -> Method:
    (method,) = [each for each in METHODS if each.name == name]
    return method


async def _delivered(caller: Caller) -> list[Any]:
    """The deliveries, once they have ended."""
    async with asyncio.timeout(LIMIT_S):
        while True:
            answer = await caller.ask(
                "ListWebhookDeliveries", webhook_service_pb2.ListWebhookDeliveriesRequest()
            )
            if answer.deliveries and all(each.HasField("end_time") for each in answer.deliveries):
                return list(answer.deliveries)
            await asyncio.sleep(POLL_S)


async def _settled(service: Service, owned: Belongings) -> None:
    """Until its archive is made, and nothing changes any more by itself."""
    async with asyncio.timeout(LIMIT_S):
        while "processing" in str((await rows_of(service, owned.account_id))["account_exports"]):  # noqa: ASYNC110  another process makes it
            await asyncio.sleep(POLL_S)


USUAL: dict[str, Message] = {
    "CreateSplit": _split(),
    "PlanSplit": split_service_pb2.PlanSplitRequest(mode=MODE),
    "CreateBatchUpload": _batch_upload(),
    "StreamBatchJob": _streamed(),
    "CreateUpload": upload_service_pb2.CreateUploadRequest(file_name="a.wav"),
    "WriteUpload": upload_service_pb2.WriteUploadRequest(header=upload_service_pb2.WriteUploadHeader()),
    "CreateApiKey": account_service_pb2.CreateApiKeyRequest(name="CI"),
    "DeleteAccount": account_service_pb2.DeleteAccountRequest(confirmation="DELETE MY ACCOUNT"),
}
