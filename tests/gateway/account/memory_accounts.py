"""One account in memory that keeps the promises of the protos: what the gateway's tests talk to."""

# ruff: noqa: N802 - the names of methods are gRPC's

from collections.abc import Mapping
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp

from tests.gateway.admission import KEY, Context, fail
from tests.gateway.memory_service import CREATED
from zerokerf.errors import (
    ExportNotFound,
    IdempotencyConflict,
    InsufficientScope,
    InvalidParams,
    KeyNotFound,
    KeyRevoked,
    TokenExpired,
    TooManyKeys,
    Unauthenticated,
    ZerokerfError,
)
from zerokerf.v1 import account_service_pb2 as pb
from zerokerf.v1.account_pb2 import Account, AccountExport, ApiKey, Plan, Usage
from zerokerf.v1.account_service_pb2_grpc import AccountServiceServicer

TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ1c2VyIn0.c2lnbmF0dXJl"
OLD_TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJleHAiOjF9.c2lnbmF0dXJl"
REVOKED_KEY = "as_live_sk_revoked"
READING_KEY = "as_live_sk_reading"
SCOPES = ("splits:read", "splits:write", "batch:read", "batch:write", "keys:manage")
CHANGED = Timestamp(seconds=CREATED.seconds + 3600)
LATER = Timestamp(seconds=CREATED.seconds + 30 * 86400)
PRO = Plan(
    id="plan_pro",
    name="Pro",
    requests_per_minute=300,
    minutes_per_month=5000,
    max_source_bytes=2147483648,
    price_per_month=4900,
    overage_per_minute=1,
    currency="usd",
)
FAULTS: Mapping[str, ZerokerfError] = {
    OLD_TOKEN: TokenExpired(),
    REVOKED_KEY: KeyRevoked(),
    READING_KEY: InsufficientScope("keys:manage"),
}


async def admit_manager(context: Context) -> None:
    secret = str(dict(context.invocation_metadata() or ()).get("x-api-key"))
    if secret in FAULTS:
        await fail(context, FAULTS[secret])
    if secret not in (TOKEN, KEY):
        await fail(context, Unauthenticated())


