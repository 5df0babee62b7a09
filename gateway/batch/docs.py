"""What /openapi.json and /docs say of the transcription API beyond its code."""

from collections.abc import Mapping
from typing import Any

from gateway.batch import examples
from gateway.batch.answers import AcceptedJson, BatchJobJson, FilesJson, PresignJson
from gateway.batch.bodies import JOB_ID_SENTENCE, FormBody, InlineBody, KeyBody, PresignBody, UrlBody
from gateway.batch.errors import FIXED, REASONS, BatchErrorAnswer
from gateway.batch.jobs import ModelsJson
from gateway.batch.lists import BatchPageJson
from gateway.bodies import Body
from gateway.describing import EVENTS_DESCRIPTION, RouteDocs, events_answers, json_answer, schema_of

_JOB_NOT_FOUND = REASONS["JOB_NOT_FOUND"]
_BAD_ID = (400, JOB_ID_SENTENCE)
_BAD_STATUS = (
    400,
    "Invalid status value(s): BOGUS. Allowed: DECODING, DELETED, DONE, FAILED, IN_PROGRESS, QUEUED",
)
_TOO_LARGE = (413, "File too large. Maximum size is 1 GB.")
_WRONG_TYPE = (415, "Content-Type must be application/json or multipart/form-data")
_ALWAYS = tuple((status, FIXED[status]) for status in (403, 500, 503))
_VARIANTS: Mapping[str, type[Body]] = {
    "URL": UrlBody,
    "presign": PresignBody,
    "presigned upload": KeyBody,
    "inline": InlineBody,
}


def _errors(*faces: tuple[int, str]) -> dict[int | str, dict[str, Any]]:
    answers: dict[int | str, dict[str, Any]] = {}
    for status, sentence in (*faces, *_ALWAYS):
        empty = {"model": BatchErrorAnswer, "description": "Error"}
        answer = answers.setdefault(status, empty | {"content": {"application/json": {"examples": {}}}})
        answer["content"]["application/json"]["examples"][sentence] = {"value": {"error": sentence}}
    return answers


def _creation() -> dict[str, Any]:
    shown = {
        "url": examples.REQUEST_OF_URL,
        "presign": examples.REQUEST_OF_PRESIGN,
        "afterUpload": examples.REQUEST_OF_KEY,
        "inline": examples.REQUEST_OF_INLINE,
    }
    variants = [schema_of(body) | {"title": title} for title, body in _VARIANTS.items()]
    content = {
        "multipart/form-data": _form(),
        "application/json": {
            "schema": {"oneOf": variants},
            "examples": {name: {"value": value} for name, value in shown.items()},
        },
    }
    return {"requestBody": {"required": True, "content": content}}


def _form() -> dict[str, Any]:
    schema = schema_of(FormBody)
    file = {"type": "string", "format": "binary", "description": "The recording, at most 1 GB."}
    schema["properties"] = {"file": file, **schema["properties"]}
    schema["required"] = ["file", *schema["required"]]
    objects = ("transcription_config", "metadata", "tracking", "output_config")
    encoding = {name: {"contentType": "application/json"} for name in objects}
    return {"schema": schema, "encoding": encoding, "examples": {"form": {"value": examples.FORM}}}


CREATE_JOB: RouteDocs = {
    "summary": "Create a transcription job",
    "description": "From a file in a form, a URL, an upload or base64. "
    "`mode: presign` makes room for an upload and no job.",
    "tags": ["transcription"],
    "status_code": 202,
    "openapi_extra": _creation(),
    "responses": {
        200: json_answer(PresignJson, "Where to PUT the file", presigned=examples.PRESIGNED),
        202: json_answer(AcceptedJson, "Accepted", queued=examples.ACCEPTED),
    }
    | _errors(
        _BAD_ID,
        REASONS["UPLOAD_NOT_FOUND"],
        REASONS["UPLOAD_INCOMPLETE"],
        REASONS["JOB_EXISTS"],
        _TOO_LARGE,
        _WRONG_TYPE,
    ),
}

LIST_JOBS: RouteDocs = {
    "summary": "List transcription jobs",
    "tags": ["transcription"],
    "responses": {200: json_answer(BatchPageJson, "One page of jobs", page=examples.PAGE)}
    | _errors(_BAD_STATUS),
}

GET_JOB: RouteDocs = {
    "summary": "Get a transcription job",
    "tags": ["transcription"],
    "responses": {200: json_answer(BatchJobJson, "The job", done=examples.JOB, failed=examples.FAILED)}
    | _errors(_BAD_ID, _JOB_NOT_FOUND),
}

DELETE_JOB: RouteDocs = {
    "summary": "Delete the files of a job that is done or has failed; its record stays",
    "tags": ["transcription"],
    "status_code": 202,
    "responses": {202: json_answer(AcceptedJson, "Deleted", deleted=examples.DELETED)}
    | _errors(_BAD_ID, _JOB_NOT_FOUND, REASONS["JOB_NOT_DELETABLE"]),
}

LIST_FILES: RouteDocs = {
    "summary": "Get links of one hour to a job's recording and transcripts",
    "tags": ["transcription"],
    "responses": {200: json_answer(FilesJson, "The files that there are", files=examples.FILES)}
    | _errors(_BAD_ID, _JOB_NOT_FOUND),
}

CANCEL_JOB: RouteDocs = {
    "summary": "Cancel a transcription job that has not ended",
    "tags": ["extensions"],
    "responses": {200: json_answer(BatchJobJson, "The job, stopped", cancelled=examples.CANCELLED)}
    | _errors(_BAD_ID, _JOB_NOT_FOUND, REASONS["JOB_NOT_CANCELLABLE"]),
}

WATCH_JOB: RouteDocs = {
    "summary": "Watch a transcription job as server-sent events",
    "description": EVENTS_DESCRIPTION,
    "tags": ["extensions"],
    "responses": events_answers(examples.EVENTS) | _errors(_BAD_ID, _JOB_NOT_FOUND),
}

LIST_MODELS: RouteDocs = {
    "summary": "List the models that jobs can name, with their languages",
    "tags": ["extensions"],
    "responses": {200: json_answer(ModelsJson, "The models", models=examples.MODELS)} | _errors(),
}
