"""Who may call a service in memory, and how it refuses."""

from typing import Any, NoReturn

import grpc
from grpc_status import rpc_status

from zerokerf.errors import Unauthenticated, ZerokerfError
from zerokerf.status import to_status

KEY = "as_test_sk_4Bq9"

Context = grpc.aio.ServicerContext[Any, Any]


async def admit(context: Context, fails_with: Exception | None) -> None:
    """Refuses callers without the key, and all of them for the given reason, if there is one."""
    if ("x-api-key", KEY) not in (context.invocation_metadata() or ()):
        await fail(context, Unauthenticated())
    if isinstance(fails_with, ZerokerfError):
        await fail(context, fails_with)
    if fails_with is not None:
        raise fails_with


async def fail(context: Context, error: ZerokerfError) -> NoReturn:
    await context.abort_with_status(rpc_status.to_status(to_status(error)))
    raise AssertionError
