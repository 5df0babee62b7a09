"""The plan, what was used of it, and the calls that would need a card processor."""

from typing import Any

import httpx
import pytest

from tests.gateway.account.memory_accounts import PRO, READING_KEY, MemoryAccounts
from tests.gateway.jobs import at
from zerokerf.v1.account_pb2 import Plan, Usage

pytestmark = pytest.mark.asyncio(loop_scope="session")

BILLING = "/api/v1/billing"
UNLIMITED = Plan(id="unlimited", name="Unlimited", currency="usd")


def usage(plan: Plan, audio_ms: int) -> Usage:
    return Usage(
        start_time=at("2026-05-01T00:00:00Z"),
        end_time=at("2026-06-01T00:00:00Z"),
        audio_milliseconds=audio_ms,
        jobs_completed=342,
        jobs_failed=4,
        stored_bytes=104857600,
        plan=plan,
    )


async def test_the_plan_is_the_documented_answer(manager: httpx.AsyncClient) -> None:
    answer = await manager.get(BILLING)

    assert answer.status_code == 200
    assert answer.json() == {
        "plan": {
            "id": "plan_pro",
            "name": "Pro",
            "monthlyMinutes": 5000,
            "maxFileSize": 2147483648,
            "pricePerMonth": 4900,
            "currency": "usd",
        },
        "subscription": None,
        "paymentMethod": None,
    }


async def test_limits_that_a_plan_does_not_have_are_null(
    manager: httpx.AsyncClient, accounts: MemoryAccounts
) -> None:
    accounts.plan = UNLIMITED

    plan = (await manager.get(BILLING)).json()["plan"]

    assert (plan["monthlyMinutes"], plan["maxFileSize"], plan["pricePerMonth"]) == (None, None, 0)


async def test_usage_is_the_documented_answer(manager: httpx.AsyncClient, accounts: MemoryAccounts) -> None:
    accounts.usage = usage(PRO, 5119 * 60_000 + 1)

    answer = await manager.get(f"{BILLING}/usage")

    expected: dict[str, dict[str, Any]] = {
        "period": {"start": "2026-05-01T00:00:00Z", "end": "2026-06-01T00:00:00Z"},
        "usage": {
            "minutesProcessed": 5120,
            "minutesIncluded": 5000,
            "minutesOverage": 120,
            "jobsCompleted": 342,
            "jobsFailed": 4,
            "storageUsedBytes": 104857600,
        },
        "cost": {"basePlan": 4900, "overage": 120, "total": 5020, "currency": "usd"},
    }
    assert (answer.status_code, answer.json()) == (200, expected)
    assert [list(part) for part in answer.json().values()] == [list(part) for part in expected.values()]


@pytest.mark.parametrize(
    ("audio_ms", "minutes"), [(0, 0), (1, 1), (60_000, 1), (60_001, 2), (300_000_000, 5000)]
)
async def test_minutes_are_rounded_up_once(
    manager: httpx.AsyncClient, accounts: MemoryAccounts, audio_ms: int, minutes: int
) -> None:
    accounts.usage = usage(PRO, audio_ms)

    answer = (await manager.get(f"{BILLING}/usage")).json()

    assert (answer["usage"]["minutesProcessed"], answer["usage"]["minutesOverage"]) == (minutes, 0)
    assert answer["cost"]["total"] == 4900


async def test_a_plan_that_refuses_jobs_costs_nothing_more(
    manager: httpx.AsyncClient, accounts: MemoryAccounts
) -> None:
    free = Plan(id="plan_free", name="Free", minutes_per_month=60, currency="usd")
    accounts.usage = usage(free, 75 * 60_000)

    answer = (await manager.get(f"{BILLING}/usage")).json()

    assert answer["usage"]["minutesOverage"] == 15
    assert answer["cost"] == {"basePlan": 0, "overage": 0, "total": 0, "currency": "usd"}


async def test_a_plan_without_a_limit_has_no_overage(
    manager: httpx.AsyncClient, accounts: MemoryAccounts
) -> None:
    accounts.usage = usage(UNLIMITED, 10**12)

    answer = (await manager.get(f"{BILLING}/usage")).json()

    assert (answer["usage"]["minutesIncluded"], answer["usage"]["minutesOverage"]) == (None, 0)


@pytest.mark.parametrize("period", ["current", "previous", "2026-05"])
async def test_the_period_is_passed_on(
    manager: httpx.AsyncClient, accounts: MemoryAccounts, period: str
) -> None:
    assert (await manager.get(f"{BILLING}/usage", params={"period": period})).status_code == 200
    assert accounts.requests[-1].period == period


@pytest.mark.parametrize("period", ["", "last", "2026-13", "2026-5", "05-2026", "%00"])
async def test_what_is_no_period_is_refused(manager: httpx.AsyncClient, period: str) -> None:
    answer = await manager.get(f"{BILLING}/usage", params={"period": period})

    error = answer.json()["error"]
    assert (answer.status_code, error["code"], list(error["details"])) == (400, "INVALID_PARAMS", ["period"])


NOT_OFFERED = [
    ("GET", "invoices"),
    ("POST", "subscribe"),
    ("POST", "cancel"),
    ("POST", "change-plan"),
]


@pytest.mark.parametrize(("method", "call"), NOT_OFFERED)
async def test_what_needs_a_card_processor_is_not_offered(
    manager: httpx.AsyncClient, method: str, call: str
) -> None:
    answer = await manager.request(method, f"{BILLING}/{call}")

    error = answer.json()["error"]
    assert (answer.status_code, error["status"], error["code"]) == (501, 501, "NOT_IMPLEMENTED")
    assert error["message"].endswith("is not offered by this service: it takes no payments.")


@pytest.mark.parametrize(("method", "call"), NOT_OFFERED)
async def test_callers_are_known_before_they_are_told_so(
    anyone: httpx.AsyncClient, method: str, call: str
) -> None:
    nobody = await anyone.request(method, f"{BILLING}/{call}")
    reader = await anyone.request(method, f"{BILLING}/{call}", headers={"X-API-Key": READING_KEY})

    assert (nobody.status_code, reader.status_code) == (401, 403)
