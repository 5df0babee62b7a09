"""Tokens are believed only if the provider's key signed exactly what they say."""

import hashlib
import hmac
import time as real_time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from server.accounts.authentication import Authentication
from server.accounts.model import Caller, Scope
from server.accounts.token_keys import open_token_keys
from server.accounts.tokens import TokenRules, Tokens
from server.accounts.verifying_keys import OneKey, verifying_key
from server.database.open import Database
from tests.accounts.tenants import PLANS, SMALL, Time, close_account, keys_at, make_account
from tests.accounts.token_maker import (
    RULES,
    PrivateKey,
    assembled,
    claims,
    ec_key,
    jwk,
    pem,
    rsa_key,
    token,
)
from zerokerf.errors import ConfigError, TokenExpired, Unauthenticated

HMAC = {"HS256": hashlib.sha256, "HS384": hashlib.sha384, "HS512": hashlib.sha512}
NOW = datetime.now(UTC)


def tokens_by(
    database: Database, key: PrivateKey, rules: TokenRules = RULES, time: Time | None = None
) -> Tokens:
    public = verifying_key(key.public_key())
    assert public is not None
    return Tokens(database, PLANS, OneKey(public), rules, (time or Time()).monotonic)


def shared_secret_token(algorithm: str, secret: bytes) -> str:
    """Signed with what everybody may know: a library that lets the token choose would accept it."""
    unsigned = assembled({"alg": algorithm, "typ": "JWT"}, {**claims(), "exp": 2**33}, b"").rstrip(".")
    signature = hmac.digest(secret, unsigned.encode(), HMAC[algorithm])
    return f"{unsigned}.{assembled(signature, b'').split('.')[0]}"


def payload(**changes: object) -> dict[str, Any]:
    return {**claims(**changes), "exp": 2**33}


@pytest.mark.parametrize("key", [rsa_key, ec_key], ids=["RS256", "ES256"])
async def test_a_good_token_speaks_for_the_account_it_names(
    database: Database, key: Callable[[], PrivateKey]
) -> None:
    await make_account(database, "acc_a", SMALL)

    caller = await tokens_by(database, key()).authenticate(token(key()))

    assert caller == Caller("acc_a", SMALL, frozenset({Scope.KEYS_MANAGE}))


async def test_the_account_is_in_the_claim_that_is_configured(database: Database) -> None:
    await make_account(database, "acc_a")
    rules = TokenRules("zerokerf", None, "https://zerokerf.example/account")
    tokens = tokens_by(database, ec_key(), rules)
    named: dict[str, Any] = {"https://zerokerf.example/account": "acc_a"}

    caller = await tokens.authenticate(token(ec_key(), sub="somebody", iss=None, **named))

    assert caller.account_id == "acc_a"
    with pytest.raises(Unauthenticated):
        await tokens.authenticate(token(ec_key(), sub="acc_a"))


@pytest.mark.parametrize(
    "bad",
    [
        lambda: token(rsa_key(1)),
        lambda: token(ec_key()),
        lambda: token(rsa_key(), aud="another"),
        lambda: token(rsa_key(), aud=None),
        lambda: token(rsa_key(), aud=""),
        lambda: token(rsa_key(), iss="https://elsewhere.example"),
        lambda: token(rsa_key(), iss=None),
        lambda: token(rsa_key(), exp=None),
        lambda: token(rsa_key(), nbf=NOW + timedelta(hours=1)),
        lambda: token(rsa_key(), iat=NOW + timedelta(hours=1)),
        lambda: token(rsa_key(), sub=None),
        lambda: token(rsa_key(), sub="acc_b"),
        lambda: token(rsa_key(), sub=""),
        lambda: token(rsa_key(), sub="acc_a\0"),
        lambda: token(rsa_key(), sub="a" * 100),
        lambda: token(rsa_key(), {"crit": ["exp"]}),
        lambda: token(rsa_key(), {"alg": "PS256"}),
        lambda: token(rsa_key(), {"jwk": jwk(rsa_key(1)), "alg": "RS256"})[:-4] + "AAAA",
        lambda: token(rsa_key())[:-4] + "AAAA",
        lambda: token(rsa_key()).rpartition(".")[0] + ".",
        lambda: assembled({"alg": "none"}, payload(), b""),
        lambda: assembled({"alg": "None", "typ": "JWT"}, payload(), b""),
        lambda: assembled({"alg": "NONE"}, payload(), b"x"),
        lambda: assembled({}, payload()),
        lambda: assembled({"alg": None}, payload()),
        lambda: assembled({"alg": ["RS256"]}, payload()),
        lambda: assembled({"alg": "RS256", "kid": 7}, payload()),
        lambda: assembled({"alg": "RS256", "kid": "../../dev/null"}, payload()),
        lambda: assembled({"alg": "RS256"}, b"not json"),
        lambda: assembled({"alg": "RS256"}, []),
        lambda: assembled([], payload()),
        lambda: assembled(b"[" * 6000, b"{}"),
        lambda: assembled(b"\xff\xfe", b"\xff"),
        lambda: assembled({"alg": "RS256"}, {"exp": 10**400}),
        lambda: shared_secret_token("HS256", pem(rsa_key())),
        lambda: shared_secret_token("HS256", pem(rsa_key()).strip()),
        lambda: shared_secret_token("HS512", pem(rsa_key())),
        lambda: shared_secret_token("HS256", b""),
        lambda: "a.b.c",
        lambda: "..",
        lambda: "eyJ.eyJ.",
        lambda: f"{'x' * 20_000}.x.x",
        lambda: token(rsa_key()) + ".x",
        lambda: token(rsa_key()) + "é",
    ],
)
async def test_a_token_that_is_not_as_it_must_be_is_turned_away(
    database: Database, bad: Callable[[], str]
) -> None:
    await make_account(database, "acc_a")
    time = Time()
    door = Authentication(keys_at(database, time), tokens_by(database, rsa_key()))

    with pytest.raises(Unauthenticated) as raised:
        await door.authenticate(bad())

    assert raised.value.reason == "UNAUTHORIZED"


