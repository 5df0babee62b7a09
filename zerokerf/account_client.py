"""The Python client's part for accounts: keys, the plan and what was used of it, archives, the end."""

import asyncio
import uuid
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

import httpx
from google.protobuf.timestamp_pb2 import Timestamp

from zerokerf.calls import Caller, OnProgress, ignore_progress
from zerokerf.download import RemoteFile, download_file
from zerokerf.errors import KeyNotFound, Unavailable
from zerokerf.moments import moment
from zerokerf.v1.account_pb2 import Account, AccountExport, ApiKey, Usage
from zerokerf.v1.account_service_pb2 import (
    CheckCallerRequest,
    CreateApiKeyRequest,
    CreateApiKeyResponse,
    DeleteAccountRequest,
    ExportAccountRequest,
    GetAccountExportRequest,
    GetAccountRequest,
    GetApiKeyRequest,
    GetUsageRequest,
    ListApiKeysRequest,
    RevokeApiKeyRequest,
    RotateApiKeyRequest,
    RotateApiKeyResponse,
    ScopeList,
    UpdateApiKeyRequest,
)

if TYPE_CHECKING:  # exists for type checkers only
    from zerokerf.v1.account_service_pb2_grpc import AccountServiceAsyncStub

#: Pauses grow no further after so many looks at an archive.
_MOST_LOOKS = 8


class AccountClient:
    """The caller's own account. Needs a token, or a key with the scope "keys:manage"."""

    def __init__(self, account: "AccountServiceAsyncStub", caller: Caller, http: httpx.AsyncClient) -> None:
        self._account = account
        self._caller = caller
        self._http = http

    async def check(self) -> None:
        """Raises Unauthenticated unless the service knows the caller. Any scope is enough."""
        await self._caller.unary(self._account.CheckCaller, CheckCallerRequest())

    async def create_key(
        self,
        name: str,
        *,
        scopes: Sequence[str] = (),
        expires_at: datetime | None = None,
        test: bool = False,
        request_id: str | None = None,
    ) -> CreateApiKeyResponse:
        """A key of all scopes unless some are given, with its secret, which is shown this once.

        With the same `request_id` the same request returns the first key, without its secret. Without one,
        an id of its own makes the repeats of this call safe, and the secret is always there.
        """
        request = CreateApiKeyRequest(
            name=name,
            scopes=scopes,
            expire_time=moment(expires_at),
            test=test,
            request_id=request_id or str(uuid.uuid4()),
        )
        made = await self._caller.unary(self._account.CreateApiKey, request)
        if made.secret or request_id:
            return made
        # The answer that had the secret got lost, so nobody knows it: another one takes its place.
        renewed = await self.rotate_key(made.key.id)
        return CreateApiKeyResponse(key=renewed.key, secret=renewed.secret)

    async def list_keys(self) -> Sequence[ApiKey]:
        """Those that are not revoked, oldest first."""
        return (await self._caller.unary(self._account.ListApiKeys, ListApiKeysRequest())).keys

    async def get_key(self, key_id: str) -> ApiKey:
        """Raises KeyNotFound, as all calls that name a key, also when it is revoked."""
        return (await self._caller.unary(self._account.GetApiKey, GetApiKeyRequest(id=key_id))).key

    async def update_key(
        self,
        key_id: str,
        *,
        name: str | None = None,
        scopes: Sequence[str] | None = None,
        expires_at: datetime | None = None,
        never_expires: bool = False,
    ) -> ApiKey:
        """Changes what is given and leaves the rest; `scopes` takes the place of all scopes."""
        request = UpdateApiKeyRequest(
            id=key_id,
            name=name,
            scopes=None if scopes is None else ScopeList(scopes=scopes),
            expire_time=moment(expires_at),
        )
        if never_expires:
            request.never_expires = True
        return (await self._caller.unary(self._account.UpdateApiKey, request)).key

    async def revoke_key(self, key_id: str) -> None:
        """Ends a key for ever, everywhere within a second."""
        request = RevokeApiKeyRequest(id=key_id)
        try:
            await self._caller.unary(self._account.RevokeApiKey, request, attempts=1)
        except Unavailable:
            # The answer may have got lost after the deed: then the second try finds no such key.
            with suppress(KeyNotFound):
                await self._caller.unary(self._account.RevokeApiKey, request)

    async def rotate_key(self, key_id: str) -> RotateApiKeyResponse:
        """Another secret, shown this once; the old one ends at once. Repeated until an answer arrives.

        A key that renews itself and loses the answer is locked out, and this raises Unauthenticated.
        """
        return await self._caller.unary(self._account.RotateApiKey, RotateApiKeyRequest(id=key_id))

    async def get(self) -> Account:
        """The account, with what its plan allows."""
        return (await self._caller.unary(self._account.GetAccount, GetAccountRequest())).account

    async def usage(self, period: str = "current") -> Usage:
        """Of "current", "previous" or a month as "2026-05"."""
        return (await self._caller.unary(self._account.GetUsage, GetUsageRequest(period=period))).usage

    async def export(
        self,
        form: AccountExport.Format.ValueType = AccountExport.FORMAT_JSON,
        *,
        webhook_url: str = "",
        request_id: str | None = None,
    ) -> AccountExport:
        """Begins an archive of all that the account has here; the webhook is told when it is there."""
        request = ExportAccountRequest(
            format=form, webhook_url=webhook_url, request_id=request_id or str(uuid.uuid4())
        )
        return (await self._caller.unary(self._account.ExportAccount, request)).export

    async def get_export(self, export_id: str) -> AccountExport:
        """Once the archive is there, with a fresh link to it. Raises ExportNotFound."""
        request = GetAccountExportRequest(id=export_id)
        return (await self._caller.unary(self._account.GetAccountExport, request)).export

    async def wait_export(self, export_id: str) -> AccountExport:
        """The archive once it is completed or failed. Waits for as long as the service needs to make it."""
        looks = 0
        while (export := await self.get_export(export_id)).state == AccountExport.STATE_PROCESSING:
            looks = min(looks + 1, _MOST_LOOKS)
            await asyncio.sleep(self._caller.patience.pause_s(looks))
        return export

    async def download_export(
        self, export: AccountExport, dest: Path, on_progress: OnProgress = ignore_progress
    ) -> Path:
        """Fetch a completed archive (zip) to `dest`, or into `dest` if that is a folder; returns where it is.

        It appears under its name only when it is whole. Raises FileNotKept if it has no link, LinkRefused if
        the link expired and OSError if the file can't be written.
        """
        attempts = self._caller.stream_attempts()
        file = RemoteFile(f"{PurePath(export.id).name}.zip", export.download_url, export.size)
        return await download_file(self._http, file, dest, attempts, on_progress)

    async def delete(self, confirmation: str) -> Timestamp:
        """Ends the account, for ever, if the confirmation is exactly "DELETE MY ACCOUNT".

        Returns when the last records go. Raises Unauthenticated if an answer got lost after the deed.
        """
        request = DeleteAccountRequest(confirmation=confirmation)
        return (await self._caller.unary(self._account.DeleteAccount, request)).purge_time
