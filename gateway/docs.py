"""What /openapi.json and /docs say beyond the code: summaries, examples and every error answer."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Response
from fastapi.openapi.utils import get_openapi
from fastapi.responses import HTMLResponse, JSONResponse
from fastapi.routing import APIRoute

from gateway import examples
from gateway.bodies import CreateUploadBody
from gateway.describing import EVENTS_DESCRIPTION, RouteDocs, events_answers, json_answer, json_request
from gateway.errors import ErrorAnswer
from gateway.splits.answers import SplitJson
from gateway.splits.bodies import CreateSplitBody, PlanSplitBody
from gateway.splits.jobs import PageJson
from gateway.splits.plans import SplitPlanJson
from gateway.uploads import UploadJson

_PAGE = Path(__file__).with_name("docs_page.html")
#: The page brings all it needs; nothing is loaded from elsewhere, and nothing but this API is called.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'"

#: What the codes mean where the sentence of the example is not enough.
ERRORS: Mapping[str, tuple[int, str]] = {
    "INVALID_PARAMS": (400, "Must be a whole number."),
    "INVALID_FORMAT": (400, "Must be one of mp3, wav, flac, ogg, aac."),
    "INVALID_URL": (400, "A URL must start with http:// or https://."),
    "DURATION_TOO_SHORT": (400, "A segment lasts at least 1 s, not 0 s."),
    "UNAUTHORIZED": (401, "An API key is required."),
    "TOKEN_EXPIRED": (401, "The token has expired; get a new one."),
    "KEY_REVOKED": (401, "This API key has been revoked; use another one."),
    "QUOTA_EXCEEDED": (402, "The 60 minutes of this month are used up; they are renewed on 2026-06-01."),
    "INSUFFICIENT_SCOPE": (403, "This call needs the scope 'splits:write', which the caller does not have."),
    "JOB_NOT_FOUND": (404, "Job job_xyz789 not found"),
    "NOT_FOUND": (404, "Upload upl_xyz789 not found"),
    "JOB_ALREADY_PROCESSING": (409, "Job job_abc123 is being processed and cannot be deleted now."),
    "JOB_NOT_CANCELLABLE": (409, "Job job_abc123 is completed and cannot be cancelled."),
    "MANIFEST_NOT_READY": (409, "Job job_abc123 has no manifest: only completed jobs have one."),
    "UPLOAD_INCOMPLETE": (409, "Upload upl_abc123 has not received its bytes yet."),
    "IDEMPOTENCY_CONFLICT": (409, "Request id 'a' was used before with a different request."),
    "TOO_MANY_KEYS": (409, "The plan allows 2 API keys; revoke one to make another."),
    "DELIVERY_PENDING": (
        409,
        "Webhook delivery dlv_abc123 is still being tried.",
    ),
    "FILE_TOO_LARGE": (413, "The file is 3000000000 bytes; at most 2147483648 bytes are accepted."),
    "CORRUPT_FILE": (422, "The source could not be decoded: it ends in a header."),
    "DOWNLOAD_FAILED": (422, "The source could not be downloaded: the server answered 404."),
    "UNSUPPORTED_FORMAT": (422, "The source is not a supported audio file: it is text."),
    "DURATION_TOO_LONG": (422, "The segment duration of 600 s is longer than the source, which lasts 18 s."),
    "RATE_LIMITED": (429, "More than 60 requests a minute; try again in 21 s."),
    "INTERNAL_ERROR": (500, "Something went wrong on our side. The failure has been logged."),
    "NOT_IMPLEMENTED": (501, "A subscription is not offered by this service: it takes no payments."),
    "SERVICE_UNAVAILABLE": (503, "The service is not available at the moment; try again shortly."),
}

_ALWAYS = (
    "UNAUTHORIZED",
    "KEY_REVOKED",
    "INSUFFICIENT_SCOPE",
    "RATE_LIMITED",
    "INTERNAL_ERROR",
    "SERVICE_UNAVAILABLE",
)
#: Of every request that says what to cut and how.
_OF_RECIPES = (
    "INVALID_PARAMS",
    "INVALID_FORMAT",
    "INVALID_URL",
    "DURATION_TOO_SHORT",
    "NOT_FOUND",
    "UPLOAD_INCOMPLETE",
    "FILE_TOO_LARGE",
)


def about(public_url: str) -> RouteDocs:
    return {
        "title": "Zerokerf",
        "version": "1",
        "description": "Cuts recordings into exact segments, and transcribes them. "
        "Times are UTC, durations seconds, sizes bytes.",
        "servers": [{"url": public_url.rstrip("/")}],
        "openapi_url": None,
        "docs_url": None,
        "redoc_url": None,
    }


def add_description(app: FastAPI) -> None:
    """Describes the routes added so far, without the framework's own answer to bad parameters."""
    document = get_openapi(
        title=app.title,
        version=app.version,
        description=app.description,
        servers=app.servers,
        routes=app.routes,
    )
    for path in document["paths"].values():
        for operation in path.values():
            if "HTTPValidationError" in str(operation["responses"].get("422")):
                del operation["responses"]["422"]
    for unused in ("HTTPValidationError", "ValidationError"):
        document["components"]["schemas"].pop(unused, None)
    for route in app.routes:
        if isinstance(route, APIRoute) and route.include_in_schema:
            _show_whole(route, document["paths"][route.path_format])

    page = _PAGE.read_bytes()

    async def description() -> Response:
        return JSONResponse(document)

    async def documentation() -> Response:
        return HTMLResponse(page, headers={"Content-Security-Policy": _POLICY})

    app.add_api_route("/openapi.json", description, methods=["GET"], include_in_schema=False)
    app.add_api_route("/docs", documentation, methods=["GET"], include_in_schema=False)


