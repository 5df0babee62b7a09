"""The rules about what segments are to be: their format, encoding, tags, and how they are proven."""

from typing import Any

from zerokerf.encoding import Encoding, check_encoding
from zerokerf.errors import InvalidFormat, InvalidParams
from zerokerf.formats import Format
from zerokerf.template import MAX_TEXT_CHARACTERS, Template
from zerokerf.v1 import split_pb2, split_service_pb2
from zerokerf.v1.audio_pb2 import AudioFormat

#: Formats by the name that records and media use.
FORMATS: dict["AudioFormat.ValueType", str] = {
    AudioFormat.AUDIO_FORMAT_MP3: "mp3",
    AudioFormat.AUDIO_FORMAT_WAV: "wav",
    AudioFormat.AUDIO_FORMAT_FLAC: "flac",
    AudioFormat.AUDIO_FORMAT_OGG: "ogg",
    AudioFormat.AUDIO_FORMAT_AAC: "aac",
    AudioFormat.AUDIO_FORMAT_OPUS: "opus",
    AudioFormat.AUDIO_FORMAT_M4A: "m4a",
}

TAG_POLICIES: dict["split_pb2.TagOptions.Policy.ValueType", str] = {
    split_pb2.TagOptions.POLICY_UNSPECIFIED: "copy",
    split_pb2.TagOptions.POLICY_COPY: "copy",
    split_pb2.TagOptions.POLICY_NONE: "none",
}

VERIFICATIONS: dict["split_pb2.Verification.ValueType", str] = {
    split_pb2.VERIFICATION_UNSPECIFIED: "edges",
    split_pb2.VERIFICATION_EDGES: "edges",
    split_pb2.VERIFICATION_FULL: "full",
}

Request = split_service_pb2.CreateSplitRequest | split_service_pb2.PlanSplitRequest


def output_fields(request: Request) -> dict[str, Any]:
    """The fields of a SplitRequest that say what is made. Raises InvalidParams, naming the field."""
    output_format = _output_format(request.output_format)
    encoding = _encoding(request.encoding)
    check_encoding(encoding, Format(output_format) if output_format else None)
    return {
        "output_format": output_format,
        "encoding": encoding,
        "is_strict": request.strict,
        **_tags(request.tags),
    }


def verification(value: "split_pb2.Verification.ValueType") -> str:
    if value not in VERIFICATIONS:
        raise InvalidParams({"verification": f"{value} is no way to verify."})
    return VERIFICATIONS[value]


def _output_format(value: "AudioFormat.ValueType") -> str | None:
    if value == AudioFormat.AUDIO_FORMAT_UNSPECIFIED:
        return None
    if value not in FORMATS:
        raise InvalidFormat({"output_format": f"{value} is not an output format."})
    return FORMATS[value]


def _encoding(options: split_pb2.EncodeOptions) -> Encoding:
    """What is 0 was not set: no such option can be 0."""
    return Encoding(
        bit_rate=options.bit_rate or None,
        quality=options.quality if options.HasField("quality") else None,
        sample_rate=options.sample_rate or None,
        channels=options.channels or None,
        bit_depth=options.bit_depth or None,
    )


def _tags(options: split_pb2.TagOptions) -> dict[str, Any]:
    if options.policy not in TAG_POLICIES:
        raise InvalidParams({"tags.policy": f"{options.policy} is no policy."})
    policy, title = TAG_POLICIES[options.policy], options.title
    if title and policy == "none":
        raise InvalidParams({"tags.title": "Without tags there is no title."})
    if len(title) > MAX_TEXT_CHARACTERS or "\0" in title:
        raise InvalidParams({"tags.title": f"A title has at most {MAX_TEXT_CHARACTERS} characters."})
    return {"tag_policy": policy, "title_template": _checked(title) if title else None}


def _checked(title: str) -> str:
    try:
        return Template(title).text
    except InvalidParams as error:
        raise InvalidParams({"tags.title": error.sentence}) from error
