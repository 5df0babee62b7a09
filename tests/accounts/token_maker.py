"""An identity provider's keys and tokens, good ones and forged ones."""

import json
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm, RSAAlgorithm
from jwt.utils import base64url_encode

from server.accounts.tokens import TokenRules

RULES = TokenRules(audience="zerokerf", issuer="https://login.example")

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


@cache
def rsa_key(number: int = 0, bits: int = 2048) -> rsa.RSAPrivateKey:
    """Slow to make, so each is made once. The number tells them apart."""
    return rsa.generate_private_key(65537, bits)


@cache
def ec_key(number: int = 0) -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def pem(key: PrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def jwk(key: PrivateKey, **more: object) -> dict[str, Any]:
    public = key.public_key()
    if isinstance(public, rsa.RSAPublicKey):
        return {**RSAAlgorithm.to_jwk(public, as_dict=True), **more}
    return {**ECAlgorithm.to_jwk(public, as_dict=True), **more}


def claims(**changes: object) -> dict[str, Any]:
    """Those of a good token; None leaves one out."""
    good = {
        "iss": RULES.issuer,
        "aud": RULES.audience,
        "sub": "acc_a",
        "exp": datetime.now(UTC) + timedelta(minutes=5),
    }
    return {name: value for name, value in {**good, **changes}.items() if value is not None}


def token(key: PrivateKey, headers: dict[str, Any] | None = None, **changes: object) -> str:
    algorithm = "RS256" if isinstance(key, rsa.RSAPrivateKey) else "ES256"
    return jwt.encode(claims(**changes), key, algorithm=algorithm, headers=headers)


def assembled(header: object, payload: object, signature: bytes = b"x") -> str:
    """A token of whatever parts, which no library would make."""
    parts = [header if isinstance(header, bytes) else json.dumps(header).encode()]
    parts += [payload if isinstance(payload, bytes) else json.dumps(payload).encode(), signature]
    return b".".join(base64url_encode(part) for part in parts).decode()
