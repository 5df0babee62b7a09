"""What requests must look like: the rules about their fields. Those of paging belong to the lists."""

import json
import math
import re
from collections.abc import Collection
from typing import Any

from google.protobuf import json_format
from google.protobuf.struct_pb2 import Struct, Value

from server.api.mode_rules import mode_fields, option_fields
from server.api.output_rules import output_fields, verification
from server.api.speech_rules import speech_request
from server.fetch.guard import AddressPolicy, check_url
from server.fetch.post_url import webhook_url
from server.jobs.model import Scalar, SplitRequest
from server.jobs.states import State
from server.speech.models import Models
from zerokerf.errors import InvalidParams
from zerokerf.v1 import priority_pb2, split_pb2, split_service_pb2, upload_service_pb2

MAX_NUMBER = 2**53
MAX_METADATA_PAIRS = 50
MAX_METADATA_BYTES = 16 * 1024
MAX_REQUEST_ID = 128
MAX_FILE_NAME = 255

STATES: dict["split_pb2.Split.State.ValueType", State] = {
    split_pb2.Split.STATE_QUEUED: State.QUEUED,
    split_pb2.Split.STATE_PROCESSING: State.PROCESSING,
    split_pb2.Split.STATE_COMPLETED: State.COMPLETED,
    split_pb2.Split.STATE_FAILED: State.FAILED,
    split_pb2.Split.STATE_CANCELLED: State.CANCELLED,
}

_MEDIA_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+(;[ -~]*)?", re.ASCII)


def split_request(
    request: split_service_pb2.CreateSplitRequest, policy: AddressPolicy, models: Models
) -> SplitRequest:
    """Raises InvalidParams or one of its kinds, naming the field."""
    check_request_id(request.request_id)
    return SplitRequest(
        webhook_url=webhook_target(request.webhook_url, policy),
        is_bulk=is_bulk(request.priority),
        metadata=_metadata(request.metadata) if request.HasField("metadata") else None,
        verification=verification(request.verification),
        transcribe=speech_request(request.transcribe, models) if request.HasField("transcribe") else None,
        **_wish(request, policy),
    )


def plan_request(request: split_service_pb2.PlanSplitRequest, policy: AddressPolicy) -> SplitRequest:
    """What a job would be asked for. Raises InvalidParams or one of its kinds, naming the field."""
    return SplitRequest(**_wish(request, policy))


def _wish(
    request: split_service_pb2.CreateSplitRequest | split_service_pb2.PlanSplitRequest, policy: AddressPolicy
) -> dict[str, Any]:
    source_url, upload_id = _source(request.source, policy)
    return {
        "source_url": source_url,
        "upload_id": upload_id,
        **mode_fields(request.mode),
        **option_fields(request),
        **output_fields(request),
    }


def upload_file_name(request: upload_service_pb2.CreateUploadRequest) -> str:
    name = request.file_name
    if not name.strip() or len(name) > MAX_FILE_NAME or not name.isprintable():
        raise InvalidParams(
            {"file_name": f"A file name of 1 to {MAX_FILE_NAME} printable characters is required."}
        )
    return re.split(r"[/\\]", name)[-1] or "upload"


def upload_content_type(request: upload_service_pb2.CreateUploadRequest) -> str:
    kind = request.content_type or "application/octet-stream"
    if len(kind) > 200 or not _MEDIA_TYPE.fullmatch(kind):
        raise InvalidParams({"content_type": f"{kind[:60]!r} is not a media type such as 'audio/mpeg'."})
    return kind


def upload_size(request: upload_service_pb2.CreateUploadRequest) -> int | None:
    """What was declared, if anything."""
    if request.size < 0:
        raise InvalidParams({"size": f"A size is a positive number of bytes, not {request.size}."})
    return request.size or None


def check_request_id(request_id: str) -> None:
    if len(request_id) > MAX_REQUEST_ID or not request_id.isprintable():
        raise InvalidParams(
            {"request_id": f"A request id has at most {MAX_REQUEST_ID} printable characters."}
        )


def state_filter(values: Collection["split_pb2.Split.State.ValueType"]) -> frozenset[State]:
    """Empty for every state."""
    unknown = [value for value in values if value not in STATES]
    if unknown:
        raise InvalidParams({"states": f"{unknown[0]} is not a state."})
    return frozenset(STATES[value] for value in values)


def after_sequence(value: int) -> int:
    if value < 0:
        raise InvalidParams({"after_sequence": f"A sequence number is not negative: {value}."})
    return value


def _source(source: split_pb2.SplitSource, policy: AddressPolicy) -> tuple[str | None, str | None]:
    match source.WhichOneof("source"):
        case "url":
            check_url(source.url, policy=policy)
            return source.url, None
        case "upload_id" if source.upload_id:
            return None, source.upload_id
    raise InvalidParams({"source": "A source is required: a URL or the id of an upload."})


def is_bulk(priority: "priority_pb2.Priority.ValueType") -> bool:
    """Raises InvalidParams for what is no priority."""
    if priority not in priority_pb2.Priority.values():
        raise InvalidParams({"priority": f"{priority} is not a priority."})
    return priority == priority_pb2.PRIORITY_BULK


def webhook_target(url: str, policy: AddressPolicy) -> str | None:
    """None if there is none. Raises InvalidUrl."""
    return webhook_url(url, policy) if url else None


def _metadata(struct: Struct) -> dict[str, Scalar]:
    if len(struct.fields) > MAX_METADATA_PAIRS:
        raise InvalidParams(
            {"metadata": f"At most {MAX_METADATA_PAIRS} pairs are kept, not {len(struct.fields)}."}
        )
    for key, value in struct.fields.items():
        _check_scalar(key, value)
        if "\0" in key + value.string_value:
            raise InvalidParams({"metadata": f"Under {key[:60]!r} is a NUL character, which cannot be kept."})
    metadata: dict[str, Scalar] = json_format.MessageToDict(struct)
    size = len(json.dumps(metadata, ensure_ascii=False).encode())
    if size > MAX_METADATA_BYTES:
        raise InvalidParams({"metadata": f"At most {MAX_METADATA_BYTES} bytes of JSON are kept, not {size}."})
    return metadata


def _check_scalar(key: str, value: Value) -> None:
    kind = value.WhichOneof("kind")
    if kind in {"struct_value", "list_value", None}:
        raise InvalidParams(
            {"metadata": f"The value of {key[:60]!r} must be a string, a number, a boolean or null."}
        )
    if kind == "number_value" and (
        not math.isfinite(value.number_value) or abs(value.number_value) > MAX_NUMBER
    ):
        raise InvalidParams(
            {"metadata": f"The number under {key[:60]!r} cannot be kept exactly; send it as a string."}
        )