class MemoryAccounts(AccountServiceServicer):
    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.keys: dict[str, ApiKey] = {}
        self.exports: dict[str, AccountExport] = {}
        self.plan = PRO
        self.usage = Usage(plan=PRO)
        self.most_keys = 10
        self.requests: list[Any] = []
        self._by_request_id: dict[str, Any] = {}

    async def CheckCaller(self, request: pb.CheckCallerRequest, context: Context) -> pb.CheckCallerResponse:
        secret = str(dict(context.invocation_metadata() or ()).get("x-api-key"))
        if secret != READING_KEY:
            await admit_manager(context)
        return pb.CheckCallerResponse()

    async def CreateApiKey(
        self, request: pb.CreateApiKeyRequest, context: Context
    ) -> pb.CreateApiKeyResponse:
        await self._begin(request, context)
        if request.expire_time.seconds and request.expire_time.seconds < CREATED.seconds:
            await fail(context, InvalidParams({"expire_time": "Must be in the future."}))
        first = self._by_request_id.setdefault(request.request_id, request)
        if request.request_id and first != request:
            await fail(context, IdempotencyConflict(request.request_id))
        key_id = f"key_{request.request_id or len(self.keys) + 1}"
        if key_id in self.keys:
            return pb.CreateApiKeyResponse(key=self.keys[key_id])
        if len(self.keys) >= self.most_keys:
            await fail(context, TooManyKeys(self.most_keys))
        self.keys[key_id] = _made(key_id, request)
        return pb.CreateApiKeyResponse(key=self.keys[key_id], secret=_secret(self.keys[key_id]))

    async def ListApiKeys(self, request: pb.ListApiKeysRequest, context: Context) -> pb.ListApiKeysResponse:
        await self._begin(request, context)
        return pb.ListApiKeysResponse(keys=self.keys.values())

    async def GetApiKey(self, request: pb.GetApiKeyRequest, context: Context) -> pb.GetApiKeyResponse:
        await self._begin(request, context)
        return pb.GetApiKeyResponse(key=await self._key(request.id, context))

    async def UpdateApiKey(
        self, request: pb.UpdateApiKeyRequest, context: Context
    ) -> pb.UpdateApiKeyResponse:
        await self._begin(request, context)
        key = await self._key(request.id, context)
        if request.HasField("name"):
            key.name = request.name
        if request.HasField("scopes"):
            key.scopes[:] = request.scopes.scopes
        if request.HasField("expire_time"):
            key.expire_time.CopyFrom(request.expire_time)
        if request.never_expires:
            key.ClearField("expire_time")
        key.update_time.CopyFrom(CHANGED)
        return pb.UpdateApiKeyResponse(key=key)

    async def RevokeApiKey(
        self, request: pb.RevokeApiKeyRequest, context: Context
    ) -> pb.RevokeApiKeyResponse:
        await self._begin(request, context)
        await self._key(request.id, context)
        del self.keys[request.id]
        return pb.RevokeApiKeyResponse()

    async def RotateApiKey(
        self, request: pb.RotateApiKeyRequest, context: Context
    ) -> pb.RotateApiKeyResponse:
        await self._begin(request, context)
        key = await self._key(request.id, context)
        key.rotate_time.CopyFrom(CHANGED)
        return pb.RotateApiKeyResponse(key=key, secret=_secret(key) + "2")

    async def GetAccount(self, request: pb.GetAccountRequest, context: Context) -> pb.GetAccountResponse:
        await self._begin(request, context)
        return pb.GetAccountResponse(account=Account(id="acc_1", plan=self.plan))

    async def GetUsage(self, request: pb.GetUsageRequest, context: Context) -> pb.GetUsageResponse:
        await self._begin(request, context)
        if request.period not in ("", "current", "previous", "2026-05"):
            await fail(context, InvalidParams({"period": "Must be current, previous or a month as 2026-05."}))
        return pb.GetUsageResponse(usage=self.usage)

    async def ExportAccount(
        self, request: pb.ExportAccountRequest, context: Context
    ) -> pb.ExportAccountResponse:
        await self._begin(request, context)
        export_id = f"exp_{request.request_id or len(self.exports) + 1}"
        export = AccountExport(
            id=export_id,
            format=request.format or AccountExport.FORMAT_JSON,
            state=AccountExport.STATE_PROCESSING,
            create_time=CREATED,
            estimate_time=Timestamp(seconds=CREATED.seconds + 900),
        )
        return pb.ExportAccountResponse(export=self.exports.setdefault(export_id, export))

    async def GetAccountExport(
        self, request: pb.GetAccountExportRequest, context: Context
    ) -> pb.GetAccountExportResponse:
        await self._begin(request, context)
        if request.id not in self.exports:
            await fail(context, ExportNotFound(request.id))
        return pb.GetAccountExportResponse(export=self.exports[request.id])

    async def DeleteAccount(
        self, request: pb.DeleteAccountRequest, context: Context
    ) -> pb.DeleteAccountResponse:
        await self._begin(request, context)
        if request.confirmation != "DELETE MY ACCOUNT":
            await fail(context, InvalidParams({"confirmation": 'Must be exactly "DELETE MY ACCOUNT".'}))
        return pb.DeleteAccountResponse(purge_time=LATER)

    async def _begin(self, request: object, context: Context) -> None:
        await admit_manager(context)
        self.requests.append(request)

    async def _key(self, key_id: str, context: Context) -> ApiKey:
        if key_id not in self.keys:
            await fail(context, KeyNotFound(key_id))
        return self.keys[key_id]


def _made(key_id: str, request: pb.CreateApiKeyRequest) -> ApiKey:
    key = ApiKey(
        id=key_id,
        name=request.name,
        scopes=request.scopes or SCOPES,
        create_time=CREATED,
        test=request.test,
    )
    if request.HasField("expire_time"):
        key.expire_time.CopyFrom(request.expire_time)
    key.preview = f"{_secret(key)[:14]}...{_secret(key)[-3:]}"
    return key


def _secret(key: ApiKey) -> str:
    return f"as_{'test' if key.test else 'live'}_sk_abc{key.id[4:]}xyz"
