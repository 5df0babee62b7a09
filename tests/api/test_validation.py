"""The rules about fields: what passes, and which field and reason a breach names."""

from collections.abc import Callable

import pytest
from google.protobuf.duration_pb2 import Duration
from google.protobuf.json_format import ParseDict
from google.protobuf.struct_pb2 import Struct

from server.api import validation
from server.fetch.guard import AddressPolicy
from server.jobs.model import SplitRequest
from server.jobs.states import State
from tests.api.batch_models import models
from zerokerf.errors import InvalidParams
from zerokerf.v1 import split_pb2, split_service_pb2, upload_service_pb2
from zerokerf.v1.audio_pb2 import AudioFormat
from zerokerf.v1.priority_pb2 import PRIORITY_BULK

URL = "https://example.com/talk.mp3"
Change = Callable[[split_service_pb2.CreateSplitRequest], object]


def asked() -> split_service_pb2.CreateSplitRequest:
    return split_service_pb2.CreateSplitRequest(
        source=split_pb2.SplitSource(url=URL),
        mode=split_pb2.SplitMode(duration=split_pb2.DurationMode(segment_duration=Duration(seconds=600))),
    )


def check(request: split_service_pb2.CreateSplitRequest) -> SplitRequest:
    return validation.split_request(request, AddressPolicy(), models())


def set_metadata(value: dict[str, object]) -> Change:
    return lambda request: request.metadata.CopyFrom(ParseDict(value, Struct()))


def set_duration(**values: int) -> Change:
    return lambda request: request.mode.duration.segment_duration.CopyFrom(Duration(**values))


def set_field(name: str, value: object) -> Change:
    return lambda request: setattr(request, name, value)


def set_url(url: str) -> Change:
    return lambda request: setattr(request.source, "url", url)


def test_a_plain_request_passes() -> None:
    assert check(asked()) == SplitRequest(source_url=URL, segment_ns=600 * 10**9)


def test_everything_at_once_passes() -> None:
    request = asked()
    request.mode.file_size.max_file_size = 1024
    request.output_format = AudioFormat.AUDIO_FORMAT_FLAC
    request.webhook_url = "https://example.com/hook"
    request.priority = PRIORITY_BULK
    set_metadata({"lesson": "7", "part": 2, "final": True, "note": None})(request)
    request.request_id = "r-1"

    assert check(request) == SplitRequest(
        source_url=URL,
        max_file_size=1024,
        output_format="flac",
        webhook_url="https://example.com/hook",
        is_bulk=True,
        metadata={"lesson": "7", "part": 2.0, "final": True, "note": None},
    )


BREACHES: dict[str, tuple[Change, str, str]] = {
    "no source": (lambda r: r.ClearField("source"), "source", "INVALID_PARAMS"),
    "empty upload": (lambda r: setattr(r.source, "upload_id", ""), "source", "INVALID_PARAMS"),
    "not http": (set_url("ftp://example.com/a"), "source.url", "INVALID_URL"),
    "no host": (set_url("http:///a.mp3"), "source.url", "INVALID_URL"),
    "private address": (set_url("http://10.0.0.1/a.mp3"), "source.url", "INVALID_URL"),
    "loopback, mapped": (set_url("http://[::ffff:127.0.0.1]/a.mp3"), "source.url", "INVALID_URL"),
    "long URL": (set_url("https://example.com/" + "a" * 3000), "source.url", "INVALID_URL"),
    "no mode": (lambda r: r.ClearField("mode"), "mode", "INVALID_PARAMS"),
    "0 s": (set_duration(), "mode.duration.segment_duration", "DURATION_TOO_SHORT"),
    "-1 s": (set_duration(seconds=-1), "mode.duration.segment_duration", "DURATION_TOO_SHORT"),
    "0.999999999 s": (
        set_duration(nanos=999_999_999),
        "mode.duration.segment_duration",
        "DURATION_TOO_SHORT",
    ),
    "bad nanos": (set_duration(seconds=2, nanos=10**9), "mode.duration.segment_duration", "INVALID_PARAMS"),
    "a century": (set_duration(seconds=2**40), "mode.duration.segment_duration", "INVALID_PARAMS"),
    "small limit": (
        lambda r: setattr(r.mode.file_size, "max_file_size", 1023),
        "mode.file_size.max_file_size",
        "INVALID_PARAMS",
    ),
    "unknown format": (set_field("output_format", 99), "output_format", "INVALID_FORMAT"),
    "unknown priority": (set_field("priority", 7), "priority", "INVALID_PARAMS"),
    "http webhook": (set_field("webhook_url", "http://example.com"), "webhook_url", "INVALID_URL"),
    "long request id": (set_field("request_id", "r" * 129), "request_id", "INVALID_PARAMS"),
    "nested metadata": (set_metadata({"a": {"b": 1}}), "metadata", "INVALID_PARAMS"),
    "list in metadata": (set_metadata({"a": [1]}), "metadata", "INVALID_PARAMS"),
    "51 pairs": (set_metadata({str(i): i for i in range(51)}), "metadata", "INVALID_PARAMS"),
    "a NUL character": (set_metadata({"a": "b\0"}), "metadata", "INVALID_PARAMS"),
    "17 KiB": (set_metadata({"a": "b" * 17_000}), "metadata", "INVALID_PARAMS"),
    "a number that JSON readers round": (set_metadata({"a": 2.0**60}), "metadata", "INVALID_PARAMS"),
}


@pytest.mark.parametrize("name", BREACHES)
def test_a_breach_names_its_field_and_reason(name: str) -> None:
    change, field, reason = BREACHES[name]
    request = asked()
    change(request)

    with pytest.raises(InvalidParams) as raised:
        check(request)

    assert (list(raised.value.violations), raised.value.reason) == ([field], reason)


@pytest.mark.parametrize("name", ["", " ", "a" * 256, "a\nb"])
def test_a_file_name_must_be_printable_and_short(name: str) -> None:
    with pytest.raises(InvalidParams):
        validation.upload_file_name(upload_service_pb2.CreateUploadRequest(file_name=name))


@pytest.mark.parametrize("name", ["../../etc/talk.mp3", r"C:\talks\talk.mp3", "talk.mp3"])
def test_of_a_path_only_the_name_is_kept(name: str) -> None:
    request = upload_service_pb2.CreateUploadRequest(file_name=name)

    assert validation.upload_file_name(request) == "talk.mp3"


@pytest.mark.parametrize("kind", ["audio", "audio/mpeg\r\nx: y", "a/" + "b" * 300])
def test_a_media_type_must_look_like_one(kind: str) -> None:
    with pytest.raises(InvalidParams):
        validation.upload_content_type(upload_service_pb2.CreateUploadRequest(content_type=kind))


def test_a_filter_of_states_must_name_states() -> None:
    assert validation.state_filter([]) == frozenset()
    assert validation.state_filter([split_pb2.Split.STATE_QUEUED]) == {State.QUEUED}
    with pytest.raises(InvalidParams):
        validation.state_filter([split_pb2.Split.STATE_UNSPECIFIED])
