"""The billing endpoints: what the plan allows and what was used. Nothing here takes payments."""

from typing import Annotated, NoReturn

from fastapi import Query, Response
from fastapi.responses import JSONResponse
from typing_extensions import TypedDict

from gateway.backend import AnyCaller, Caller
from gateway.splits.answers import timestamp
from zerokerf.errors import NotOffered
from zerokerf.v1 import account_service_pb2 as pb
from zerokerf.v1.account_pb2 import Account, Plan, Usage

_MINUTE_MS = 60_000


class AccountPlanJson(TypedDict):
    """A limit that the plan does not have is null."""

    id: str
    name: str
    monthlyMinutes: int | None
    maxFileSize: int | None
    pricePerMonth: int
    currency: str


class BillingJson(TypedDict):
    """Subscriptions and payment methods need a card processor, so these are always null."""

    plan: AccountPlanJson
    subscription: None
    paymentMethod: None


class PeriodJson(TypedDict):
    start: str
    end: str


class UsageJson(TypedDict):
    """`minutesIncluded` is null in a plan without a limit."""

    minutesProcessed: int
    minutesIncluded: int | None
    minutesOverage: int
    jobsCompleted: int
    jobsFailed: int
    storageUsedBytes: int


class CostJson(TypedDict):
    """In cents."""

    basePlan: int
    overage: int
    total: int
    currency: str


class UsageAnswerJson(TypedDict):
    period: PeriodJson
    usage: UsageJson
    cost: CostJson


Period = Annotated[str, Query(min_length=1, description="`current`, `previous` or a month as `2026-05`.")]


async def get_billing(caller: AnyCaller) -> Response:
    plan = (await _account(caller)).plan
    return JSONResponse(BillingJson(plan=plan_json(plan), subscription=None, paymentMethod=None))


async def get_usage(caller: AnyCaller, period: Period = "current") -> Response:
    answer = await caller.backend.accounts.GetUsage(
        pb.GetUsageRequest(period=period), metadata=caller.metadata, timeout=caller.timeout_s
    )
    return JSONResponse(usage_json(answer.usage))


async def list_invoices(caller: AnyCaller) -> Response:
    await _refuse(caller, "A list of invoices")


async def subscribe(caller: AnyCaller) -> Response:
    await _refuse(caller, "A subscription")


async def cancel_subscription(caller: AnyCaller) -> Response:
    await _refuse(caller, "The end of a subscription")


async def change_plan(caller: AnyCaller) -> Response:
    await _refuse(caller, "A change of the plan")


def plan_json(plan: Plan) -> AccountPlanJson:
    return AccountPlanJson(
        id=plan.id,
        name=plan.name,
        monthlyMinutes=plan.minutes_per_month or None,
        maxFileSize=plan.max_source_bytes or None,
        pricePerMonth=plan.price_per_month,
        currency=plan.currency,
    )


def usage_json(used: Usage) -> UsageAnswerJson:
    plan = used.plan
    minutes = -(-used.audio_milliseconds // _MINUTE_MS)
    beyond = max(0, minutes - plan.minutes_per_month) if plan.minutes_per_month else 0
    overage = beyond * plan.overage_per_minute
    return UsageAnswerJson(
        period=PeriodJson(start=timestamp(used.start_time), end=timestamp(used.end_time)),
        usage=UsageJson(
            minutesProcessed=minutes,
            minutesIncluded=plan.minutes_per_month or None,
            minutesOverage=beyond,
            jobsCompleted=used.jobs_completed,
            jobsFailed=used.jobs_failed,
            storageUsedBytes=used.stored_bytes,
        ),
        cost=CostJson(
            basePlan=plan.price_per_month,
            overage=overage,
            total=plan.price_per_month + overage,
            currency=plan.currency,
        ),
    )


async def _account(caller: Caller) -> Account:
    answer = await caller.backend.accounts.GetAccount(
        pb.GetAccountRequest(), metadata=caller.metadata, timeout=caller.timeout_s
    )
    return answer.account


async def _refuse(caller: Caller, what: str) -> NoReturn:
    """Whoever may not see the account is told so first."""
    await _account(caller)
    raise NotOffered(what)
