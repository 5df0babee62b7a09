"""Refusals of the gateway's own: a request that no call was made for is known and counted like any other."""

import grpc
from fastapi import Request, Response

from gateway.backend import Backend, caller_with
from gateway.dialects import dialect_of
from zerokerf.errors import Unauthenticated
from zerokerf.v1 import account_service_pb2 as pb

_APIS = ("/api/v1/", "/v1/")
#: What is wrong with the caller is told before what is wrong with the request.
_OF_CALLERS = frozenset({grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.RESOURCE_EXHAUSTED})


async def once_known(request: Request, refusal: Response) -> Response:
    """The refusal, unless the server refuses the caller. Where it does not say, the refusal stays true."""
    if request.state.calls or not request.url.path.startswith(_APIS):
        return refusal
    backend: Backend = request.state.backend
    dialect = dialect_of(request.scope)
    try:
        caller = caller_with(backend, dialect.secret_of(request.headers))
        await backend.accounts.CheckCaller(
            pb.CheckCallerRequest(), metadata=caller.metadata, timeout=caller.timeout_s
        )
    except Unauthenticated:
        return refusal
    except grpc.aio.AioRpcError as error:
        return dialect.answer_of_call(error) if error.code() in _OF_CALLERS else refusal
    return refusal