@pytest.mark.parametrize("exp", ["soon", 1e400, -(10**30), [], True, {"a": 1}])
async def test_a_token_whose_expiry_is_no_time_is_turned_away(database: Database, exp: object) -> None:
    await make_account(database, "acc_a")

    with pytest.raises(Unauthenticated):
        await tokens_by(database, ec_key()).authenticate(token(ec_key(), exp=exp))


async def test_a_token_that_has_expired_is_told_so(database: Database) -> None:
    await make_account(database, "acc_a")

    with pytest.raises(TokenExpired):
        await tokens_by(database, ec_key()).authenticate(token(ec_key(), exp=NOW - timedelta(minutes=5)))


async def test_an_expired_token_of_a_stranger_is_not_told_that_it_was_good(database: Database) -> None:
    with pytest.raises(Unauthenticated) as raised:
        await tokens_by(database, ec_key()).authenticate(token(ec_key(1), exp=NOW - timedelta(minutes=5)))

    assert raised.type is Unauthenticated


async def test_clocks_may_differ_by_some_seconds(database: Database) -> None:
    await make_account(database, "acc_a")
    tokens = tokens_by(database, ec_key())

    assert await tokens.authenticate(token(ec_key(), exp=int(real_time.time()) - 15))
    assert await tokens.authenticate(token(ec_key(), iat=int(real_time.time()) + 15))


async def test_the_token_of_a_closed_account_stops_working_within_a_second(database: Database) -> None:
    await make_account(database, "acc_a")
    time = Time()
    tokens = tokens_by(database, ec_key(), time=time)
    good = token(ec_key())
    await tokens.authenticate(good)

    await close_account(database, "acc_a")
    time.pass_(timedelta(seconds=1))

    with pytest.raises(Unauthenticated, match="closed"):
        await tokens.authenticate(good)


async def test_a_key_is_no_token_whatever_dots_it_has(database: Database) -> None:
    door = Authentication(keys_at(database, Time()), tokens_by(database, ec_key()))

    for secret in ("as_live_sk_x", "a.b", "a.b.c.d", "a. b.c"):
        with pytest.raises(Unauthenticated, match="API key"):
            await door.authenticate(secret)


def test_a_public_key_is_read_from_its_file(tmp_path: Path) -> None:
    file = tmp_path / "provider.pem"

    for key, algorithm in ((rsa_key(), "RS256"), (ec_key(), "ES256")):
        file.write_bytes(pem(key))
        keys = open_token_keys(None, file, tmp_path)
        assert isinstance(keys, OneKey)
        assert keys.only.algorithm == algorithm
    assert not (tmp_path / "token.key").exists()


@pytest.mark.parametrize(
    "content", [None, b"", b"x", pem(rsa_key(bits=1024))], ids=["missing", "empty", "no PEM", "too short"]
)
def test_a_file_without_a_usable_key_is_a_mistake_of_the_settings(
    tmp_path: Path, content: bytes | None
) -> None:
    file = tmp_path / "provider.pem"
    if content is not None:
        file.write_bytes(content)

    with pytest.raises(ConfigError):
        open_token_keys(None, file, tmp_path)


def test_a_provider_is_configured_in_one_way(tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        open_token_keys("https://login.example/jwks", tmp_path / "provider.pem", tmp_path)
