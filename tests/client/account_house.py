"""The services of accounts and webhooks on real records and sockets; answers get lost when told to."""

# ruff: noqa: ANN401 - the interceptor passes messages of every type through, unread

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import grpc
import pytest

from server.accounts.account_records import AccountRecords
from server.accounts.api_keys import ApiKeys
from server.accounts.archive import write_archive
from server.accounts.authentication import Authentication
from server.accounts.bootstrap import ACCOUNT_ID, ensure_bootstrap
from server.accounts.closing import Closing
from server.accounts.export_records import ExportRecords
from server.accounts.exports import Exports
from server.accounts.key_records import KeyRecords
from server.accounts.key_uses import KeyUses
from server.accounts.plans import read_plans
from server.accounts.token_keys import open_token_keys
from server.accounts.tokens import TokenRules, Tokens
from server.accounts.usage import Usage
from server.api.account_service import AccountParts, AccountService
from server.api.interceptors import CallInterceptor
from server.api.webhook_service import WebhookService
from server.database.migrate import migrate
from server.database.open import Database, open_database
from server.fetch.guard import AddressPolicy
from server.webhooks.deliveries import Deliveries
from server.webhooks.delivery_log import DeliveryLog
from server.webhooks.delivery_records import DeliveryRecords
from server.webhooks.endpoints import Endpoints
from server.webhooks.signing_secrets import SigningSecrets
from storage.keys import export_key
from storage.signed_links import LocalSigner
from tests.client.files import FileServer, file_server
from tests.client.state import API_KEY, Context
from tests.webhooks.deliveries import new_delivery
from zerokerf.v1.account_service_pb2_grpc import add_AccountServiceServicer_to_server
from zerokerf.v1.webhook_service_pb2_grpc import add_WebhookServiceServicer_to_server

SECRET = API_KEY * 2


class Idle:
    """An engine that has no time."""

    async def start_closing(self, account_id: str) -> None: ...

    async def start_delivery(self, account_id: str, delivery_id: str, round_number: int) -> None: ...


class Archivist:
    """Makes archives, or fails to, once it may."""

    def __init__(self, database: Database, files: FileServer) -> None:
        self.may_make = asyncio.Event()
        self.fails = False
        self._database = database
        self._files = files
        self._tasks: set[asyncio.Task[None]] = set()

    async def start_export(self, export_id: str, account_id: str) -> None:
        task = asyncio.create_task(self._make(export_id))
        self._tasks.add(task)

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _make(self, export_id: str) -> None:
        await self.may_make.wait()
        records = ExportRecords(self._database)
        if self.fails:
            await records.fail(export_id)
        elif (wanted := await records.wanted(export_id)) is not None:
            with TemporaryDirectory() as folder:
                path = Path(folder, "archive.zip")
                await write_archive(self._database, wanted.account_id, wanted.format, path, lambda _: None)
                content = path.read_bytes()
            self._files.add(f"files/{export_key(wanted.account_id, export_id)}", content)
            await records.complete(wanted, len(content))


@dataclass
class House:
    target: str
    data_dir: Path
    database: Database
    archivist: Archivist
    #: How many answers of a method get lost on the way next, after the work was done.
    lost_answers: Counter[str] = field(default_factory=Counter)
    calls: list[str] = field(default_factory=list)

    async def delivery(self, **columns: Any) -> str:
        """The id of one that is pending unless told otherwise."""
        return await new_delivery(self.database, **{"account_id": ACCOUNT_ID} | columns)


class Loser(grpc.aio.ServerInterceptor):
    def __init__(self, house: House) -> None:
        self._house = house

    async def intercept_service(self, continuation: Any, details: grpc.HandlerCallDetails) -> Any:
        handler = await continuation(details)
        method = details.method.rpartition("/")[2]

        async def call(request: Any, context: Context) -> Any:
            self._house.calls.append(method)
            answer = await handler.unary_unary(request, context)
            if self._house.lost_answers[method]:
                self._house.lost_answers[method] -= 1
                await context.abort(grpc.StatusCode.UNAVAILABLE, "the answer got lost")
            return answer

        return grpc.unary_unary_rpc_method_handler(
            call,
            request_deserializer=handler.request_deserializer,
            response_serializer=handler.response_serializer,
        )


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with running_house(tmp_path) as house:
        yield house


@asynccontextmanager
async def running_house(data_dir: Path) -> AsyncIterator[House]:
    """Its first account is called with `SECRET`."""
    async with open_database(f"sqlite:///{data_dir}/zerokerf.db") as database, file_server() as files:
        await migrate(database)
        await ensure_bootstrap(database, SECRET)
        archivist = Archivist(database, files)
        house = House("", data_dir, database, archivist)
        guard = CallInterceptor(await _authentication(database, data_dir))
        server = grpc.aio.server(interceptors=[Loser(house), guard])
        add_AccountServiceServicer_to_server(_accounts(database, archivist, files.base_url), server)
        add_WebhookServiceServicer_to_server(_webhooks(database), server)
        house.target = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
        await server.start()
        try:
            yield house
        finally:
            await server.stop(None)
            await archivist.stop()


async def _authentication(database: Database, data_dir: Path) -> Authentication:
    plans = read_plans(None, "unlimited")
    keys = await asyncio.to_thread(open_token_keys, None, None, data_dir)
    tokens = Tokens(database, plans, keys, TokenRules("zerokerf"))
    return Authentication(ApiKeys(database, plans, KeyUses(database)), tokens)


def _accounts(database: Database, archivist: Archivist, files_url: str) -> AccountService:
    parts = AccountParts(
        keys=KeyRecords(database),
        accounts=AccountRecords(database, read_plans(None, "unlimited")),
        usage=Usage(database),
        exports=Exports(database, archivist, LocalSigner(files_url, b"k" * 32)),
        closing=Closing(database, Idle()),
    )
    return AccountService(parts, AddressPolicy(()))


def _webhooks(database: Database) -> WebhookService:
    log = DeliveryLog(database)
    deliveries = Deliveries(DeliveryRecords(database), log, Idle())
    return WebhookService(log, deliveries, Endpoints(database), SigningSecrets(database))
