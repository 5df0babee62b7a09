"""Secrets of keys: how they are made, and what is kept and shown of them."""

import hashlib
import secrets
import string

LIVE = "as_live_sk_"
TEST = "as_test_sk_"
#: As documented. 43 of them are 256 random bits.
_ALPHABET = string.ascii_letters + string.digits
_RANDOM_CHARACTERS = 43
_SHOWN = 3
#: Of shorter secrets, what is shown would be too much of them.
_SHORTEST_SHOWN = 16


def new_secret(*, is_test: bool) -> str:
    random = "".join(secrets.choice(_ALPHABET) for _ in range(_RANDOM_CHARACTERS))
    return (TEST if is_test else LIVE) + random


def hash_of(secret: str) -> str:
    """A fast hash is right here: keys are 256 random bits, so there is nothing to guess slowly.

    Slow hashes protect what people choose; here they would only let strangers keep the service busy.
    """
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def preview_of(secret: str) -> str:
    """Enough for people to tell their keys apart, such as as_live_sk_a1B...x9Z."""
    prefix = next((prefix for prefix in (LIVE, TEST) if secret.startswith(prefix)), "")
    random = secret.removeprefix(prefix)
    if len(random) < _SHORTEST_SHOWN:
        return f"{prefix}..."
    return f"{prefix}{random[:_SHOWN]}...{random[-_SHOWN:]}"
