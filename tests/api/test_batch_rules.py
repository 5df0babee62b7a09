"""The rules about fields of transcription jobs: what passes, and which field and reason a breach names."""

from collections.abc import Callable

import pytest
from google.protobuf.json_format import ParseDict
from google.protobuf.struct_pb2 import Struct

from server.api import batch_rules
from server.api.batch_config import config_message, output_message
from server.api.batch_json import json_object, json_struct
from server.fetch.guard import AddressPolicy
from server.jobs.batch.model import BatchRequest
from tests.api.batch_models import models
from zerokerf.errors import InvalidParams
from zerokerf.v1 import batch_pb2
from zerokerf.v1 import batch_service_pb2 as pb

URL = "https://example.com/talk.mp3"
ALIAS = "slng/speechmatics/batch:15.0.0"
DEFAULTS = {"language": "en", "operating_point": "standard", "diarization": "none"}
MODELS = models()
Change = Callable[[pb.CreateBatchJobRequest], object]


def asked() -> pb.CreateBatchJobRequest:
    return pb.CreateBatchJobRequest(source=batch_pb2.BatchSource(url=URL))


def check(request: pb.CreateBatchJobRequest) -> BatchRequest:
    return batch_rules.job_request(request, "acc_a", AddressPolicy(), MODELS)


def put(name: str, value: object) -> Change:
    return lambda request: setattr(request, name, value)


def put_source(name: str, value: str) -> Change:
    return lambda request: setattr(request.source, name, value)


def put_config(**members: object) -> Change:
    return lambda request: request.transcription_config.MergeFrom(
        ParseDict(members, batch_pb2.TranscriptionConfig())
    )


def put_point(value: int) -> Change:
    return lambda request: setattr(request.transcription_config, "operating_point", value)


def put_struct(name: str, value: dict[str, object]) -> Change:
    return lambda request: getattr(request, name).CopyFrom(ParseDict(value, Struct()))


def put_number(name: str, number: float) -> Change:
    return lambda request: getattr(request, name).update({"n": [number]})


def put_overrides(**overrides: int) -> Change:
    return lambda request: request.output_config.srt_overrides.CopyFrom(batch_pb2.SrtOverrides(**overrides))


def test_a_source_alone_passes_and_gets_every_default() -> None:
    assert check(asked()) == BatchRequest(source_url=URL, model_code=ALIAS, transcription_config=DEFAULTS)


def test_everything_at_once_passes_as_it_was_given() -> None:
    request = asked()
    request.id, request.model_code, request.request_id = "Call17", "ours/large", "r-1"
    vocabulary = [{"content": "Zerokerf", "soundsLike": ["zero curve"]}, {"content": "Łódź"}]
    put_config(
        language="de",
        operatingPoint="OPERATING_POINT_ENHANCED",
        diarization="DIARIZATION_CHANNEL",
        enableEntities=False,
        additionalVocab=vocabulary,
    )(request)
    put_struct("metadata", {"a": {"b": [1, 2.5, None, True, "x"]}, "": {}})(request)
    put_struct("tracking", {"title": "t", "tags": ["x"], "details": {"k": 1}, "own": 3})(request)
    put_overrides(max_line_length=80)(request)

    passed = check(request)

    assert passed.transcription_config == {
        "language": "de",
        "operating_point": "enhanced",
        "diarization": "channel",
        "enable_entities": False,
        "additional_vocab": [
            {"content": "Zerokerf", "sounds_like": ["zero curve"]},
            {"content": "Łódź"},
        ],
    }
    assert passed.metadata == {"a": {"b": [1, 2.5, None, True, "x"]}, "": {}}
    assert passed.tracking == {"title": "t", "tags": ["x"], "details": {"k": 1}, "own": 3}
    assert passed.output_config == {"srt_overrides": {"max_line_length": 80}}
    assert config_message(passed.transcription_config) == request.transcription_config
    assert output_message(passed.output_config) == request.output_config


def test_whole_numbers_of_metadata_are_kept_as_such() -> None:
    kept = json_object(ParseDict({"n": 3, "f": 3.5, "deep": [2**53]}, Struct()), "metadata")

    assert repr(kept["n"]) == "3"
    assert repr(kept["deep"]) == f"[{2**53}]"
    assert json_object(json_struct(kept), "metadata") == kept


def test_a_language_that_only_the_enhanced_model_knows_passes_with_it() -> None:
    request = asked()
    put_config(language="cmn", operatingPoint="OPERATING_POINT_ENHANCED")(request)

    assert check(request).model_code == ALIAS


def test_empty_objects_stay_empty_objects() -> None:
    request = asked()
    request.output_config.SetInParent()
    request.metadata.SetInParent()

    assert (check(request).output_config, check(request).metadata) == ({}, {})


