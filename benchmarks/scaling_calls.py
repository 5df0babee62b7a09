"""A bare server that echoes, and a client that calls as fast as it can; each a process of its own.

`echo` serves until it is told to stop and says its port first. `call` makes calls of one method for some
seconds, for each job named one at a time, and says how many were answered.
"""

import asyncio
import json
import sys
import time

import grpc

from zerokerf.channel import open_channel
from zerokerf.v1.split_service_pb2 import GetSplitRequest, GetSplitResponse

ECHO = "/echo.Echo/Get"


async def _echo() -> None:
    """Answers as the call does that it is compared with: always the same."""
    response = GetSplitResponse.FromString(bytes.fromhex(sys.argv[2]))

    async def get(_request: GetSplitRequest, _context: object) -> GetSplitResponse:
        return response

    handler = grpc.unary_unary_rpc_method_handler(
        get,
        request_deserializer=GetSplitRequest.FromString,
        response_serializer=GetSplitResponse.SerializeToString,
    )
    server = grpc.aio.server()
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("echo.Echo", {"Get": handler}),))
    print(server.add_insecure_port("127.0.0.1:0"), flush=True)
    await server.start()
    await server.wait_for_termination()


async def _call() -> None:
    address, method, api_key, seconds, job_ids = json.loads(sys.stdin.readline())
    async with open_channel(address, None) as channel:
        get = channel.unary_unary(
            method,
            request_serializer=GetSplitRequest.SerializeToString,
            response_deserializer=GetSplitResponse.FromString,
        )
        end_s = time.monotonic() + seconds

        async def calls(job_id: str) -> int:
            answered = 0
            while time.monotonic() < end_s:
                await get(GetSplitRequest(id=job_id), metadata=(("x-api-key", api_key),))
                answered += 1
            return answered

        print(sum(await asyncio.gather(*map(calls, job_ids))), flush=True)


if __name__ == "__main__":
    asyncio.run({"echo": _echo, "call": _call}[sys.argv[1]]())
