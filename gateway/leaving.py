"""Work that only its client waits for: it stops as soon as the client is gone."""

import asyncio
from typing import TypeVar

import grpc
from fastapi import Request
from starlette.requests import ClientDisconnect

Asked = TypeVar("Asked")
Answered = TypeVar("Answered")


async def unless_client_leaves(request: Request, call: grpc.aio.UnaryUnaryCall[Asked, Answered]) -> Answered:
    """The answer of the call, which is cancelled when the client leaves. The request's body must be read.

    Raises ClientDisconnect, and what the call raises.
    """
    answering = asyncio.create_task(_answer(call), name="answer")
    leaving = asyncio.create_task(_left(request), name="client")
    try:
        await asyncio.wait({answering, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if not answering.done():
            raise ClientDisconnect
        return answering.result()
    finally:
        answering.cancel()
        leaving.cancel()
        await asyncio.gather(answering, leaving, return_exceptions=True)


async def _answer(call: grpc.aio.UnaryUnaryCall[Asked, Answered]) -> Answered:
    try:
        return await call
    finally:
        call.cancel()


async def _left(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
