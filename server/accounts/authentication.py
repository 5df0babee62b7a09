"""Who calls: the one whose API key or token came with the call."""

from server.accounts.api_keys import ApiKeys
from server.accounts.model import Caller
from server.accounts.tokens import Tokens, looks_like_token


class Authentication:
    """Two ways to be known. What has the shape of a token is one, all else is a key."""

    def __init__(self, keys: ApiKeys, tokens: Tokens) -> None:
        self._keys = keys
        self._tokens = tokens

    async def authenticate(self, secret: str) -> Caller:
        """Raises Unauthenticated, KeyRevoked or TokenExpired."""
        way = self._tokens if looks_like_token(secret) else self._keys
        return await way.authenticate(secret)

    def forget(self, secret_hash: str) -> None:
        """That key has ended: here it does so at once, and not within a second as elsewhere."""
        self._keys.forget(secret_hash)
