"""Every row of the documented table of endpoints, walked by a client that knows nothing else."""

import subprocess
import sys
import uuid
from pathlib import Path

from tests.end_to_end.service import Service
from tests.end_to_end.tenants import new_tenant
from tests.services.web import Site, whole

SCRIPT = Path(__file__).with_name("accounts_contract_client.py")
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


async def test_every_row_of_the_documentation_answers_as_documented(
    service: Service, urls: dict[str, str], site: Site
) -> None:
    tenant = await new_tenant(service, "plan_pro")
    hook = site.add(f"/{uuid.uuid4().hex}/hook", whole(b"thanks"))
    arguments = [service.deployment.rest_url, tenant.key, tenant.token, urls["take.wav"], hook]

    walked = subprocess.run(
        [sys.executable, "-I", str(SCRIPT), *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert walked.returncode == 0, walked.stderr
    said = [line.partition(" ") for line in walked.stdout.splitlines()]
    assert {value for kind, _, value in said if kind == "row"} == ROWS
    assert len(ROWS) == 18
