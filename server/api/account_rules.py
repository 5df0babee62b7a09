"""What requests about keys and accounts must look like."""

from collections.abc import Sequence
from datetime import UTC, datetime

from google.protobuf.timestamp_pb2 import Timestamp

from server.accounts.key_creation import KeyWish
from server.accounts.key_records import KeyChanges
from server.accounts.model import ALL_SCOPES, Scope
from server.api.account_parts import Format
from server.api.validation import check_request_id
from zerokerf.errors import InvalidParams
from zerokerf.v1 import account_pb2, account_service_pb2

MAX_NAME = 100
CONFIRMATION = "DELETE MY ACCOUNT"
FORMATS: dict["account_pb2.AccountExport.Format.ValueType", Format] = {
    account_pb2.AccountExport.FORMAT_UNSPECIFIED: "json",
    account_pb2.AccountExport.FORMAT_JSON: "json",
    account_pb2.AccountExport.FORMAT_CSV: "csv",
}


def key_wish(request: account_service_pb2.CreateApiKeyRequest, now: datetime) -> KeyWish:
    """Raises InvalidParams, naming the field."""
    check_request_id(request.request_id)
    return KeyWish(
        name=_name(request.name),
        scopes=_scopes(request.scopes) if request.scopes else ALL_SCOPES,
        expires_at=_expiry(request.expire_time, now) if request.HasField("expire_time") else None,
        is_test=request.test,
    )


def key_changes(request: account_service_pb2.UpdateApiKeyRequest, now: datetime) -> KeyChanges:
    """Raises InvalidParams, naming the field."""
    return KeyChanges(
        name=_name(request.name) if request.HasField("name") else None,
        scopes=_scopes(request.scopes.scopes) if request.HasField("scopes") else None,
        expires_at=_expiry(request.expire_time, now) if request.HasField("expire_time") else None,
        never_expires=request.never_expires,
    )


def export_format(value: "account_pb2.AccountExport.Format.ValueType") -> Format:
    if value not in FORMATS:
        raise InvalidParams({"format": f"{value} is not a format."})
    return FORMATS[value]


def check_confirmation(text: str) -> None:
    if text != CONFIRMATION:
        raise InvalidParams({"confirmation": f"To delete the account, send exactly {CONFIRMATION!r}."})


def _name(name: str) -> str:
    # Printable alone: a name that is written into a header or a log must not begin another line.
    if not name.strip() or len(name) > MAX_NAME or not name.isprintable():
        raise InvalidParams({"name": f"A name has 1 to {MAX_NAME} printable characters."})
    return name


def _scopes(names: Sequence[str]) -> frozenset[Scope]:
    known = {scope.value for scope in Scope}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise InvalidParams(
            {"scopes": f"{unknown[0][:60]!r} is not a scope; there are {', '.join(sorted(known))}."}
        )
    if not names:
        raise InvalidParams({"scopes": "A key has one scope at least."})
    return frozenset(Scope(name) for name in names)


def _expiry(moment: Timestamp, now: datetime) -> datetime:
    try:
        expires_at = moment.ToDatetime(UTC)
    except (ValueError, OverflowError):
        raise InvalidParams({"expire_time": "This is not a time."}) from None
    if expires_at <= now:
        raise InvalidParams({"expire_time": "A key can expire in the future only."})
    return expires_at
