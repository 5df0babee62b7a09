"""What people and scripts read of keys and of what an account used."""

from collections.abc import Iterable
from pathlib import Path

from zerokerf.cli.quantities import format_size
from zerokerf.cli.splits.documents import time_text
from zerokerf.cli.splits.modes import Document
from zerokerf.cli.splits.reports import format_time, open_table
from zerokerf.cli.terminal import console, printable, put
from zerokerf.enum_words import enum_word
from zerokerf.v1.account_pb2 import Account, AccountExport, ApiKey, Plan, Usage

_HOUR_S = 3600


def put_keys(keys: Iterable[ApiKey]) -> None:
    table = open_table("id", "name", "key", "scopes", "uses", "last used", "expires", right=0)
    for key in keys:
        table.add_row(
            key.id,
            printable(key.name),
            printable(key.preview),
            " ".join(key.scopes),
            str(key.use_count),
            format_time(key.last_use_time),
            format_time(key.expire_time),
        )
    console().print(table)


def put_key(key: ApiKey) -> None:
    put(f"{key.id}: {key.name}, a {'test' if key.test else 'live'} key, {key.preview}")
    put(f"May use {', '.join(key.scopes) or 'nothing'}")
    last = f", last {format_time(key.last_use_time)}" if key.HasField("last_use_time") else ""
    put(f"Created {format_time(key.create_time)}, uses: {key.use_count}{last}")
    if key.HasField("rotate_time"):
        put(f"Renewed {format_time(key.rotate_time)}")
    put(f"Expires {format_time(key.expire_time)}" if key.HasField("expire_time") else "Never expires")


def key_document(key: ApiKey, secret: str | None = None) -> Document:
    """With its secret where that is shown."""
    document: Document = {
        "id": key.id,
        "name": key.name,
        "preview": key.preview,
        "scopes": list(key.scopes),
        "test": key.test,
        "use_count": key.use_count,
        "created": time_text(key, "create_time"),
        "expires": time_text(key, "expire_time"),
        "last_used": time_text(key, "last_use_time"),
        "updated": time_text(key, "update_time"),
        "rotated": time_text(key, "rotate_time"),
    }
    return document if secret is None else document | {"secret": secret}


def put_usage(usage: Usage) -> None:
    plan = usage.plan
    included = f" of {plan.minutes_per_month}" if plan.minutes_per_month else ""
    minutes = f"{usage.audio_milliseconds / 60_000:.1f}"
    put(f"{usage.start_time.ToDatetime():%Y-%m}: minutes of recordings: {minutes}{included}")
    put(f"Jobs completed: {usage.jobs_completed}, failed: {usage.jobs_failed}")
    put(f"Stored now: {format_size(usage.stored_bytes)}")
    put(f"Plan {plan.name} ({plan.id}): {_plan_words(plan)}")


def usage_document(usage: Usage) -> Document:
    return {
        "start": time_text(usage, "start_time"),
        "end": time_text(usage, "end_time"),
        "audio_s": usage.audio_milliseconds / 1000,
        "jobs_completed": usage.jobs_completed,
        "jobs_failed": usage.jobs_failed,
        "stored_bytes": usage.stored_bytes,
        "plan": _plan_document(usage.plan),
    }


def put_account(account: Account) -> None:
    put(f"{account.id}: {account.display_name}, created {format_time(account.create_time)}")
    put(f"Plan {account.plan.name} ({account.plan.id}): {_plan_words(account.plan)}")


def account_document(account: Account) -> Document:
    return {
        "id": account.id,
        "name": account.display_name,
        "created": time_text(account, "create_time"),
        "plan": _plan_document(account.plan),
    }


def export_document(export: AccountExport, path: Path | None) -> Document:
    """With the path where it is saved."""
    return {
        "id": export.id,
        "format": enum_word(AccountExport.Format, "format", export.format),
        "state": enum_word(AccountExport.State, "state", export.state),
        "size_bytes": export.size or None,
        "created": time_text(export, "create_time"),
        "ended": time_text(export, "end_time"),
        "kept_until": time_text(export, "expire_time"),
        "path": str(path) if path else None,
    }


def _plan_document(plan: Plan) -> Document:
    """A limit that is null is none."""
    return {
        "id": plan.id,
        "name": plan.name,
        "requests_per_minute": plan.requests_per_minute or None,
        "concurrent_jobs": plan.concurrent_jobs or None,
        "minutes_per_month": plan.minutes_per_month or None,
        "max_source_bytes": plan.max_source_bytes or None,
        "retention_s": plan.retention_seconds or None,
        "api_keys": plan.api_keys or None,
        "price_per_month_cents": plan.price_per_month,
        "overage_per_minute_cents": plan.overage_per_minute if plan.HasField("overage_per_minute") else None,
        "currency": plan.currency,
    }


def _plan_words(plan: Plan) -> str:
    limits = {
        "requests a minute": plan.requests_per_minute,
        "jobs at once": plan.concurrent_jobs,
        "keys": plan.api_keys,
        "hours that files are kept": plan.retention_seconds // _HOUR_S,
    }
    words = [f"{what}: {limit}" for what, limit in limits.items() if limit]
    if plan.max_source_bytes:
        words.append(f"sources of up to {format_size(plan.max_source_bytes)}")
    return ", ".join(words) or "no limits"
