"""The options that say what segments are to be, and what is meant by them together."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal, TypeVar

import typer

from zerokerf.cli.quantities import parse_rate
from zerokerf.encoding import Encoding, check_encoding
from zerokerf.errors import InvalidParams
from zerokerf.formats import Format
from zerokerf.template import Template

TagPolicy = Literal["copy", "none"]
Verification = Literal["edges", "full"]

T = TypeVar("T")

_PANEL = "Segments"
_FORMATS = {str(each): each for each in Format}
_POLICIES: Mapping[str, TagPolicy] = {"": "copy", "copy": "copy", "none": "none"}
_VERIFICATIONS: Mapping[str, Verification] = {"": "edges", "edges": "edges", "full": "full"}
_FLAGS = {
    "encoding.bit_rate": "--bit-rate",
    "encoding.quality": "--quality",
    "encoding.sample_rate": "--sample-rate",
    "encoding.channels": "--channels",
    "encoding.bit_depth": "--bit-depth",
}


def _option(names: str, metavar: str, sentence: str) -> object:
    return typer.Option(names, metavar=metavar, help=sentence, rich_help_panel=_PANEL)


To = Annotated[str, _option("--to", "FORMAT", f"{', '.join(Format)}; else the source's.")]
BitRate = Annotated[str, _option("--bit-rate", "RATE", "Bits a second: 128k.")]
Quality = Annotated[
    float | None,
    _option(
        "--quality", "N", "The encoder's own scale: mp3 0 (best) to 9, ogg -1 to 10 (best), flac 0 to 8."
    ),
]
SampleRate = Annotated[str, _option("--sample-rate", "RATE", "Samples a second: 44100, 48k.")]
Channels = Annotated[int | None, _option("--channels", "N", "1 is mono, 2 is stereo.")]
BitDepth = Annotated[int | None, _option("--bit-depth", "BITS", "wav 8, 16, 24 or 32; flac 16 or 24.")]
Tags = Annotated[
    str, _option("--tags", "copy|none", "Carry title, track, cover and chapters, as usual, or nothing.")
]
Title = Annotated[str, _option("--title", "TEMPLATE", "Title of each segment, as '{title} {n:02}'.")]
Verify = Annotated[str, _option("--verify", "edges|full", "full compares every copied sample.")]
Strict = Annotated[bool, typer.Option("--strict", help="Refuse a damaged source.", rich_help_panel=_PANEL)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """What was asked for. Without a format it is the source's."""

    to: Format | None
    encoding: Encoding
    tags: TagPolicy
    title: str | None
    verification: Verification
    strict: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedOutput:
    """The options as typed; what is empty was not given."""

    to: To = ""
    bit_rate: BitRate = ""
    quality: Quality = None
    sample_rate: SampleRate = ""
    channels: Channels = None
    bit_depth: BitDepth = None
    tags: Tags = ""
    title: Title = ""
    verify: Verify = ""
    strict: Strict = False

    def meant(self) -> Output:
        """Raises ValueError for what cannot be meant, whatever the source is."""
        return Output(
            to=self._format(),
            encoding=self._encoding(),
            tags=_known("--tags", self.tags, _POLICIES),
            title=self._title(),
            verification=_known("--verify", self.verify, _VERIFICATIONS),
            strict=self.strict,
        )

    def _format(self) -> Format | None:
        if self.to and self.to.lower() not in _FORMATS:
            raise ValueError(f"--to {self.to!r} is not a format; use one of {', '.join(_FORMATS)}.")
        return _FORMATS.get(self.to.lower())

    def _encoding(self) -> Encoding:
        encoding = Encoding(
            bit_rate=parse_rate(self.bit_rate) if self.bit_rate else None,
            quality=self.quality,
            sample_rate=parse_rate(self.sample_rate) if self.sample_rate else None,
            channels=self.channels,
            bit_depth=self.bit_depth,
        )
        try:
            check_encoding(encoding, self._format())
        except InvalidParams as error:
            wrong = [f"{_FLAGS[field]}: {sentence}" for field, sentence in error.violations.items()]
            raise ValueError(" ".join(wrong)) from error
        return encoding

    def _title(self) -> str | None:
        if self.title and self.tags == "none":
            raise ValueError("--title does not go with --tags none.")
        try:
            return Template(self.title).text or None
        except InvalidParams as error:
            raise ValueError(f"--title: {' '.join(error.violations.values())}") from error


def _known(flag: str, typed: str, values: Mapping[str, T]) -> T:
    if typed not in values:
        raise ValueError(f"{flag} {typed!r} is not possible; use one of {', '.join(filter(None, values))}.")
    return values[typed]
