"""Turns what a caller means into the messages of the contract. Says at once what cannot be meant."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal, TypedDict

from google.protobuf.duration_pb2 import Duration

from zerokerf.encoding import Encoding, check_encoding
from zerokerf.enum_words import enum_word
from zerokerf.errors import InvalidFormat, InvalidParams
from zerokerf.formats import Format
from zerokerf.template import Template
from zerokerf.v1.audio_pb2 import AudioFormat
from zerokerf.v1.split_pb2 import (
    ChaptersMode,
    CueMode,
    CutOptions,
    DurationMode,
    EncodeOptions,
    FileSizeMode,
    PartsMode,
    SilenceMode,
    SplitMode,
    SplitSource,
    TagOptions,
    TimestampsMode,
    Verification,
)

MetadataValue = str | float | bool | None
VerificationName = Literal["edges", "full"]
TagPolicy = Literal["copy", "none"]

_MAX_INT32 = 2**31 - 1
_MAX_INT64 = 2**63 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """Cuts in the middle of each pause of at least `min_silence`.

    Pieces shorter than `min_segment` join a neighbour; those longer than `max_segment`, which is the stronger
    limit, are cut where they are quietest.
    """

    min_silence: timedelta = timedelta(milliseconds=500)
    min_segment: timedelta | None = None
    max_segment: timedelta | None = None


class Cuts(TypedDict, total=False):
    """Where to cut: exactly one way, and what is to be heeded then."""

    every: timedelta | None
    max_size: int | None
    parts: int | None
    at: Sequence[timedelta] | None
    chapters: bool
    cue: str | None
    silence: Silence | None
    snap: timedelta | None
    overlap: timedelta | None
    min_tail: timedelta | None


class Wish(Cuts, total=False):
    """What a job and a plan are asked for: where to cut, and what the segments are to be."""

    to: AudioFormat.ValueType | str | None
    encoding: Encoding | None
    tags: TagPolicy
    title: str | None
    strict: bool


def wish_fields(
    *,
    to: AudioFormat.ValueType | str | None = None,
    encoding: Encoding | None = None,
    tags: TagPolicy = "copy",
    title: str | None = None,
    strict: bool = False,
    snap: timedelta | None = None,
    overlap: timedelta | None = None,
    min_tail: timedelta | None = None,
    **mode: Any,  # noqa: ANN401 - passed on to where its types are
) -> dict[str, Any]:
    """The fields that the messages for a job and for a plan have in common. Raises InvalidParams."""
    target = output_format(to)
    return {
        "mode": split_mode(**mode),
        "options": cut_options(snap=snap, overlap=overlap, min_tail=min_tail),
        "output_format": target,
        "encoding": _encoding(encoding or Encoding(), target),
        "tags": _tags(tags, title),
        "strict": strict,
    }


def verification_value(name: VerificationName) -> Verification.ValueType:
    known = {"edges": Verification.VERIFICATION_EDGES, "full": Verification.VERIFICATION_FULL}
    if name not in known:
        raise InvalidParams({"verification": f"{name!r} is not one of {', '.join(known)}."})
    return known[name]


def format_names() -> list[str]:
    return [format_name(value) for value in AudioFormat.values() if value]


def format_name(value: AudioFormat.ValueType) -> str:
    return enum_word(AudioFormat, "format", value)


def output_format(to: AudioFormat.ValueType | str | None) -> AudioFormat.ValueType:
    """None and "same" keep the source's format. Raises InvalidFormat."""
    if to is None or to == "same":
        return AudioFormat.AUDIO_FORMAT_UNSPECIFIED
    if not isinstance(to, str):
        return to
    if to.lower() not in format_names():
        raise InvalidFormat(
            {"output_format": f"{to!r} is not a known format; use one of {', '.join(format_names())}."}
        )
    return AudioFormat.Value(f"AUDIO_FORMAT_{to.upper()}")