CONFIG = "transcription_config"
BREACHES: dict[str, tuple[Change, str, str]] = {
    "no source": (lambda r: r.ClearField("source"), "source", "INVALID_PARAMS"),
    "an empty upload": (put_source("upload_id", ""), "source", "INVALID_PARAMS"),
    "an empty key": (put_source("upload_key", ""), "source", "INVALID_PARAMS"),
    "http": (put_source("url", "http://example.com/a.mp3"), "source.url", "INVALID_URL"),
    "no URL": (put_source("url", "talk.mp3"), "source.url", "INVALID_URL"),
    "an empty URL": (put_source("url", ""), "source.url", "INVALID_URL"),
    "a private address": (put_source("url", "https://10.0.0.1/a.mp3"), "source.url", "INVALID_URL"),
    "a dash in the id": (put("id", "call-17"), "id", "INVALID_PARAMS"),
    "a line end in the id": (put("id", "call17\n"), "id", "INVALID_PARAMS"),
    "letters of other scripts": (put("id", "gespräch"), "id", "INVALID_PARAMS"),
    "digits of other scripts": (put("id", "٣"), "id", "INVALID_PARAMS"),
    "129 characters of id": (put("id", "a" * 129), "id", "INVALID_PARAMS"),
    "an unknown model": (put("model_code", "ours/none"), "model_code", "UNSUPPORTED_MODEL"),
    "a novel as model": (put("model_code", "m" * 10_000), "model_code", "UNSUPPORTED_MODEL"),
    "an unknown language": (put_config(language="xx"), f"{CONFIG}.language", "UNSUPPORTED_LANGUAGE"),
    "a language it lacks": (put_config(language="de"), f"{CONFIG}.language", "UNSUPPORTED_LANGUAGE"),
    "a novel as language": (
        put_config(language="e" * 10_000),
        f"{CONFIG}.language",
        "INVALID_TRANSCRIPTION_CONFIG",
    ),
    "telling speakers": (
        put_config(diarization="DIARIZATION_SPEAKER"),
        f"{CONFIG}.diarization",
        "INVALID_TRANSCRIPTION_CONFIG",
    ),
    "an unknown point": (put_point(99), f"{CONFIG}.operating_point", "INVALID_TRANSCRIPTION_CONFIG"),
    "a domain": (put_config(domain="medical"), f"{CONFIG}.domain", "INVALID_TRANSCRIPTION_CONFIG"),
    "a locale": (
        put_config(outputLocale="en-GB"),
        f"{CONFIG}.output_locale",
        "INVALID_TRANSCRIPTION_CONFIG",
    ),
    "entities": (
        put_config(enableEntities=True),
        f"{CONFIG}.enable_entities",
        "INVALID_TRANSCRIPTION_CONFIG",
    ),
    "vocabulary without content": (
        put_config(additionalVocab=[{"soundsLike": ["x"]}]),
        f"{CONFIG}.additional_vocab[0]",
        "INVALID_TRANSCRIPTION_CONFIG",
    ),
    "a book of vocabulary": (
        put_config(additionalVocab=[{"content": "w" * 60_000, "soundsLike": ["v" * 6_000]}]),
        CONFIG,
        "INVALID_TRANSCRIPTION_CONFIG",
    ),
    "17 KiB of metadata": (put_struct("metadata", {"a": "b" * 17_000}), "metadata", "INVALID_PARAMS"),
    "a NUL in a value": (put_struct("metadata", {"a": [{"b": "\0"}]}), "metadata", "INVALID_PARAMS"),
    "a NUL in a name": (put_struct("tracking", {"a\0": 1}), "tracking", "INVALID_PARAMS"),
    "infinity": (put_number("metadata", float("inf")), "metadata", "INVALID_PARAMS"),
    "not a number": (put_number("tracking", float("nan")), "tracking", "INVALID_PARAMS"),
    "a number that would be rounded": (put_number("metadata", 2.0**60), "metadata", "INVALID_PARAMS"),
    "a title of numbers": (put_struct("tracking", {"title": 1}), "tracking.title", "INVALID_PARAMS"),
    "a reference of null": (
        put_struct("tracking", {"reference": None}),
        "tracking.reference",
        "INVALID_PARAMS",
    ),
    "tags in one string": (put_struct("tracking", {"tags": "a"}), "tracking.tags", "INVALID_PARAMS"),
    "details in a list": (put_struct("tracking", {"details": []}), "tracking.details", "INVALID_PARAMS"),
    "no line length": (
        put_overrides(max_line_length=0),
        "output_config.srt_overrides.max_line_length",
        "INVALID_PARAMS",
    ),
    "negative lines": (
        put_overrides(max_lines=-1),
        "output_config.srt_overrides.max_lines",
        "INVALID_PARAMS",
    ),
    "a page of lines": (
        put_overrides(max_lines=101),
        "output_config.srt_overrides.max_lines",
        "INVALID_PARAMS",
    ),
    "a long request id": (put("request_id", "r" * 129), "request_id", "INVALID_PARAMS"),
}


@pytest.mark.parametrize("name", BREACHES)
def test_a_breach_names_its_field_and_reason(name: str) -> None:
    change, field, reason = BREACHES[name]
    request = asked()
    change(request)

    with pytest.raises(InvalidParams) as raised:
        check(request)

    assert (list(raised.value.violations), raised.value.reason) == ([field], reason)
    assert len(raised.value.sentence) < 300


def test_a_bad_id_is_told_in_the_words_of_the_contract() -> None:
    with pytest.raises(InvalidParams, match=r"^job_id must be alphanumeric$"):
        batch_rules.job_id("a b")
