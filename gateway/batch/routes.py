"""The addresses of transcription jobs."""

from fastapi import FastAPI

from gateway.batch import creating, docs, events, jobs, lists


def add_batch_routes(app: FastAPI) -> None:
    path, one = "/v1/batch/jobs", "/v1/batch/jobs/{jobId}"
    app.add_api_route(path, creating.create_job, methods=["POST"], **docs.CREATE_JOB)
    app.add_api_route(path, lists.list_jobs, methods=["GET"], **docs.LIST_JOBS)
    app.add_api_route(one, jobs.get_job, methods=["GET"], **docs.GET_JOB)
    app.add_api_route(one, jobs.delete_job, methods=["DELETE"], **docs.DELETE_JOB)
    app.add_api_route(f"{one}/files", jobs.list_files, methods=["GET"], **docs.LIST_FILES)
    app.add_api_route(f"{one}/cancel", jobs.cancel_job, methods=["POST"], **docs.CANCEL_JOB)
    app.add_api_route(f"{one}/events", events.watch_job, methods=["GET"], **docs.WATCH_JOB)
    app.add_api_route("/v1/batch/models", jobs.list_models, methods=["GET"], **docs.LIST_MODELS)
