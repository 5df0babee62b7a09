"""The bodies of requests about an account: its keys, its archive, its end, its webhooks."""

import re
from datetime import UTC, datetime
from typing import Annotated, Literal

from google.protobuf.timestamp_pb2 import Timestamp
from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from gateway.bodies import Body

#: Times without a zone mean something else to everybody, and a key must not live longer than was meant.
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d([.,]\d{1,9})?)?(Z|[+-]\d\d:?\d\d)", re.ASCII)
_NOT_A_MOMENT = "Must be an ISO 8601 time with its zone, such as 2026-05-02T08:15:00Z."

ScopeName = Literal["splits:read", "splits:write", "batch:read", "batch:write", "keys:manage"]


def _moment(text: object) -> object:
    if not isinstance(text, str) or not _MOMENT.fullmatch(text):
        raise ValueError(_NOT_A_MOMENT)
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ValueError(_NOT_A_MOMENT) from error


def _some(scopes: list[ScopeName]) -> list[ScopeName]:
    if not scopes:
        raise ValueError("Must name at least one scope.")
    return scopes


Moment = Annotated[
    datetime, BeforeValidator(_moment), WithJsonSchema({"type": "string", "format": "date-time"})
]
Scopes = Annotated[list[ScopeName], AfterValidator(_some)]


class CreateKeyBody(Body):
    """Asks for an API key."""

    name: str = Field(min_length=1, description="Up to 100 characters, for people.")
    scopes: Scopes | None = Field(None, description="What the key may do. Everything when absent.")
    expiresAt: Moment | None = Field(None, description="Never when absent.")  # noqa: N815 - JSON
    environment: Literal["live", "test"] | None = Field(
        None, description="`test` makes a key whose jobs count for nothing. `live` when absent."
    )


class UpdateKeyBody(Body):
    """Changes what is given and leaves the rest."""

    name: str | None = Field(None, min_length=1, description="Up to 100 characters.")
    scopes: Scopes | None = Field(None, description="In place of all scopes.")
    expiresAt: Moment | None = Field(None, description="`null` for a key that never expires.")  # noqa: N815 - JSON


class ExportBody(Body):
    """Asks for an archive of all that the account has here."""

    format: Literal["json", "csv"] | None = Field(None, description="`json` when absent.")
    webhookUrl: str | None = Field(None, description="An https URL, told when the archive is there.")  # noqa: N815 - JSON


class DeleteAccountBody(Body):
    """Confirms the end of the account."""

    confirmation: str = Field(description="Exactly `DELETE MY ACCOUNT`.")


class EndpointBody(Body):
    """Names an address that webhooks go to."""

    url: str = Field(description="As it was given with jobs.")


class RotateSecretBody(Body):
    """How to change the secret that signs webhooks."""

    endPreviousNow: bool | None = Field(  # noqa: N815 - JSON
        None, description="`true` for a secret that has become known: it does not sign for 24 hours more."
    )


def proto_time(moment: datetime | None) -> Timestamp | None:
    if moment is None:
        return None
    time = Timestamp()
    time.FromDatetime(moment)
    return time
