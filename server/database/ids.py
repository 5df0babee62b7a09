"""Ids of records: a prefix that says what it is, and 20 characters that nobody can guess."""

import re
import secrets
import string
from enum import StrEnum

_ALPHABET = string.digits + string.ascii_lowercase
_LENGTH = 20
_SHAPE = re.compile(r"[a-z]+_[0-9a-z]{20}")
_SHOWN_CHARACTERS = 64


class Prefix(StrEnum):
    JOB = "job_"
    UPLOAD = "upl_"
    API_KEY = "key_"
    ACCOUNT = "acc_"
    DELIVERY = "dlv_"
    EXPORT = "exp_"


def new_id(prefix: Prefix) -> str:
    return prefix + "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))


def is_id(prefix: Prefix, text: str) -> bool:
    """Whether a stranger's text can be an id at all; what is not, must not reach a query."""
    return text.startswith(prefix) and _SHAPE.fullmatch(text) is not None


def shown(text: str) -> str:
    """A stranger's id, short enough to be repeated in an answer."""
    return text if len(text) <= _SHOWN_CHARACTERS else text[:_SHOWN_CHARACTERS] + "…"
