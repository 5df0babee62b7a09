"""Who calls: the one whose API key or token came with the call."""

from typing import Protocol

from server.accounts.model import Caller
from server.accounts.tokens import looks_like_token


class Way(Protocol):
    async def authenticate(self, secret: str) -> Caller:
        """Raises Unauthenticated or one of its kinds."""
        ...


class Authentication:
    """Two ways to be known. What has the shape of a token is one, all else is a key."""

    def __init__(self, keys: Way, tokens: Way) -> None:
        self._keys = keys
        self._tokens = tokens

    async def authenticate(self, secret: str) -> Caller:
        """Raises Unauthenticated, KeyRevoked or TokenExpired."""
        way = self._tokens if looks_like_token(secret) else self._keys
        return await way.authenticate(secret)
