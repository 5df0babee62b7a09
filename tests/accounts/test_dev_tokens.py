"""Without an identity provider the service vouches for itself, and only then."""

import asyncio
import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from server.accounts.dev_tokens import FILE, development_key, issue_token
from server.accounts.token_keys import open_token_keys
from server.accounts.tokens import TokenRules, Tokens
from server.database.open import Database
from tests.accounts.tenants import PLANS, make_account
from tests.accounts.token_maker import ec_key, pem
from zerokerf.errors import ConfigError, TokenExpired, Unauthenticated

RULES = TokenRules("zerokerf")
HOUR = timedelta(hours=1)


async def tokens_of(database: Database, data_dir: Path, provider: Path | None = None) -> Tokens:
    keys = await asyncio.to_thread(open_token_keys, None, provider, data_dir)
    return Tokens(database, PLANS, keys, RULES)


async def test_an_issued_token_is_accepted(database: Database, tmp_path: Path) -> None:
    await make_account(database, "acc_a")
    tokens = await tokens_of(database, tmp_path)

    issued = issue_token(development_key(tmp_path), RULES, "acc_a", HOUR)

    assert (await tokens.authenticate(issued)).account_id == "acc_a"


async def test_an_issued_token_fits_the_rules_that_are_configured(database: Database, tmp_path: Path) -> None:
    await make_account(database, "acc_a")
    rules = TokenRules("another", "https://login.example", "account")
    keys = await asyncio.to_thread(open_token_keys, None, None, tmp_path)

    issued = issue_token(development_key(tmp_path), rules, "acc_a", HOUR)

    assert await Tokens(database, PLANS, keys, rules).authenticate(issued)
    with pytest.raises(Unauthenticated):
        await Tokens(database, PLANS, keys, RULES).authenticate(issued)


async def test_an_issued_token_ends(database: Database, tmp_path: Path) -> None:
    await make_account(database, "acc_a")
    tokens = await tokens_of(database, tmp_path)

    with pytest.raises(TokenExpired):
        await tokens.authenticate(issue_token(development_key(tmp_path), RULES, "acc_a", -HOUR))


async def test_with_a_provider_the_own_key_counts_for_nothing(database: Database, tmp_path: Path) -> None:
    await make_account(database, "acc_a")
    issued = issue_token(development_key(tmp_path), RULES, "acc_a", HOUR)
    provider = tmp_path / "provider.pem"
    provider.write_bytes(pem(ec_key()))

    with pytest.raises(Unauthenticated):
        await (await tokens_of(database, tmp_path, provider)).authenticate(issued)


def test_the_key_is_made_once_and_readable_by_its_owner_only(tmp_path: Path) -> None:
    folder = tmp_path / "data"

    with ThreadPoolExecutor(8) as threads:
        keys = list(threads.map(development_key, [folder] * 8))

    assert len({key.private_numbers().private_value for key in keys}) == 1
    assert [file.name for file in folder.iterdir()] == [FILE]
    assert stat.S_IMODE((folder / FILE).stat().st_mode) == 0o600


@pytest.mark.parametrize("content", [b"", b"not a key", pem(ec_key())], ids=["empty", "text", "public"])
def test_a_damaged_key_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)

    with pytest.raises(ConfigError, match=FILE):
        development_key(tmp_path)
