"""Reads a JSON object from a request, strictly: what JSON leaves open or Python forgives is refused."""

import asyncio
import json
from collections import Counter
from decimal import Decimal, InvalidOperation
from typing import NoReturn

from fastapi import Request
from starlette.datastructures import Headers

from zerokerf.errors import FileTooLarge, InvalidParams

JsonObject = dict[str, object]


class BodyTooLarge(FileTooLarge):
    """The contract has one code for 413; the sentence says that it is the request's own body here."""

    def __init__(self, limit_bytes: int) -> None:
        super().__init__(limit_bytes)
        self.sentence = f"The request body is larger than {limit_bytes} bytes."


def refuse(sentence: str) -> NoReturn:
    raise InvalidParams({"body": sentence})


async def json_object(request: Request, limit_bytes: int, time_limit_s: float) -> JsonObject:
    """Raises InvalidParams for anything but one well-formed JSON object in UTF-8."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        refuse("The request must have the header Content-Type: application/json.")
    return parse_object(await read_body(request, limit_bytes, time_limit_s))


def has_body(headers: Headers) -> bool:
    return "transfer-encoding" in headers or headers.get("content-length", "0") != "0"


async def read_body(request: Request, limit_bytes: int, time_limit_s: float) -> bytes:
    if int(request.headers.get("content-length", "0")) > limit_bytes:
        raise BodyTooLarge(limit_bytes)
    body = bytearray()
    try:
        async with asyncio.timeout(time_limit_s):
            async for chunk in request.stream():
                body += chunk
                if len(body) > limit_bytes:
                    raise BodyTooLarge(limit_bytes)
    except TimeoutError:
        refuse(f"The request body did not arrive within {time_limit_s:g} s.")
    return bytes(body)


def parse_object(body: bytes, what: str = "The request body") -> JsonObject:
    """Raises InvalidParams; its sentence says what is no object."""
    try:
        text = body.decode()
        value = json.loads(text, object_pairs_hook=_unique, parse_float=_decimal, parse_constant=_no_constant)
        # Escapes such as \ud800 alone are valid JSON but no text that can be stored or sent.
        json.dumps(value, ensure_ascii=False, default=str).encode()
    except UnicodeError:
        refuse(f"{what} is not valid UTF-8 text.")
    except (ValueError, RecursionError):
        refuse(f"{what} is not valid JSON.")
    if not isinstance(value, dict):
        refuse(f"{what} must be a JSON object.")
    return value


def _unique(pairs: list[tuple[str, object]]) -> JsonObject:
    names = dict(pairs)
    if len(names) < len(pairs):
        repeated = Counter(name for name, _ in pairs).most_common(1)[0][0]
        raise InvalidParams({repeated: "This field is given twice."})
    return names


def _decimal(text: str) -> Decimal:
    """A number as it is written. Exponents beyond all use become 0 or infinite."""
    try:
        return Decimal(text)
    except InvalidOperation:
        return Decimal(float(text))


def _no_constant(name: str) -> NoReturn:
    raise InvalidParams({"body": f"{name} is not a JSON number."})