def _show_whole(route: APIRoute, operations: dict[str, Any]) -> None:
    """The framework leaves nulls out of examples, where they are what an example is to show."""
    for method in route.methods or ():
        answers = operations[method.lower()]["responses"]
        for status, answer in route.responses.items():
            for media_type, shown in answer.get("content", {}).items():
                answers[str(status)]["content"][media_type] |= {
                    name: value for name, value in shown.items() if name == "examples"
                }


def errors(*codes: str) -> dict[int | str, dict[str, Any]]:
    answers: dict[int | str, dict[str, Any]] = {}
    for code in (*codes, *_ALWAYS):
        status, message = ERRORS[code]
        error = {"code": code, "message": message, "status": status}
        if status == 429:
            error["retryAfter"] = 21
        answer = answers.setdefault(status, {"model": ErrorAnswer, "description": code})
        answer["description"] = ", ".join(dict.fromkeys([*answer["description"].split(", "), code]))
        shown = answer.setdefault("content", {"application/json": {"examples": {}}})["application/json"]
        shown["examples"][code] = {"value": {"error": error}}
    return answers


CREATE_SPLIT: RouteDocs = {
    "summary": "Create a split job",
    "tags": ["splits"],
    "status_code": 201,
    "openapi_extra": json_request(
        CreateSplitBody,
        duration=examples.REQUEST,
        fileSize=examples.REQUEST_BY_SIZE,
        upload=examples.REQUEST_OF_UPLOAD,
        **examples.REQUESTS_OF_EXTENSIONS,
        encoding=examples.REQUEST_OF_ENCODING,
        transcripts=examples.REQUEST_OF_TRANSCRIPTS,
    ),
    "responses": {201: json_answer(SplitJson, "The job, queued", queued=examples.QUEUED)}
    | errors(*_OF_RECIPES, "IDEMPOTENCY_CONFLICT", "QUOTA_EXCEEDED"),
}

