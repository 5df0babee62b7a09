"""The addresses of split jobs, and of the uploads that they may begin with."""

from fastapi import FastAPI

from gateway import docs, uploads
from gateway.splits import events, jobs, plans


def add_split_routes(app: FastAPI) -> None:
    split, one = "/api/v1/splits", "/api/v1/splits/{jobId}"
    app.add_api_route(split, jobs.create_split, methods=["POST"], **docs.CREATE_SPLIT)
    app.add_api_route(split, jobs.list_splits, methods=["GET"], **docs.LIST_SPLITS)
    app.add_api_route(f"{split}/plan", plans.plan_split, methods=["POST"], **docs.PLAN_SPLIT)
    app.add_api_route(one, jobs.get_split, methods=["GET"], **docs.GET_SPLIT)
    app.add_api_route(one, jobs.delete_split, methods=["DELETE"], **docs.DELETE_SPLIT)
    app.add_api_route(f"{one}/manifest", jobs.get_manifest, methods=["GET"], **docs.GET_MANIFEST)
    app.add_api_route(f"{one}/cancel", jobs.cancel_split, methods=["POST"], **docs.CANCEL_SPLIT)
    app.add_api_route(f"{one}/events", events.watch_split, methods=["GET"], **docs.WATCH_SPLIT)
    app.add_api_route("/api/v1/uploads", uploads.create_upload, methods=["POST"], **docs.CREATE_UPLOAD)
