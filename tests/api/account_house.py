"""AccountService on a socket, and clients of several accounts."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import grpc
from google.protobuf.message import Message

from server.accounts.account_records import AccountRecords
from server.accounts.authentication import Authentication
from server.accounts.closing import Closing
from server.accounts.exports import Exports
from server.accounts.key_records import KeyRecords
from server.accounts.tokens import Tokens
from server.accounts.usage import Usage
from server.accounts.verifying_keys import OneKey, verifying_key
from server.api.account_service import AccountParts, AccountService
from server.api.interceptors import CallInterceptor
from server.database.open import Database
from server.fetch.guard import AddressPolicy
from storage.open_store import open_store
from tests.accounts.tenants import PLANS, SMALL, Time, keys_at, make_account
from tests.accounts.token_maker import RULES, ec_key, token
from zerokerf.status import from_rpc_error
from zerokerf.v1 import account_service_pb2 as pb
from zerokerf.v1 import account_service_pb2_grpc


class Engine:
    """Remembers what it was asked to do."""

    def __init__(self) -> None:
        self.begun: list[str] = []

    async def start_closing(self, account_id: str) -> None:
        self.begun.append(account_id)

    async def start_export(self, export_id: str, account_id: str) -> None:
        self.begun.append(export_id)


@dataclass
class Api:
    """A client, whose calls fail with the errors that the service raised."""

    stub: Any
    engine: Engine
    bearer: str = ""

    def as_(self, bearer: str) -> "Api":
        return Api(self.stub, self.engine, bearer)

    async def call(self, request: Message) -> Any:  # noqa: ANN401  each call has an answer of its own type
        """The call that takes such requests."""
        name = type(request).__name__.removesuffix("Request")
        metadata = (("authorization", f"Bearer {self.bearer}"),)
        try:
            return await getattr(self.stub, name)(request, metadata=metadata, timeout=10)
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error) from error

    async def key(self, **fields: object) -> pb.CreateApiKeyResponse:
        asked: dict[str, Any] = {"name": "CI", **fields}
        made: pb.CreateApiKeyResponse = await self.call(pb.CreateApiKeyRequest(**asked))
        return made

    async def keys(self) -> list[str]:
        return [key.id for key in (await self.call(pb.ListApiKeysRequest())).keys]


@asynccontextmanager
async def open_accounts(database: Database, folder: Path) -> AsyncIterator[Api]:
    """Called by the owner of account acc_a."""
    await make_account(database, "acc_a")
    await make_account(database, "acc_b", SMALL)
    public, time, engine = verifying_key(ec_key().public_key()), Time(datetime.now(UTC)), Engine()
    assert public is not None
    tokens = Tokens(database, PLANS, OneKey(public), RULES, time.monotonic)
    authentication = Authentication(keys_at(database, time), tokens)
    async with open_store(
        f"file://{folder}/objects", credentials=None, signing_key=b"k" * 32, public_url="http://here"
    ) as opened:
        parts = AccountParts(
            KeyRecords(database, forget=authentication.forget),
            AccountRecords(database, PLANS),
            Usage(database),
            Exports(database, engine, opened.signer),
            Closing(database, engine),
        )
        server = grpc.aio.server(interceptors=[CallInterceptor(authentication)])
        service = AccountService(parts, AddressPolicy(()))
        account_service_pb2_grpc.add_AccountServiceServicer_to_server(service, server)
        port = server.add_insecure_port("127.0.0.1:0")
        await server.start()
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield Api(account_service_pb2_grpc.AccountServiceStub(channel), engine, token(ec_key()))
        await server.stop(None)