PLAN_SPLIT: RouteDocs = {
    "summary": "Plan a split without making anything",
    "description": "Answers where a job of the same body would cut. Takes as long as fetching the source and "
    "indexing it, up to 15 minutes; a client that leaves stops it.",
    "tags": ["extensions"],
    "openapi_extra": json_request(
        PlanSplitBody,
        duration=examples.PLAN_REQUEST,
        upload=examples.REQUEST_OF_UPLOAD,
        **examples.REQUESTS_OF_EXTENSIONS,
    ),
    "responses": {200: json_answer(SplitPlanJson, "Where a job would cut", plan=examples.PLAN)}
    | errors(
        *_OF_RECIPES,
        "DOWNLOAD_FAILED",
        "UNSUPPORTED_FORMAT",
        "CORRUPT_FILE",
        "DURATION_TOO_LONG",
    ),
}

LIST_SPLITS: RouteDocs = {
    "summary": "List split jobs, newest first",
    "tags": ["splits"],
    "responses": {200: json_answer(PageJson, "One page of jobs", page=examples.PAGE)}
    | errors("INVALID_PARAMS"),
}

GET_SPLIT: RouteDocs = {
    "summary": "Get a split job, with fresh download links when it is completed",
    "tags": ["splits"],
    "responses": {
        200: json_answer(
            SplitJson,
            "The job",
            completed=examples.COMPLETED,
            completedByChapters=examples.COMPLETED_BY_CHAPTERS,
            completedWithTranscripts=examples.COMPLETED_WITH_TRANSCRIPTS,
            processing=examples.PROCESSING,
            queued=examples.QUEUED,
            failed=examples.FAILED,
        )
    }
    | errors("JOB_NOT_FOUND"),
}

DELETE_SPLIT: RouteDocs = {
    "summary": "Delete a job with its source and all segments, for ever",
    "tags": ["splits"],
    "status_code": 204,
    "responses": {204: {"description": "Deleted"}} | errors("JOB_NOT_FOUND", "JOB_ALREADY_PROCESSING"),
}

GET_MANIFEST: RouteDocs = {
    "summary": "Get the manifest of a completed job: every segment with its place, hash and proof",
    "tags": ["extensions"],
    "responses": {200: json_answer(None, "The document as it is stored", manifest=examples.MANIFEST)}
    | errors("JOB_NOT_FOUND", "MANIFEST_NOT_READY"),
}

CANCEL_SPLIT: RouteDocs = {
    "summary": "Cancel a queued or processing job",
    "tags": ["extensions"],
    "responses": {200: json_answer(SplitJson, "The job, stopped", cancelled=examples.CANCELLED)}
    | errors("JOB_NOT_FOUND", "JOB_NOT_CANCELLABLE"),
}

WATCH_SPLIT: RouteDocs = {
    "summary": "Watch a job as server-sent events",
    "description": EVENTS_DESCRIPTION,
    "tags": ["extensions"],
    "responses": events_answers(examples.EVENTS) | errors("INVALID_PARAMS", "JOB_NOT_FOUND"),
}

CREATE_UPLOAD: RouteDocs = {
    "summary": "Make room for a file to be uploaded",
    "tags": ["extensions"],
    "status_code": 201,
    "openapi_extra": json_request(CreateUploadBody, upload=examples.UPLOAD_REQUEST),
    "responses": {201: json_answer(UploadJson, "Where to send the file", upload=examples.UPLOAD)}
    | errors("INVALID_PARAMS", "IDEMPOTENCY_CONFLICT", "FILE_TOO_LARGE"),
}

HEALTHZ: RouteDocs = {
    "summary": "Whether the gateway is alive",
    "tags": ["health"],
    "responses": {200: json_answer(None, "Alive", alive={"status": "ok"})},
}

READYZ: RouteDocs = {
    "summary": "Whether all parts of the service are ready",
    "tags": ["health"],
    "responses": {
        200: json_answer(None, "Ready", ready=examples.READY),
        503: json_answer(None, "Not ready", notReady=examples.NOT_READY),
    },
}
