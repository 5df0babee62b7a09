"""Every row of the documented table of endpoints, walked by a client that knows nothing else."""

import asyncio
import subprocess
import sys
import uuid
from pathlib import Path

from tests.end_to_end.service import Service
from tests.end_to_end.tenants import new_tenant
from tests.services.web import Site, whole

ROOT = Path(__file__).parents[2]
CLIENT = "tests.end_to_end.accounts_contract_client"
ROWS = {
    "POST /splits",
    "GET /splits",
    "GET /splits/:jobId",
    "DELETE /splits/:jobId",
    "POST /api-keys",
    "GET /api-keys",
    "GET /api-keys/:keyId",
    "PATCH /api-keys/:keyId",
    "DELETE /api-keys/:keyId",
    "POST /api-keys/:keyId/rotate",
    "GET /billing",
    "GET /billing/usage",
    "GET /billing/invoices",
    "POST /billing/subscribe",
    "POST /billing/cancel",
    "POST /billing/change-plan",
    "POST /account/export",
    "DELETE /account",
}
#: Every code of the documented catalogue: where it is met, unless by the client itself.
CODES = {
    "UNAUTHORIZED": CLIENT,
    "TOKEN_EXPIRED": "test_bad_account_calls",
    "KEY_REVOKED": CLIENT,
    "INSUFFICIENT_SCOPE": CLIENT,
    "INVALID_PARAMS": CLIENT,
    "INVALID_FORMAT": CLIENT,
    "INVALID_URL": CLIENT,
    "DURATION_TOO_SHORT": CLIENT,
    "DURATION_TOO_LONG": "test_plans",
    "JOB_NOT_FOUND": CLIENT,
    "JOB_ALREADY_PROCESSING": "test_jobs",
    "DOWNLOAD_EXPIRED": "test_account_life",
    "QUOTA_EXCEEDED": "test_limits",
    "FILE_TOO_LARGE": "test_limits",
    "UNSUPPORTED_FORMAT": "test_plans",
    "CORRUPT_FILE": "test_bad_sources",
    "DOWNLOAD_FAILED": "test_webhook_receivers",
    "NOT_FOUND": CLIENT,
    "RATE_LIMITED": "test_limits",
}
#: Said of a job that broke for reasons of the service's own, which no client can bring about.
OF_ACCIDENTS = {"JOB_FAILED"}
#: Nothing here takes payments, so nobody has a subscription or an unpaid invoice.
OF_PAYMENTS = {"PAYMENT_REQUIRED", "PLAN_NOT_FOUND", "ALREADY_SUBSCRIBED", "ACTIVE_SUBSCRIPTION"}


async def test_every_row_of_the_documentation_answers_as_documented(
    service: Service, urls: dict[str, str], site: Site
) -> None:
    tenant = await new_tenant(service, "plan_pro")
    hook = site.add(f"/{uuid.uuid4().hex}/hook", whole(b"thanks"))
    arguments = [service.deployment.rest_url, tenant.key, tenant.token, urls["take.wav"], hook]

    walked = await asyncio.to_thread(_walk, *arguments)

    assert walked.returncode == 0, walked.stderr
    said = [line.partition(" ") for line in walked.stdout.splitlines()]
    assert {value for kind, _, value in said if kind == "row"} == ROWS
    assert len(ROWS) == 18
    met = {value for kind, _, value in said if kind == "code"}
    assert met - {"NOT_IMPLEMENTED"} == {code for code, where in CODES.items() if where == CLIENT}


def _walk(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-S", "-m", CLIENT, *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)


def test_every_documented_code_is_met_somewhere() -> None:
    assert len(CODES.keys() | OF_PAYMENTS | OF_ACCIDENTS) == 24
    for code, where in CODES.items():
        if where != CLIENT:
            text = Path(__file__).with_name(f"{where}.py").read_text()
            assert f'"{code}"' in text, f"{where} meets {code} no more"
