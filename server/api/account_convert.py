"""Accounts, keys and what belongs to them as messages."""

from server.accounts.account_records import Account
from server.accounts.model import ApiKey, Plan
from server.api.account_parts import ExportValue, UsageValue
from server.api.message_parts import timestamp
from zerokerf.v1 import account_pb2

_FORMATS: dict[str, "account_pb2.AccountExport.Format.ValueType"] = {
    "json": account_pb2.AccountExport.FORMAT_JSON,
    "csv": account_pb2.AccountExport.FORMAT_CSV,
}
_STATES: dict[str, "account_pb2.AccountExport.State.ValueType"] = {
    "processing": account_pb2.AccountExport.STATE_PROCESSING,
    "completed": account_pb2.AccountExport.STATE_COMPLETED,
    "failed": account_pb2.AccountExport.STATE_FAILED,
}
_HOUR_S = 3600


def key_message(key: ApiKey) -> account_pb2.ApiKey:
    return account_pb2.ApiKey(
        id=key.id,
        name=key.name,
        preview=key.preview,
        scopes=sorted(key.scopes),
        create_time=timestamp(key.created_at),
        expire_time=timestamp(key.expires_at),
        last_use_time=timestamp(key.last_used_at),
        use_count=key.use_count,
        test=key.is_test,
        update_time=timestamp(key.updated_at),
        rotate_time=timestamp(key.rotated_at),
    )


def account_message(account: Account) -> account_pb2.Account:
    return account_pb2.Account(
        id=account.id,
        display_name=account.name,
        create_time=timestamp(account.created_at),
        plan=plan_message(account.plan),
    )


def plan_message(plan: Plan) -> account_pb2.Plan:
    return account_pb2.Plan(
        id=plan.id,
        name=plan.name,
        requests_per_minute=plan.requests_per_minute or 0,
        concurrent_jobs=plan.concurrent_jobs or 0,
        minutes_per_month=plan.minutes_per_month or 0,
        max_source_bytes=plan.max_source_bytes or 0,
        retention_seconds=(plan.retention_hours or 0) * _HOUR_S,
        api_keys=plan.api_keys or 0,
        price_per_month=plan.price_per_month,
        overage_per_minute=plan.overage_per_minute,
        currency=plan.currency,
    )


def usage_message(usage: UsageValue, plan: Plan) -> account_pb2.Usage:
    return account_pb2.Usage(
        start_time=timestamp(usage.start),
        end_time=timestamp(usage.end),
        audio_milliseconds=usage.audio_ms,
        jobs_completed=usage.jobs_completed,
        jobs_failed=usage.jobs_failed,
        stored_bytes=usage.stored_bytes,
        plan=plan_message(plan),
    )


def export_message(export: ExportValue) -> account_pb2.AccountExport:
    return account_pb2.AccountExport(
        id=export.id,
        format=_FORMATS[export.format],
        state=_STATES[export.state],
        create_time=timestamp(export.created_at),
        end_time=timestamp(export.ended_at),
        expire_time=timestamp(export.expires_at),
        download_url=export.download_url or "",
        download_expire_time=timestamp(export.download_expires_at),
        size=export.size_bytes or 0,
        estimate_time=timestamp(export.estimated_at),
    )
