"""Whatever the description allows, and much that it does not, is answered as the description says."""

import asyncio
from collections.abc import Callable
from typing import Any

import hypothesis
import pytest
import schemathesis
from hypothesis import HealthCheck
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.gateway.account.memory_accounts import TOKEN, MemoryAccounts
from tests.gateway.account.memory_webhooks import MemoryWebhooks
from tests.gateway.admission import KEY
from tests.gateway.memory_limits import MemoryLimits

pytestmark = pytest.mark.asyncio(loop_scope="session")

EXAMPLES = 30
CHECKS: list[Any] = [
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
]
MANAGED = ("/api/v1/api-keys", "/api/v1/billing", "/api/v1/account", "/api/v1/webhooks")

#: Endless answers, and one that tells of a service whose parts are not in memory.
ELSEWHERE = ("/events", "/readyz")


def headers_of(path: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {TOKEN if path.startswith(MANAGED) else KEY}"}


def ask_for(url: str, batch_url: str) -> Callable[[], int]:
    """How many operations there are. Each is asked for what its description allows, and what it does not."""

    def ask() -> int:
        schema = schemathesis.openapi.from_url(f"{url}/openapi.json")
        operations: list[Any] = [found.ok() for found in schema.get_all_operations()]  # type: ignore[union-attr]  # an Err fails
        asked = [operation for operation in operations if not operation.path.endswith(ELSEWHERE)]
        for operation in asked:
            ask_often(operation, batch_url if operation.path.startswith("/v1/batch") else url)
        return len(asked)

    return ask


def ask_often(operation: Any, url: str) -> None:  # noqa: ANN401  its class has parameters that nobody needs here
    @hypothesis.settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @hypothesis.given(case=hypothesis.strategies.one_of(*strategies(operation)))
    def ask(case: Any) -> None:  # noqa: ANN401  as above
        response = case.call(base_url=url, headers=headers_of(operation.path), timeout=10)
        assert response.status_code < 500 or response.status_code == 501, response.text
        case.validate_response(response, checks=CHECKS)

    ask()


def strategies(operation: Any) -> list[Any]:  # noqa: ANN401  as above
    modes = schemathesis.GenerationMode
    return [operation.as_strategy(generation_mode=mode) for mode in (modes.POSITIVE, modes.NEGATIVE)]


async def test_the_answers_are_those_of_the_description(
    whole_url: str, batch_url: str, accounts: MemoryAccounts, webhooks: MemoryWebhooks, limits: MemoryLimits
) -> None:
    for part in (accounts, webhooks, limits):
        part.reset()

    assert await asyncio.to_thread(ask_for(whole_url, batch_url)) > 30