def split_mode(
    *,
    every: timedelta | None = None,
    max_size: int | None = None,
    parts: int | None = None,
    at: Sequence[timedelta] | None = None,
    chapters: bool = False,
    cue: str | None = None,
    silence: Silence | None = None,
) -> SplitMode:
    """Raises InvalidParams unless exactly one is given."""
    _exactly_one(
        "mode",
        every=every,
        max_size=max_size,
        parts=parts,
        at=at,
        chapters=chapters or None,
        cue=cue,
        silence=silence,
    )
    return SplitMode(
        duration=None if every is None else DurationMode(segment_duration=_duration(every)),
        file_size=None if max_size is None else _file_size(max_size),
        parts=None if parts is None else _parts(parts),
        timestamps=None if at is None else TimestampsMode(positions=[_duration(each) for each in at]),
        chapters=ChaptersMode() if chapters else None,
        cue=None if cue is None else CueMode(sheet=cue),
        silence=None if silence is None else _silence(silence),
    )


def cut_options(
    *, snap: timedelta | None, overlap: timedelta | None, min_tail: timedelta | None
) -> CutOptions | None:
    """None if none is given."""
    if snap is None and overlap is None and min_tail is None:
        return None
    return CutOptions(
        snap_to_silence=_optional(snap), overlap=_optional(overlap), min_tail=_optional(min_tail)
    )


def split_source(*, url: str | None, upload_id: str | None) -> SplitSource:
    return SplitSource(url=url) if url is not None else SplitSource(upload_id=upload_id or "")


def check_sources(**sources: object) -> None:
    """Raises InvalidParams unless exactly one is given."""
    _exactly_one("source", **sources)


def _encoding(encoding: Encoding, target: AudioFormat.ValueType) -> EncodeOptions | None:
    """None if nothing is asked. What is 0 is refused here: in the message it would mean nothing."""
    name = format_name(target)
    check_encoding(encoding, Format(name) if name in format_names() else None)
    if encoding == Encoding():
        return None
    return EncodeOptions(
        bit_rate=encoding.bit_rate or 0,
        quality=encoding.quality,
        sample_rate=encoding.sample_rate or 0,
        channels=encoding.channels or 0,
        bit_depth=encoding.bit_depth or 0,
    )


def _tags(policy: TagPolicy, title: str | None) -> TagOptions | None:
    if policy not in ("copy", "none"):
        raise InvalidParams({"tags.policy": f"{policy!r} is not one of copy, none."})
    if policy == "none":
        return TagOptions(policy=TagOptions.POLICY_NONE, title=title or "")
    return TagOptions(title=_template(title)) if title else None


def _template(title: str) -> str:
    try:
        return Template(title).text
    except InvalidParams as error:
        raise InvalidParams({"tags.title": " ".join(error.violations.values())}) from error


def in_int32(field: str, number: int) -> int:
    """Raises InvalidParams for what no message can carry; the rules are the server's."""
    return _in_range(field, number, _MAX_INT32)


def _exactly_one(field: str, **values: object) -> None:
    given = [name for name, value in values.items() if value is not None]
    if len(given) != 1:
        raise InvalidParams({field: f"Give exactly one of {', '.join(values)}."})


def _file_size(max_size: int) -> FileSizeMode:
    return FileSizeMode(max_file_size=_in_range("mode.file_size.max_file_size", max_size, _MAX_INT64))


def _parts(count: int) -> PartsMode:
    return PartsMode(count=in_int32("mode.parts.count", count))


def _in_range(field: str, number: int, most: int) -> int:
    if abs(number) > most:
        raise InvalidParams({field: f"Must be at most {most}."})
    return number


def _silence(silence: Silence) -> SilenceMode:
    return SilenceMode(
        min_silence=_duration(silence.min_silence),
        min_segment=_optional(silence.min_segment),
        max_segment=_optional(silence.max_segment),
    )


def _optional(length: timedelta | None) -> Duration | None:
    return None if length is None else _duration(length)


def _duration(length: timedelta) -> Duration:
    duration = Duration()
    duration.FromTimedelta(length)
    return duration
