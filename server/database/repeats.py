"""How a repeated request is recognized."""

import hashlib
import json


def request_key(request_id: str | None) -> str | None:
    """A client's request id as a column can hold it: of one length, whatever was sent."""
    return _digest(request_id) if request_id else None


def fingerprint(request: dict[str, object]) -> str:
    """Equal for equal requests. Raises ValueError for numbers that JSON cannot carry."""
    return _digest(json.dumps(request, sort_keys=True, allow_nan=False))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
