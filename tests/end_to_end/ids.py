"""Everything an account can have, made for a test, and where requests may name it."""

from collections.abc import Iterator
from dataclasses import dataclass

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from zerokerf.v1 import (
    account_service_pb2,
    batch_service_pb2,
    split_service_pb2,
    upload_service_pb2,
    webhook_service_pb2,
)

FILES = (
    split_service_pb2,
    batch_service_pb2,
    upload_service_pb2,
    account_service_pb2,
    webhook_service_pb2,
)
#: Texts that a caller makes up, which name nothing that is there.
_OWN_WORDS = frozenset({"request_id", "page_token"})


@dataclass(frozen=True)
class Method:
    """One call of the API."""

    path: str
    request: type[Message]
    response: type[Message]
    streams_requests: bool
    streams_responses: bool

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]


def methods() -> Iterator[Method]:
    """All of them, as the protos have them."""
    for file in FILES:
        for service in file.DESCRIPTOR.services_by_name.values():
            for method in service.methods:
                yield Method(
                    f"/{service.full_name}/{method.name}",
                    GetMessageClass(method.input_type),
                    GetMessageClass(method.output_type),
                    method.client_streaming,
                    method.server_streaming,
                )


def naming_fields(message: Message) -> Iterator[tuple[str, ...]]:
    """The paths of all fields of a request that can name something, through singular messages."""
    for field in message.DESCRIPTOR.fields:
        if field.is_repeated:
            continue
        if field.message_type is not None:
            if field.message_type.full_name.startswith("zerokerf."):
                for rest in naming_fields(getattr(message, field.name)):
                    yield (field.name, *rest)
        elif field.type == FieldDescriptor.TYPE_STRING and _names(field.name):
            yield (field.name,)


def with_name(message: Message, path: tuple[str, ...], name: str) -> Message:
    """The same request, with that field set."""
    copy = type(message)()
    copy.CopyFrom(message)
    inner = copy
    for step in path[:-1]:
        inner = getattr(inner, step)
    setattr(inner, path[-1], name)
    return copy


def _names(field: str) -> bool:
    is_id = field == "id" or field.endswith(("_id", "_key"))
    return is_id and field not in _OWN_WORDS
