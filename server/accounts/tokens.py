"""Tokens of people: who they are is vouched for by an identity provider, and checked on every call."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from sqlalchemy import select

from server.accounts.model import Caller, Scope
from server.accounts.plans import Plans
from server.accounts.remembered import Remembered
from server.database.open import Database
from server.database.tables import accounts
from zerokerf.errors import TokenExpired, Unauthenticated

#: Signatures that only the holder of a private key can make: never "none", never a shared secret.
Algorithm = Literal["RS256", "ES256"]
ALGORITHMS: tuple[Algorithm, ...] = ("RS256", "ES256")
MAX_TOKEN = 12 * 2**10
LEEWAY_S = 30.0
#: An account that is closed is known for at most this long.
REMEMBERED_S = 1.0
MOST_REMEMBERED = 10_000

_SHAPE = re.compile(r"[\w-]+\.[\w-]+\.[\w-]*", re.ASCII)
_ACCOUNT_ID = re.compile(r"[\w-]{1,64}", re.ASCII)
_NOT_VALID = "The token is not valid; get a new one."


@dataclass(frozen=True, slots=True)
class TokenRules:
    """What a token must say. `account_claim` holds the id of the account that its bearer acts for."""

    audience: str
    issuer: str | None = None
    account_claim: str = "sub"


@dataclass(frozen=True, slots=True)
class VerifyingKey:
    """Fits one algorithm only, so that no token chooses how it is checked."""

    algorithm: Algorithm
    key: RSAPublicKey | EllipticCurvePublicKey
    #: None where a provider gives its only key no name.
    id: str | None = None


class VerifyingKeys(Protocol):
    async def find(self, key_id: str | None, algorithm: Algorithm) -> VerifyingKey | None:
        """None if there is no such key. Raises Unavailable if that cannot be known now."""
        ...


def looks_like_token(secret: str) -> bool:
    return _SHAPE.fullmatch(secret) is not None


class Tokens:
    """Their bearers may manage keys and accounts, and nothing else. Shared by many tasks at once."""

    def __init__(
        self,
        database: Database,
        plans: Plans,
        keys: VerifyingKeys,
        rules: TokenRules,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._plans = plans
        self._keys = keys
        self._rules = rules
        self._monotonic = monotonic
        self._callers: Remembered[Caller] = Remembered(MOST_REMEMBERED, REMEMBERED_S, monotonic)

    async def authenticate(self, token: str) -> Caller:
        """Raises Unauthenticated, or TokenExpired for a token that was good."""
        if len(token) > MAX_TOKEN:
            raise Unauthenticated(_NOT_VALID)
        key = await self._key_of(token)
        account_id = _claims(token, key, self._rules).get(self._rules.account_claim)
        if not isinstance(account_id, str) or not _ACCOUNT_ID.fullmatch(account_id):
            raise Unauthenticated(_NOT_VALID)
        return self._callers.get(account_id) or await self._look_up(account_id)

    async def _key_of(self, token: str) -> VerifyingKey:
        header = _header(token)
        for algorithm in ALGORITHMS:
            if header.get("alg") == algorithm:
                key = await self._keys.find(header.get("kid"), algorithm)
                if key is not None:
                    return key
        raise Unauthenticated(_NOT_VALID)

    async def _look_up(self, account_id: str) -> Caller:
        asked_at = self._monotonic()
        open_one = accounts.c.id == account_id, accounts.c.closed_at.is_(None)
        async with self._database.reading() as connection:
            row = (await connection.execute(select(accounts.c.plan).where(*open_one))).one_or_none()
        if row is None:
            raise Unauthenticated("The token is of no account here, or of one that is closed.")
        caller = Caller(account_id, self._plans.of(row.plan), frozenset({Scope.KEYS_MANAGE}))
        self._callers.put(account_id, caller, asked_at)
        return caller


def _header(token: str) -> dict[str, Any]:
    try:
        return jwt.get_unverified_header(token)
    except (jwt.PyJWTError, ValueError, RecursionError):
        raise Unauthenticated(_NOT_VALID) from None


def _claims(token: str, key: VerifyingKey, rules: TokenRules) -> dict[str, Any]:
    try:
        return jwt.decode(
            token,
            key.key,
            algorithms=[key.algorithm],
            audience=rules.audience,
            issuer=rules.issuer,
            leeway=LEEWAY_S,
            options={"require": ["exp", "aud", *(["iss"] if rules.issuer is not None else [])]},
        )
    except jwt.ExpiredSignatureError:
        raise TokenExpired from None
    except (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError):
        raise Unauthenticated(_NOT_VALID) from None
