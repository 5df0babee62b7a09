"""AccountService: the caller's own account, its keys, what it used, and its end."""

from dataclasses import dataclass

from server.accounts.account_records import AccountRecords
from server.accounts.key_records import KeyRecords
from server.api import account_rules
from server.api.account_convert import account_message, export_message, key_message, usage_message
from server.api.account_parts import AccountCloser, ExportMaker, UsageReader
from server.api.caller import current_account_id, current_caller
from server.api.interceptors import Context
from server.api.message_parts import timestamp
from server.api.validation import check_request_id, webhook_target
from server.database.clock import Clock, utc_now
from server.fetch.guard import AddressPolicy
from zerokerf.v1 import account_service_pb2 as pb
from zerokerf.v1 import account_service_pb2_grpc


@dataclass(frozen=True, slots=True)
class AccountParts:
    """What the service asks."""

    keys: KeyRecords
    accounts: AccountRecords
    usage: UsageReader
    exports: ExportMaker
    closing: AccountCloser


class AccountService(account_service_pb2_grpc.AccountServiceServicer):
    def __init__(self, parts: AccountParts, policy: AddressPolicy, clock: Clock = utc_now) -> None:
        self._parts = parts
        self._policy = policy
        self._clock = clock

    async def CheckCaller(self, request: pb.CheckCallerRequest, context: Context) -> pb.CheckCallerResponse:
        """Whoever gets here is known."""
        return pb.CheckCallerResponse()

    async def CreateApiKey(
        self, request: pb.CreateApiKeyRequest, context: Context
    ) -> pb.CreateApiKeyResponse:
        wish = account_rules.key_wish(request, self._clock())
        made = await self._parts.keys.create(current_caller(), wish, request.request_id or None)
        return pb.CreateApiKeyResponse(key=key_message(made.key), secret=made.secret)

    async def ListApiKeys(self, request: pb.ListApiKeysRequest, context: Context) -> pb.ListApiKeysResponse:
        keys = await self._parts.keys.list(current_caller())
        return pb.ListApiKeysResponse(keys=[key_message(key) for key in keys])

    async def GetApiKey(self, request: pb.GetApiKeyRequest, context: Context) -> pb.GetApiKeyResponse:
        key = await self._parts.keys.get(current_caller(), request.id)
        return pb.GetApiKeyResponse(key=key_message(key))

    async def UpdateApiKey(
        self, request: pb.UpdateApiKeyRequest, context: Context
    ) -> pb.UpdateApiKeyResponse:
        changes = account_rules.key_changes(request, self._clock())
        key = await self._parts.keys.update(current_caller(), request.id, changes)
        return pb.UpdateApiKeyResponse(key=key_message(key))

    async def RevokeApiKey(
        self, request: pb.RevokeApiKeyRequest, context: Context
    ) -> pb.RevokeApiKeyResponse:
        await self._parts.keys.revoke(current_caller(), request.id)
        return pb.RevokeApiKeyResponse()

    async def RotateApiKey(
        self, request: pb.RotateApiKeyRequest, context: Context
    ) -> pb.RotateApiKeyResponse:
        renewed = await self._parts.keys.rotate(current_caller(), request.id)
        return pb.RotateApiKeyResponse(key=key_message(renewed.key), secret=renewed.secret)

    async def GetAccount(self, request: pb.GetAccountRequest, context: Context) -> pb.GetAccountResponse:
        account = await self._parts.accounts.get(current_account_id())
        return pb.GetAccountResponse(account=account_message(account))

    async def GetUsage(self, request: pb.GetUsageRequest, context: Context) -> pb.GetUsageResponse:
        caller = current_caller()
        usage = await self._parts.usage.of(caller.account_id, caller.plan, request.period or "current")
        return pb.GetUsageResponse(usage=usage_message(usage, caller.plan))

    async def ExportAccount(
        self, request: pb.ExportAccountRequest, context: Context
    ) -> pb.ExportAccountResponse:
        check_request_id(request.request_id)
        export = await self._parts.exports.export(
            current_account_id(),
            account_rules.export_format(request.format),
            webhook_target(request.webhook_url, self._policy),
            request.request_id or None,
        )
        return pb.ExportAccountResponse(export=export_message(export))

    async def GetAccountExport(
        self, request: pb.GetAccountExportRequest, context: Context
    ) -> pb.GetAccountExportResponse:
        export = await self._parts.exports.get_export(current_account_id(), request.id)
        return pb.GetAccountExportResponse(export=export_message(export))

    async def DeleteAccount(
        self, request: pb.DeleteAccountRequest, context: Context
    ) -> pb.DeleteAccountResponse:
        account_rules.check_confirmation(request.confirmation)
        purge_at = await self._parts.closing.close(current_account_id())
        return pb.DeleteAccountResponse(purge_time=timestamp(purge_at))
