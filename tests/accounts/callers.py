"""Callers with plans as tests need them."""

from server.accounts.model import ALL_SCOPES, Caller, Plan


def caller(
    *,
    per_minute: int | None = 3,
    key_id: str | None = "key_a",
    account_id: str = "acc_a",
    minutes: int | None = None,
    overage: int | None = None,
) -> Caller:
    plan = Plan(
        "plan_x",
        "X",
        requests_per_minute=per_minute,
        minutes_per_month=minutes,
        overage_per_minute=overage,
    )
    return Caller(account_id, plan, ALL_SCOPES, key_id)
