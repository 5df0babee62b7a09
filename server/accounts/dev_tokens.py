"""Tokens without an identity provider: signed with a key in the data folder, for development."""

from datetime import timedelta
from pathlib import Path

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from server.accounts.kept_file import kept_once
from server.accounts.tokens import TokenRules, VerifyingKey
from server.database.clock import Clock, utc_now
from zerokerf.errors import ConfigError

FILE = "token.key"
ISSUER = "zerokerf"


def development_key(data_dir: Path) -> EllipticCurvePrivateKey:
    """Made at the first call. Raises ConfigError if the file cannot be made or read."""
    path = data_dir / FILE
    try:
        key = load_pem_private_key(kept_once(path, _new_key), password=None)
    except OSError as error:
        raise ConfigError(f"The key of tokens {path} cannot be read: {error.strerror}.") from error
    except (ValueError, TypeError) as error:
        raise ConfigError(f"The key of tokens {path} is damaged; remove it to have a new one.") from error
    if not isinstance(key, EllipticCurvePrivateKey) or not isinstance(key.curve, SECP256R1):
        raise ConfigError(f"The key of tokens {path} is of another kind; remove it to have a new one.")
    return key


def verifying_half(key: EllipticCurvePrivateKey) -> VerifyingKey:
    return VerifyingKey("ES256", key.public_key())


def issue_token(
    key: EllipticCurvePrivateKey,
    rules: TokenRules,
    account_id: str,
    lives: timedelta,
    clock: Clock = utc_now,
) -> str:
    """A token that this service accepts, as long as no identity provider is configured."""
    now = clock()
    claims = {
        "iss": rules.issuer or ISSUER,
        "aud": rules.audience,
        "iat": now,
        "exp": now + lives,
        rules.account_claim: account_id,
    }
    return jwt.encode(claims, key, algorithm="ES256")


def _new_key() -> bytes:
    return generate_private_key(SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
