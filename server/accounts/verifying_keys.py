"""Public keys that tokens are checked with, as providers write them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from jwt import PyJWK, PyJWTError

from server.accounts.tokens import Algorithm, VerifyingKey
from zerokerf.errors import ConfigError

_SHORTEST_RSA_BITS = 2048


def verifying_key(key: object, key_id: str | None = None) -> VerifyingKey | None:
    """None for kinds of keys that no algorithm of ours takes, and for those that are too short."""
    if isinstance(key, RSAPublicKey) and key.key_size >= _SHORTEST_RSA_BITS:
        return VerifyingKey("RS256", key, key_id)
    if isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP256R1):
        return VerifyingKey("ES256", key, key_id)
    return None


def keys_of_set(document: object) -> tuple[VerifyingKey, ...]:
    """The usable keys of a JSON Web Key Set; others are passed over. Raises ValueError for what is none."""
    listed = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(listed, list):
        raise ValueError("not a JSON Web Key Set")  # noqa: TRY004  the document is wrong, not the call
    keys = (_key_of(entry) for entry in listed if isinstance(entry, dict))
    return tuple(key for key in keys if key is not None)


def _key_of(entry: dict[str, Any]) -> VerifyingKey | None:
    key_id = entry.get("kid")
    if entry.get("kty") not in ("RSA", "EC") or entry.get("use", "sig") != "sig":
        return None
    if key_id is not None and not isinstance(key_id, str):
        return None
    try:
        key = verifying_key(PyJWK(entry).key, key_id)
    except (PyJWTError, UnsupportedAlgorithm, ValueError, TypeError, KeyError):
        return None
    return key if key is not None and entry.get("alg", key.algorithm) == key.algorithm else None


def read_public_key(path: Path) -> VerifyingKey:
    """Raises ConfigError."""
    try:
        key = verifying_key(load_pem_public_key(path.read_bytes()))
    except (OSError, ValueError, UnsupportedAlgorithm) as error:
        raise ConfigError(f"ZEROKERF_JWT_PUBLIC_KEY_FILE {path} holds no readable PEM public key.") from error
    if key is None:
        raise ConfigError(
            f"The key in {path} must be RSA of {_SHORTEST_RSA_BITS} bits or more, or of the curve P-256."
        )
    return key


def one_of(keys: Sequence[VerifyingKey], key_id: str | None, algorithm: Algorithm) -> VerifyingKey | None:
    """None unless exactly one fits: where no name is given there must be no choice."""
    fitting = [key for key in keys if key.algorithm == algorithm and key_id in (None, key.id)]
    return fitting[0] if len(fitting) == 1 else None


class OneKey:
    """A single key, whatever tokens call it."""

    def __init__(self, only: VerifyingKey) -> None:
        self.only = only

    async def find(self, key_id: str | None, algorithm: Algorithm) -> VerifyingKey | None:  # noqa: ARG002  the only key needs no name
        return self.only if self.only.algorithm == algorithm else None
