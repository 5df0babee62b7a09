"""One table from every error's reason or kind to its HTTP status and public code, and the envelope."""

from collections.abc import Mapping
from typing import NotRequired

import grpc
from fastapi.responses import JSONResponse
from typing_extensions import TypedDict

from gateway.fields import json_name
from zerokerf.errors import InternalError, InvalidParams, Kind, RateLimited, ZerokerfError
from zerokerf.status import from_rpc_error

Face = tuple[int, str]

#: What only the recording can show. It fails a job under the same code; here it is told of a plan.
OF_RECORDINGS = (
    "DOWNLOAD_FAILED",
    "UNSUPPORTED_FORMAT",
    "CORRUPT_FILE",
    "SOURCE_TOO_LONG",
    "DURATION_TOO_LONG",
    "SIZE_LIMIT_TOO_SMALL",
    "TOO_MANY_SEGMENTS",
    "SEGMENTS_TOO_SHORT",
    "INVALID_TIMESTAMPS",
    "INVALID_SILENCE_LIMITS",
    "INVALID_CUE_SHEET",
    "NO_CHAPTERS",
    "TOO_MANY_CHAPTERS",
)

#: Reasons whose public face is not simply their kind's.
REASONS: Mapping[str, Face] = {
    "INVALID_URL": (400, "INVALID_URL"),
    "INVALID_FORMAT": (400, "INVALID_FORMAT"),
    "DURATION_TOO_SHORT": (400, "DURATION_TOO_SHORT"),
    "KEY_REVOKED": (401, "KEY_REVOKED"),
    "TOKEN_EXPIRED": (401, "TOKEN_EXPIRED"),
    "QUOTA_EXCEEDED": (402, "QUOTA_EXCEEDED"),
    "JOB_NOT_FOUND": (404, "JOB_NOT_FOUND"),
    "JOB_ALREADY_PROCESSING": (409, "JOB_ALREADY_PROCESSING"),
    "JOB_NOT_CANCELLABLE": (409, "JOB_NOT_CANCELLABLE"),
    "MANIFEST_NOT_READY": (409, "MANIFEST_NOT_READY"),
    "TOO_MANY_KEYS": (409, "TOO_MANY_KEYS"),
    "DELIVERY_PENDING": (409, "DELIVERY_PENDING"),
    "UPLOAD_INCOMPLETE": (409, "UPLOAD_INCOMPLETE"),
    "IDEMPOTENCY_CONFLICT": (409, "IDEMPOTENCY_CONFLICT"),
    "FILE_TOO_LARGE": (413, "FILE_TOO_LARGE"),
    "DOWNLOAD_EXPIRED": (410, "DOWNLOAD_EXPIRED"),
    "UPLOAD_LINK_EXPIRED": (410, "UPLOAD_LINK_EXPIRED"),
    "LINK_INVALID": (403, "LINK_INVALID"),
    "STORAGE_FULL": (503, "SERVICE_UNAVAILABLE"),
    **{reason: (422, reason) for reason in OF_RECORDINGS},
}

KINDS: Mapping[Kind, Face] = {
    Kind.INVALID_ARGUMENT: (400, "INVALID_PARAMS"),
    Kind.OUT_OF_RANGE: (400, "INVALID_PARAMS"),
    Kind.UNAUTHENTICATED: (401, "UNAUTHORIZED"),
    Kind.PERMISSION_DENIED: (403, "INSUFFICIENT_SCOPE"),
    Kind.NOT_FOUND: (404, "NOT_FOUND"),
    Kind.ALREADY_EXISTS: (409, "CONFLICT"),
    Kind.FAILED_PRECONDITION: (409, "CONFLICT"),
    Kind.RESOURCE_EXHAUSTED: (429, "RATE_LIMITED"),
    Kind.DATA_LOSS: (500, "INTERNAL_ERROR"),
    Kind.INTERNAL: (500, "INTERNAL_ERROR"),
    Kind.UNIMPLEMENTED: (501, "NOT_IMPLEMENTED"),
    Kind.UNAVAILABLE: (503, "SERVICE_UNAVAILABLE"),
}


class ErrorJson(TypedDict):
    code: str
    message: str
    status: int
    details: NotRequired[dict[str, str]]
    #: Seconds.
    retryAfter: NotRequired[int]


class ErrorAnswer(TypedDict):
    error: ErrorJson


def face_of(error: ZerokerfError) -> Face:
    return REASONS.get(error.reason) or KINDS[error.kind]


def error_answer(
    status: int,
    code: str,
    message: str,
    *,
    details: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    retry_after_s: int | None = None,
) -> JSONResponse:
    error = ErrorJson(code=code, message=message, status=status)
    if details:
        error["details"] = dict(details)
    if retry_after_s is not None:
        error["retryAfter"] = retry_after_s
        headers = {**(headers or {}), "Retry-After": str(retry_after_s)}
    return JSONResponse(ErrorAnswer(error=error), status, headers)


def answer_of(error: ZerokerfError) -> JSONResponse:
    """Violations of this error are named as in JSON already."""
    status, code = face_of(error)
    sentence = InternalError().sentence if status == 500 else error.sentence
    details = error.violations if isinstance(error, InvalidParams) else None
    retry_after_s = error.retry_after_s if isinstance(error, RateLimited) else None
    return error_answer(status, code, sentence, details=details, retry_after_s=retry_after_s)


def answer_of_call(rpc_error: grpc.aio.AioRpcError) -> JSONResponse:
    error = from_rpc_error(rpc_error)
    if isinstance(error, InvalidParams):
        error.violations = {json_name(path): sentence for path, sentence in error.violations.items()}
    return answer_of(error)
