"""The bodies of requests to transcribe: one for each way to bring a recording."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, WithJsonSchema

from gateway.bodies import SENTENCES, Body
from gateway.priorities import PriorityName
from gateway.speech.bodies import NotEmpty, OutputBody, TranscriptionBody

_JOB_ID = re.compile(r"[a-zA-Z0-9]+")
JOB_ID_PATTERN = "^[a-zA-Z0-9]+$"
JOB_ID_SENTENCE = "job_id must be alphanumeric"


def is_job_id(text: str) -> bool:
    return bool(_JOB_ID.fullmatch(text))


def _job_id(text: str) -> str:
    if not is_job_id(text):
        raise ValueError(JOB_ID_SENTENCE)
    return text


def _details(details: object) -> object:
    if details is None or isinstance(details, str | dict):
        return details
    raise ValueError("Must be a string or an object.")


def _object(value: object) -> object:
    if value is None or isinstance(value, dict):
        return value
    raise ValueError(SENTENCES["dict_type"])


JobId = Annotated[str, AfterValidator(_job_id), Field(json_schema_extra={"pattern": JOB_ID_PATTERN})]
Details = Annotated[object, BeforeValidator(_details), WithJsonSchema({"type": ["string", "object"]})]
#: JSON as it is; what it may hold is not for a schema to say.
FreeObject = Annotated[dict[str, object] | None, BeforeValidator(_object), WithJsonSchema({"type": "object"})]


class TrackingBody(Body):
    """Returned as it was sent, with members of your own."""

    model_config = ConfigDict(strict=True, extra="allow")

    title: str | None = None
    reference: str | None = None
    tags: list[str] | None = None
    details: Details = None


class ConfiguredBody(Body):
    """What every request says. Other members than the documented ones are allowed, and ignored."""

    model_config = ConfigDict(strict=True, extra="ignore")

    transcription_config: TranscriptionBody = Field(description="`{}` is enough.")
    job_id: JobId | None = Field(None, description="Made by the service when absent.")
    tracking: TrackingBody | None = None
    output_config: OutputBody | None = None


class JobBody(ConfiguredBody):
    model_code: NotEmpty | None = Field(None, description="The default model when absent.")
    metadata: FreeObject = Field(None, description="Yours; returned in `job_config.metadata`.")
    webhook_url: str | None = Field(
        None, description="An https URL that is told when the job is done or has failed: our extension."
    )
    priority: PriorityName = None


class UrlBody(JobBody):
    input_url: str = Field(description="An https URL of at most 1 GB.")


class KeyBody(JobBody):
    s3_key: NotEmpty = Field(description="`upload.s3_key` of the answer to `presign`.")


class InlineBody(JobBody):
    input_base64: str = Field(description="The file in standard base64, without line breaks.")
    input_filename: NotEmpty | None = None


class PresignBody(ConfiguredBody):
    mode: Literal["presign"]
    filename: NotEmpty = Field(description="The name of the file to upload.")
    content_type: NotEmpty | None = Field(
        None, description="Media type; `application/octet-stream` when absent."
    )


class FormBody(JobBody):
    """As parts of a form. `file` is required and may stand anywhere among them."""
