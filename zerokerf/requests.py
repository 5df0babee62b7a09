"""Turns what a caller means into the messages of the contract. Says at once what cannot be meant."""

from datetime import timedelta

from zerokerf.errors import InvalidFormat, InvalidParams
from zerokerf.v1.audio_pb2 import AudioFormat
from zerokerf.v1.split_pb2 import SplitMode, SplitSource

MetadataValue = str | float | bool | None

_PREFIX = "AUDIO_FORMAT_"


def format_names() -> list[str]:
    return [name.removeprefix(_PREFIX).lower() for name, number in AudioFormat.items() if number]


def format_name(value: AudioFormat.ValueType) -> str:
    known = value in AudioFormat.values()
    return AudioFormat.Name(value).removeprefix(_PREFIX).lower() if known else f"format {value}"


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
    return AudioFormat.Value(f"{_PREFIX}{to.upper()}")


def split_mode(*, every: timedelta | None, max_size: int | None) -> SplitMode:
    """Raises InvalidParams unless exactly one is given."""
    _exactly_one("mode", every=every, max_size=max_size)
    mode = SplitMode()
    if every is not None:
        mode.duration.segment_duration.FromTimedelta(every)
    if max_size is not None:
        mode.file_size.max_file_size = max_size
    return mode


def split_source(*, url: str | None, upload_id: str | None) -> SplitSource:
    return SplitSource(url=url) if url is not None else SplitSource(upload_id=upload_id or "")


def check_sources(**sources: object) -> None:
    """Raises InvalidParams unless exactly one is given."""
    _exactly_one("source", **sources)


def _exactly_one(field: str, **values: object) -> None:
    given = [name for name, value in values.items() if value is not None]
    if len(given) != 1:
        raise InvalidParams({field: f"Give exactly one of {', '.join(values)}."})
