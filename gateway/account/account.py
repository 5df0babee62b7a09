"""The endpoints of a whole account: an archive of it, and its end."""

from typing import Annotated, Literal, NotRequired

from fastapi import Depends, Path, Request, Response
from fastapi.responses import JSONResponse
from typing_extensions import TypedDict

from gateway.account.bodies import DeleteAccountBody, ExportBody
from gateway.backend import AnyCaller, Caller, RequestId, caller_of, is_id, shown_id
from gateway.bodies import validated
from gateway.splits.answers import timestamp
from gateway.strict_json import json_object
from zerokerf.errors import ExportNotFound
from zerokerf.v1 import account_service_pb2 as pb
from zerokerf.v1.account_pb2 import AccountExport

ExportStatus = Literal["processing", "completed", "failed"]

_FORMATS = {
    None: AccountExport.FORMAT_UNSPECIFIED,
    "json": AccountExport.FORMAT_JSON,
    "csv": AccountExport.FORMAT_CSV,
}
_FORMAT_NAMES = {AccountExport.FORMAT_CSV: "csv"}
#: States that a later server may add count as active.
_STATUSES: dict[AccountExport.State.ValueType, ExportStatus] = {
    AccountExport.STATE_COMPLETED: "completed",
    AccountExport.STATE_FAILED: "failed",
}
_MESSAGES: dict[ExportStatus, str] = {
    "processing": "The archive is being made. Ask for the export by its id to see whether it is there.",
    "completed": "The archive is there.",
    "failed": "The archive could not be made; ask for another one.",
}


class RequestedExportJson(TypedDict):
    """`estimatedCompletionAt` is absent when a repeated request finds the export at its end."""

    exportId: str
    status: ExportStatus
    format: str
    estimatedCompletionAt: NotRequired[str]
    message: str


class ExportJson(TypedDict):
    """What is not known yet, or does not apply, is absent. `expiresAt` is the link's."""

    exportId: str
    status: ExportStatus
    format: str
    estimatedCompletionAt: NotRequired[str]
    createdAt: str
    completedAt: NotRequired[str]
    downloadUrl: NotRequired[str]
    size: NotRequired[int]
    expiresAt: NotRequired[str]
    availableUntil: NotRequired[str]


class DeletedAccountJson(TypedDict):
    message: str
    deletionScheduledAt: str


async def export_id_of(
    _: Annotated[Caller, Depends(caller_of)],
    export_id: Annotated[
        str, Path(alias="exportId", description="The id of the export.", examples=["exp_abc123"])
    ],
) -> str:
    """Raises ExportNotFound for what cannot be an id."""
    if not is_id(export_id):
        raise ExportNotFound(shown_id(export_id))
    return export_id


async def export_account(request: Request, caller: AnyCaller, request_id: RequestId = "") -> Response:
    config = caller.backend.config
    fields = await json_object(request, config.max_body_bytes, config.idle_timeout_s)
    body = validated(ExportBody, fields)
    answer = await caller.backend.accounts.ExportAccount(
        pb.ExportAccountRequest(
            format=_FORMATS[body.format], webhook_url=body.webhookUrl or "", request_id=request_id
        ),
        metadata=caller.metadata,
        timeout=caller.timeout_s,
    )
    return JSONResponse(requested_json(answer.export), 202)


async def get_export(caller: AnyCaller, export_id: Annotated[str, Depends(export_id_of)]) -> Response:
    answer = await caller.backend.accounts.GetAccountExport(
        pb.GetAccountExportRequest(id=export_id), metadata=caller.metadata, timeout=caller.timeout_s
    )
    return JSONResponse(export_json(answer.export))


async def delete_account(request: Request, caller: AnyCaller) -> Response:
    config = caller.backend.config
    fields = await json_object(request, config.max_body_bytes, config.idle_timeout_s)
    body = validated(DeleteAccountBody, fields)
    answer = await caller.backend.accounts.DeleteAccount(
        pb.DeleteAccountRequest(confirmation=body.confirmation),
        metadata=caller.metadata,
        timeout=caller.timeout_s,
    )
    message = "The account is closed and its keys have ended. Its last records go on the given day."
    return JSONResponse(DeletedAccountJson(message=message, deletionScheduledAt=timestamp(answer.purge_time)))


def requested_json(export: AccountExport) -> RequestedExportJson:
    status = _status(export)
    answer: RequestedExportJson = {
        "exportId": export.id,
        "status": status,
        "format": _FORMAT_NAMES.get(export.format, "json"),
    }  # type: ignore[typeddict-item]  # the others follow, in the documented order
    if export.HasField("estimate_time"):
        answer["estimatedCompletionAt"] = timestamp(export.estimate_time)
    answer["message"] = _MESSAGES[status]
    return answer


def export_json(export: AccountExport) -> ExportJson:
    answer = ExportJson(
        exportId=export.id,
        status=_status(export),
        format=_FORMAT_NAMES.get(export.format, "json"),
        createdAt=timestamp(export.create_time),
    )
    if export.HasField("estimate_time"):
        answer["estimatedCompletionAt"] = timestamp(export.estimate_time)
    if export.HasField("end_time"):
        answer["completedAt"] = timestamp(export.end_time)
    if export.download_url:
        answer["downloadUrl"] = export.download_url
        answer["size"] = export.size
        answer["expiresAt"] = timestamp(export.download_expire_time)
    if export.HasField("expire_time"):
        answer["availableUntil"] = timestamp(export.expire_time)
    return answer


def _status(export: AccountExport) -> ExportStatus:
    return _STATUSES.get(export.state, "processing")
