"""What operators do on the machine of the service: straight on its records, without a caller."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

from server.accounts.account_records import AccountRecords
from server.accounts.bootstrap import ACCOUNT_ID
from server.accounts.dev_tokens import development_key, issue_token
from server.accounts.operators import Operators
from server.accounts.plans import Plans, read_plans
from server.accounts.tokens import TokenRules
from server.database.migrate import migrate
from server.database.open import Database, open_database
from server.logs import configure_logs
from server.settings import Settings
from zerokerf.errors import ConfigError, InvalidParams, Unauthenticated


@asynccontextmanager
async def open_operators(settings: Settings) -> AsyncIterator[Operators]:
    """Raises ConfigError where no service has kept records."""
    async with _open_records(settings) as (database, plans):
        yield Operators(database, plans)


async def development_token(settings: Settings, account_id: str, lives: timedelta) -> str:
    """For the first account unless another is named. Raises ConfigError where a provider makes the tokens."""
    if settings.jwt_jwks_url is not None or settings.jwt_public_key_file is not None:
        raise ConfigError(
            "This service takes tokens of an identity provider only: get one there. It is configured by "
            "ZEROKERF_JWT_JWKS_URL or ZEROKERF_JWT_PUBLIC_KEY_FILE."
        )
    async with _open_records(settings) as (database, plans):
        await _check_account(AccountRecords(database, plans), account_id or ACCOUNT_ID)
    key = await asyncio.to_thread(development_key, settings.data_dir)
    rules = TokenRules(settings.jwt_audience, settings.jwt_issuer, settings.jwt_account_claim)
    return issue_token(key, rules, account_id or ACCOUNT_ID, lives)


@asynccontextmanager
async def _open_records(settings: Settings) -> AsyncIterator[tuple[Database, Plans]]:
    configure_logs(settings.log_level, "console")
    plans = await asyncio.to_thread(read_plans, settings.plans_file, settings.default_plan)
    if settings.database_url is None:
        await asyncio.to_thread(_check_file, Path(settings.database.removeprefix("sqlite:///")))
    async with open_database(settings.database) as database:
        await migrate(database)
        yield database, plans


def _check_file(path: Path) -> None:
    # Opening it would make it, and a mistyped folder would become a service without accounts.
    if not path.is_file():
        raise ConfigError(
            f"No service keeps its records in {path.parent}: say where with --data-dir or --database-url, "
            "or start it with 'zerokerf serve'."
        )


async def _check_account(accounts: AccountRecords, account_id: str) -> None:
    try:
        account = await accounts.get(account_id)
    except Unauthenticated:
        raise InvalidParams({"account": f"There is no account {account_id!r}."}) from None
    if account.closed_at is not None:
        raise InvalidParams({"account": f"The account {account_id!r} is closed."})
