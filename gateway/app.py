"""Builds the gateway: every route, what it answers, and how errors leave it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from gateway import docs, health
from gateway.access import Access
from gateway.account.routes import add_account_routes
from gateway.backend import Backend, connected
from gateway.batch.routes import add_batch_routes
from gateway.config import GatewayConfig
from gateway.dialects import dialect_of
from gateway.files import FileRoutes
from gateway.refusals import once_known
from gateway.splits.routes import add_split_routes
from zerokerf.errors import InvalidParams, ZerokerfError


def create_app(config: GatewayConfig, draining: asyncio.Event | None = None) -> FastAPI:
    """Connects when it starts and disconnects when it stops. Setting `draining` ends its endless answers."""
    stop = draining or asyncio.Event()

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[dict[str, Backend]]:
        async with connected(config, stop) as backend:
            yield {"backend": backend}

    app = FastAPI(lifespan=lifespan, redirect_slashes=False, **docs.about(config.public_url))
    app.add_middleware(Access, observer=config.observer, tracer=config.tracer)
    _add_errors(app)
    add_split_routes(app)
    add_account_routes(app)
    add_batch_routes(app)
    _add_plumbing(app)
    if config.files is not None:
        _add_files(app, FileRoutes(config, config.files))
    docs.add_description(app)
    return app


def _add_plumbing(app: FastAPI) -> None:
    app.add_api_route("/healthz", health.alive, methods=["GET"], **docs.HEALTHZ)
    app.add_api_route("/readyz", health.ready, methods=["GET"], **docs.READYZ)


def _add_files(app: FastAPI, routes: FileRoutes) -> None:
    path = "/files/{key:path}"
    app.add_api_route(path, routes.download, methods=["GET", "HEAD"], include_in_schema=False)
    app.add_api_route(path, routes.upload, methods=["PUT"], include_in_schema=False)


def _add_errors(app: FastAPI) -> None:
    app.add_exception_handler(ZerokerfError, _on_our_error)
    app.add_exception_handler(grpc.aio.AioRpcError, _on_call_error)
    app.add_exception_handler(RequestValidationError, _on_bad_parameter)
    app.add_exception_handler(HTTPException, _on_http_error)


async def _on_our_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, ZerokerfError)  # noqa: S101 - the framework's signature is wider than its promise
    return await once_known(request, dialect_of(request.scope).answer_of(error))


async def _on_call_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, grpc.aio.AioRpcError)  # noqa: S101 - as above
    return dialect_of(request.scope).answer_of_call(error)


async def _on_bad_parameter(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - as above
    mistakes = {str(mistake["loc"][-1]): f"{mistake['msg']}." for mistake in error.errors()}
    return await once_known(request, dialect_of(request.scope).answer_of(InvalidParams(mistakes)))


async def _on_http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - as above
    return await once_known(request, dialect_of(request.scope).answer_of_refusal(error, request.method))
