"""Accounts of one test each, with a plan, a key and a token."""

import uuid
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import update

from server.accounts.dev_tokens import development_key, issue_token
from server.accounts.tokens import TokenRules
from server.database.open import open_database
from server.database.tables import accounts, api_keys
from tests.end_to_end.service import Rest, Service

RULES = TokenRules("zerokerf")


@dataclass(frozen=True)
class Tenant:
    service: Service
    account_id: str
    key: str

    @property
    def rest(self) -> Rest:
        return Rest(self.service.http, self.key)

    @property
    def token(self) -> str:
        """As `zerokerf token` issues it."""
        key = development_key(self.service.deployment.data_dir)
        return issue_token(key, RULES, self.account_id, timedelta(hours=1))


async def new_tenant(service: Service, plan: str | None = None, *, is_test: bool = False) -> Tenant:
    name = f"tenant{uuid.uuid4().hex[:10]}"
    key = await service.add_account(name)
    async with open_database(service.database_url) as database, database.writing() as connection:
        await connection.execute(update(accounts).where(accounts.c.id == f"acc_{name}").values(plan=plan))
        mine = api_keys.c.account_id == f"acc_{name}"
        await connection.execute(update(api_keys).where(mine).values(is_test=is_test))
    return Tenant(service, f"acc_{name}", key)
