"""What calls about an account are answered from: its usage, its archives, its end."""

from datetime import datetime
from typing import Literal, Protocol

from server.accounts.model import Plan

Format = Literal["json", "csv"]


class UsageValue(Protocol):
    """What an account used in one month."""

    @property
    def start(self) -> datetime:
        """The first instant of the month, UTC."""
        ...

    @property
    def end(self) -> datetime:
        """The first instant of the next month."""
        ...

    @property
    def audio_ms(self) -> int: ...

    @property
    def jobs_completed(self) -> int: ...

    @property
    def jobs_failed(self) -> int: ...

    @property
    def stored_bytes(self) -> int: ...


class UsageReader(Protocol):
    async def of(self, account_id: str, plan: Plan, period: str) -> UsageValue:
        """Of the period "current", "previous" or a month as "2026-05". Raises InvalidParams for others."""
        ...


class ExportValue(Protocol):
    """One archive of an account."""

    @property
    def id(self) -> str: ...

    @property
    def format(self) -> str:
        """json or csv."""
        ...

    @property
    def state(self) -> str:
        """processing, completed or failed."""
        ...

    @property
    def created_at(self) -> datetime: ...

    @property
    def ended_at(self) -> datetime | None: ...

    @property
    def expires_at(self) -> datetime | None: ...

    @property
    def size_bytes(self) -> int | None: ...

    @property
    def estimated_at(self) -> datetime | None:
        """When it should be there, while it is being made."""
        ...

    @property
    def download_url(self) -> str | None: ...

    @property
    def download_expires_at(self) -> datetime | None: ...


class ExportMaker(Protocol):
    async def export(
        self, account_id: str, form: Format, webhook_url: str | None, request_id: str | None, /
    ) -> ExportValue:
        """Begins an archive. Raises IdempotencyConflict if the request id stands for another request."""
        ...

    async def get_export(self, account_id: str, export_id: str) -> ExportValue:
        """With a fresh link. Raises ExportNotFound, also for archives of others."""
        ...


class AccountCloser(Protocol):
    async def close(self, account_id: str) -> datetime:
        """Ends the account at once. Returns when its last records go; the same if it is called again."""
        ...
