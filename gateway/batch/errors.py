"""One table from every error's reason or kind to its status and sentence in the transcription API."""

import re
from collections.abc import Mapping

import grpc
from fastapi.responses import JSONResponse
from typing_extensions import TypedDict

from gateway.strict_json import BodyTooLarge
from zerokerf.errors import InvalidParams, Kind, RateLimited, ZerokerfError
from zerokerf.status import from_rpc_error

#: Statuses whose sentence is always the same, for what the error says is not for clients.
FIXED: Mapping[int, str] = {
    403: "API key id not found",
    404: "Not found",
    405: "Method not allowed",
    429: "Too many requests",
    500: "Internal server error",
    503: "Service unavailable",
}

KINDS: Mapping[Kind, int] = {
    Kind.INVALID_ARGUMENT: 400,
    Kind.OUT_OF_RANGE: 400,
    Kind.UNAUTHENTICATED: 403,
    Kind.PERMISSION_DENIED: 403,
    Kind.NOT_FOUND: 404,
    Kind.ALREADY_EXISTS: 409,
    Kind.FAILED_PRECONDITION: 409,
    Kind.RESOURCE_EXHAUSTED: 429,
    Kind.DATA_LOSS: 500,
    Kind.INTERNAL: 500,
    Kind.UNIMPLEMENTED: 501,
    Kind.UNAVAILABLE: 503,
}

#: Reasons whose public face is not simply their kind's.
REASONS: Mapping[str, tuple[int, str]] = {
    "INSUFFICIENT_SCOPE": (403, "API key lacks the scope for this call"),
    "QUOTA_EXCEEDED": (402, "The minutes of this month are used up"),
    "JOB_NOT_FOUND": (404, "Job not found"),
    "JOB_NOT_DELETABLE": (409, "Job must be DONE or FAILED to delete"),
    "JOB_NOT_CANCELLABLE": (409, "Job has ended and cannot be cancelled"),
    "JOB_EXISTS": (409, "job_id is in use already"),
    "UPLOAD_NOT_FOUND": (400, "s3_key is not the key of an upload of yours"),
    "UPLOAD_INCOMPLETE": (400, "Nothing has been uploaded to s3_key yet"),
    "STORAGE_FULL": (503, FIXED[503]),
}

#: The names that clients know for the fields of the protos, where they differ.
FIELDS: Mapping[str, str] = {
    "id": "job_id",
    "source": "input_url",
    "source.url": "input_url",
    "source.upload_key": "s3_key",
    "source.upload_id": "file",
    "file_name": "filename",
    "states": "status",
    "created_after": "submitted_after",
    "created_before": "submitted_before",
    "ascending": "sort_order",
    "after_sequence": "Last-Event-ID",
}

_MOST_TOLD = 5
_LONGEST_SENTENCE = 1000
_GIB = 1 << 30
#: When it is worth to come back, in seconds.
_RETRY_AFTER_S = {429: "5", 503: "5"}


class BatchErrorAnswer(TypedDict):
    error: str


def batch_error(status: int, sentence: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    given = dict(headers or {})
    if status in _RETRY_AFTER_S:
        given.setdefault("Retry-After", _RETRY_AFTER_S[status])
    return JSONResponse(BatchErrorAnswer(error=sentence[:_LONGEST_SENTENCE]), status, given)


def batch_answer_of(error: ZerokerfError) -> JSONResponse:
    """Violations of this error are named as in JSON already."""
    headers = {"Retry-After": str(error.retry_after_s)} if isinstance(error, RateLimited) else None
    return batch_error(*batch_face_of(error), headers)


def batch_answer_of_call(rpc_error: grpc.aio.AioRpcError) -> JSONResponse:
    error = from_rpc_error(rpc_error)
    if isinstance(error, InvalidParams):
        error.violations = {FIELDS.get(path, path): sentence for path, sentence in error.violations.items()}
    return batch_answer_of(error)


def batch_face_of(error: ZerokerfError) -> tuple[int, str]:
    if error.reason == "FILE_TOO_LARGE":
        return 413, _too_large(error)
    if face := REASONS.get(error.reason):
        return face
    status = KINDS[error.kind]
    return status, FIXED.get(status) or _sentence(error)


def _sentence(error: ZerokerfError) -> str:
    if not isinstance(error, InvalidParams) or not error.violations:
        return error.sentence
    told = [_told(field, sentence) for field, sentence in error.violations.items()]
    return "; ".join(told[:_MOST_TOLD])


def _told(field: str, sentence: str) -> str:
    """There is no other place to name the field. Like the documented sentences, without a full stop."""
    sentence = sentence.removesuffix(".")
    last = re.escape(field.rpartition(".")[2])
    says_what = field == "body" or re.search(rf"\b{last}\b", sentence)
    return sentence if says_what else f"{field}: {sentence}"


def _too_large(error: ZerokerfError) -> str:
    if isinstance(error, BodyTooLarge):
        return error.sentence
    limit = error.facts.get("limitBytes", "")
    limit_bytes = int(limit) if limit.isdecimal() else _GIB
    whole, rest = divmod(limit_bytes, _GIB)
    return f"File too large. Maximum size is {limit_bytes if rest else whole} {'bytes' if rest else 'GB'}."
