"""Which of the documented APIs an address belongs to, and how errors are told there."""

from collections.abc import Callable
from dataclasses import dataclass

import grpc
from fastapi import Response
from fastapi.security.utils import get_authorization_scheme_param
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import Scope

from gateway.batch.errors import FIXED, batch_answer_of, batch_answer_of_call, batch_error
from gateway.errors import answer_of, answer_of_call, error_answer
from zerokerf.errors import ZerokerfError


@dataclass(frozen=True, slots=True)
class Dialect:
    answer_of: Callable[[ZerokerfError], Response]
    answer_of_call: Callable[[grpc.aio.AioRpcError], Response]
    #: For what the framework refuses by itself.
    answer_of_refusal: Callable[[HTTPException, str], Response]
    #: The key or the token of a request; empty if it has none.
    secret_of: Callable[[Headers], str]


def dialect_of(scope: Scope) -> Dialect:
    return _BATCH if scope["path"].startswith("/v1/") else _SPLIT


def _split_refusal(error: HTTPException, method: str) -> Response:
    if error.status_code == 405:
        sentence = f"{method} is not possible here."
        return error_answer(405, "METHOD_NOT_ALLOWED", sentence, headers=error.headers)
    return error_answer(error.status_code, "NOT_FOUND", "There is nothing at this address.")


def _batch_refusal(error: HTTPException, _: str) -> Response:
    return batch_error(error.status_code, FIXED.get(error.status_code, error.detail), error.headers)


def _split_secret(headers: Headers) -> str:
    return headers.get("x-api-key") or _bearer(headers)


def _bearer(headers: Headers) -> str:
    scheme, secret = get_authorization_scheme_param(headers.get("authorization"))
    return secret if scheme.lower() == "bearer" else ""


_SPLIT = Dialect(answer_of, answer_of_call, _split_refusal, _split_secret)
_BATCH = Dialect(batch_answer_of, batch_answer_of_call, _batch_refusal, _bearer)
