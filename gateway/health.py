"""Whether the gateway is alive, and whether what it depends on is ready."""

import asyncio
from typing import Annotated

import grpc
from fastapi import Depends, Response
from fastapi.responses import JSONResponse
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse

from gateway.backend import Backend, backend_of


async def alive() -> Response:
    return JSONResponse({"status": "ok"})


async def ready(backend: Annotated[Backend, Depends(backend_of)]) -> Response:
    services = backend.config.health_services
    states = await asyncio.gather(*(_check(backend, service) for service in services))
    checks = dict(zip((_name(service) for service in services), states, strict=True))
    is_ready = all(state == "serving" for state in states)
    return JSONResponse(
        {"status": "ready" if is_ready else "not ready", "checks": checks}, 200 if is_ready else 503
    )


async def _check(backend: Backend, service: str) -> str:
    timeout_s = backend.config.probe_timeout_s
    try:
        # The package's stubs list no methods of its client.
        check = backend.health.Check  # type: ignore[attr-defined]
        answer = await check(HealthCheckRequest(service=service), timeout=timeout_s)
    except grpc.aio.AioRpcError as error:
        return "unknown" if error.code() is grpc.StatusCode.NOT_FOUND else "unreachable"
    return str(HealthCheckResponse.ServingStatus.Name(answer.status)).lower()


def _name(service: str) -> str:
    return service.removeprefix("zerokerf.") or "server"
