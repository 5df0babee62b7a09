"""Builds the gateway: every route, what it answers, and how errors leave it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from gateway import (
    batch_creating,
    batch_docs,
    batch_events,
    batch_jobs,
    batch_lists,
    docs,
    events,
    health,
    plans,
    splits,
    uploads,
)
from gateway.access import Access
from gateway.account_routes import add_account_routes
from gateway.backend import Backend, connected
from gateway.config import GatewayConfig
from gateway.dialects import dialect_of
from gateway.files import FileRoutes
from gateway.refusals import once_known
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
    _add_api(app)
    add_account_routes(app)
    _add_batch(app)
    _add_plumbing(app)
    if config.files is not None:
        _add_files(app, FileRoutes(config, config.files))
    docs.add_description(app)
    return app


def _add_api(app: FastAPI) -> None:
    split, one = "/api/v1/splits", "/api/v1/splits/{jobId}"
    app.add_api_route(split, splits.create_split, methods=["POST"], **docs.CREATE_SPLIT)
    app.add_api_route(split, splits.list_splits, methods=["GET"], **docs.LIST_SPLITS)
    app.add_api_route(f"{split}/plan", plans.plan_split, methods=["POST"], **docs.PLAN_SPLIT)
    app.add_api_route(one, splits.get_split, methods=["GET"], **docs.GET_SPLIT)
    app.add_api_route(one, splits.delete_split, methods=["DELETE"], **docs.DELETE_SPLIT)
    app.add_api_route(f"{one}/manifest", splits.get_manifest, methods=["GET"], **docs.GET_MANIFEST)
    app.add_api_route(f"{one}/cancel", splits.cancel_split, methods=["POST"], **docs.CANCEL_SPLIT)
    app.add_api_route(f"{one}/events", events.watch_split, methods=["GET"], **docs.WATCH_SPLIT)
    app.add_api_route("/api/v1/uploads", uploads.create_upload, methods=["POST"], **docs.CREATE_UPLOAD)


def _add_batch(app: FastAPI) -> None:
    jobs, one = "/v1/batch/jobs", "/v1/batch/jobs/{jobId}"
    app.add_api_route(jobs, batch_creating.create_job, methods=["POST"], **batch_docs.CREATE_JOB)
    app.add_api_route(jobs, batch_lists.list_jobs, methods=["GET"], **batch_docs.LIST_JOBS)
    app.add_api_route(one, batch_jobs.get_job, methods=["GET"], **batch_docs.GET_JOB)
    app.add_api_route(one, batch_jobs.delete_job, methods=["DELETE"], **batch_docs.DELETE_JOB)
    app.add_api_route(f"{one}/files", batch_jobs.list_files, methods=["GET"], **batch_docs.LIST_FILES)
    app.add_api_route(f"{one}/cancel", batch_jobs.cancel_job, methods=["POST"], **batch_docs.CANCEL_JOB)
    app.add_api_route(f"{one}/events", batch_events.watch_job, methods=["GET"], **batch_docs.WATCH_JOB)
    app.add_api_route("/v1/batch/models", batch_jobs.list_models, methods=["GET"], **batch_docs.LIST_MODELS)


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
