"""The one mapping between our errors and gRPC's status, in both directions."""

from collections.abc import Iterator, Mapping

import grpc
from google.protobuf.any_pb2 import Any
from google.protobuf.message import DecodeError, Message
from google.rpc.code_pb2 import Code  # type: ignore[import-untyped]  # no py.typed
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo, RetryInfo  # type: ignore[import-untyped]  # no py.typed
from google.rpc.status_pb2 import Status  # type: ignore[import-untyped]  # no py.typed

from zerokerf.errors import (
    DOMAIN,
    InternalError,
    InvalidParams,
    Kind,
    RateLimited,
    ServiceUnreachable,
    Unauthenticated,
    ZerokerfError,
)

DETAILS_KEY = "grpc-status-details-bin"

# A status travels in HTTP/2 trailers, which peers begin to refuse at 8 KiB; base64 makes it a third larger.
_MAX_TEXT_BYTES = 500
_MAX_STATUS_BYTES = 4000

_BROKEN = frozenset(
    {
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        grpc.StatusCode.CANCELLED,
        grpc.StatusCode.ABORTED,
    }
)

# Reported as INTERNAL: a proxy that died in mid-stream, and a write that failed as the call ended.
_BROKEN_SIGNS = ("RST_STREAM", "Internal error from Core")


def to_status(error: ZerokerfError) -> Status:
    """The wire form: a code to branch on, a sentence to read, facts to log. Always fits into trailers."""
    facts = {name: _clip(value) for name, value in error.facts.items()}
    info = ErrorInfo(reason=error.reason, domain=DOMAIN, metadata=facts)
    status = Status(code=Code.Value(error.kind.name), message=_clip(str(error)), details=[_packed(info)])
    if isinstance(error, RateLimited):
        status.details.append(_packed(_retry_info(error)))
    if isinstance(error, InvalidParams) and error.violations:
        status.details.append(_packed(_bad_request(error.violations, _MAX_STATUS_BYTES - status.ByteSize())))
    return status


def from_rpc_error(error: grpc.aio.AioRpcError) -> ZerokerfError:
    """The error that the server reported, or, if the call never got an answer of ours, what that means."""
    status = _status_of(error)
    return from_status(status) or _without_info(error)


def from_status(status: Status) -> ZerokerfError | None:
    """Rebuild a typed error with the server's sentence, facts and violations. None if it is not ours."""
    info, bad_request = ErrorInfo(), BadRequest()
    for detail in status.details:
        _unpack(detail, info)
        _unpack(detail, bad_request)
    if info.domain != DOMAIN or not info.reason:
        return None
    violations = {violation.field: violation.description for violation in bad_request.field_violations}
    return _rebuilt(info.reason, _kind_of(status.code), status.message, dict(info.metadata), violations)


def class_of(reason: str) -> type[ZerokerfError] | None:
    """The class whose reason this is."""
    return _BY_REASON.get(reason)


def rebuilt(
    reason: str, sentence: str, facts: dict[str, str], violations: dict[str, str]
) -> ZerokerfError | None:
    """An error that crossed another wire than gRPC's. None for a reason that is not in the catalogue."""
    cls = class_of(reason)
    return _rebuilt(reason, cls.kind, sentence, facts, violations) if cls else None


def _rebuilt(
    reason: str, kind: Kind, sentence: str, facts: dict[str, str], violations: dict[str, str]
) -> ZerokerfError:
    cls = class_of(reason) or (InvalidParams if violations else ZerokerfError)
    # A class's own __init__ takes the values of its sentence, which are not all known here.
    error = cls.__new__(cls)
    ZerokerfError.__init__(error, sentence)
    error.facts = facts
    error.kind, error.reason = kind, reason
    if isinstance(error, InvalidParams):
        error.violations = violations
    return error


def _without_info(error: grpc.aio.AioRpcError) -> ZerokerfError:
    details = error.details() or ""
    if error.code() in _BROKEN or any(sign in details for sign in _BROKEN_SIGNS):
        return ServiceUnreachable()
    if error.code() is grpc.StatusCode.UNAUTHENTICATED:
        return Unauthenticated()
    return InternalError()


def _status_of(error: grpc.aio.AioRpcError) -> Status:
    for key, value in error.trailing_metadata() or ():
        if key == DETAILS_KEY and isinstance(value, bytes):
            try:
                return Status.FromString(value)
            except DecodeError:
                break
    return Status()


def _unpack(detail: Any, into: Message) -> None:
    try:
        detail.Unpack(into)
    except DecodeError:
        into.Clear()


def _kind_of(code: int) -> Kind:
    name = Code.Name(code) if code in Code.values() else ""
    return Kind(name) if name in Kind.__members__ else Kind.INTERNAL


def _packed(message: Message) -> Any:
    packed = Any()
    packed.Pack(message)
    return packed


def _retry_info(error: RateLimited) -> RetryInfo:
    info = RetryInfo()
    info.retry_delay.FromSeconds(error.retry_after_s)
    return info


def _bad_request(violations: Mapping[str, str], budget_bytes: int) -> BadRequest:
    request = BadRequest()
    for field, description in violations.items():
        request.field_violations.add(field=_clip(field), description=_clip(description))
        if request.ByteSize() > budget_bytes:
            request.field_violations.pop()
            break
    return request


def _clip(text: str) -> str:
    raw = text.encode(errors="replace")
    if len(raw) <= _MAX_TEXT_BYTES:
        return raw.decode()
    return raw[: _MAX_TEXT_BYTES - 3].decode(errors="ignore") + "…"


def _descendants(cls: type[ZerokerfError]) -> Iterator[type[ZerokerfError]]:
    for child in cls.__subclasses__():
        yield child
        yield from _descendants(child)


def _by_reason() -> dict[str, type[ZerokerfError]]:
    table: dict[str, type[ZerokerfError]] = {}
    for cls in _descendants(ZerokerfError):
        table.setdefault(cls.reason, cls)
    return table


_BY_REASON: Mapping[str, type[ZerokerfError]] = _by_reason()
