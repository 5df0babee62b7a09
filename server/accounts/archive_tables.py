"""What goes into an account's archive: columns named one by one, so that no secret slips in."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, ColumnElement, Table, select

from server.database.tables import (
    accounts,
    api_keys,
    jobs,
    split_segments,
    uploads,
    usage_records,
    webhook_deliveries,
)


@dataclass(frozen=True, slots=True)
class Archived:
    """One file of the archive. `order` is unique, and among the columns."""

    name: str
    columns: tuple[Column[Any], ...]
    order: tuple[Column[Any], ...]
    #: Says which rows are those of the account with that id.
    are_of: Callable[[str], ColumnElement[bool]]


def _of(
    name: str,
    table: Table,
    columns: str,
    are_of: Callable[[str], ColumnElement[bool]] | None = None,
    *,
    order: str = "id",
) -> Archived:
    def have_its_id(account_id: str) -> ColumnElement[bool]:
        return table.c.account_id == account_id

    named = tuple(table.c[each] for each in columns.split())
    return Archived(name, named, tuple(table.c[each] for each in order.split()), are_of or have_its_id)


def _is(account_id: str) -> ColumnElement[bool]:
    return accounts.c.id == account_id


def _are_of_its_jobs(account_id: str) -> ColumnElement[bool]:
    return split_segments.c.job_id.in_(select(jobs.c.id).where(jobs.c.account_id == account_id))


ARCHIVED = (
    _of("account", accounts, "id name plan created_at closed_at", _is),
    _of(
        "api_keys",
        api_keys,
        "id name preview scopes is_test use_count last_used_at created_at updated_at rotated_at expires_at"
        " revoked_at",
    ),
    _of(
        "jobs",
        jobs,
        "id kind public_id state request source output_format outcome failure notes terms stored_bytes"
        " created_at started_at ended_at deleted_at files_expire_at files_removed_at",
    ),
    _of(
        "segments",
        split_segments,
        "job_id index first_sample sample_count size_bytes sha256 reason title shifted_samples"
        " overlap_samples transcripts",
        _are_of_its_jobs,
        order="job_id index",
    ),
    _of("usage", usage_records, "job_id kind state audio_ms ended_at", order="job_id"),
    _of("uploads", uploads, "id declared committed_size complete created_at"),
    _of(
        "webhook_deliveries",
        webhook_deliveries,
        "id job_id url event detail state attempts next_attempt_at created_at ended_at",
    ),
)
