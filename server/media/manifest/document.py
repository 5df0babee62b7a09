"""What a finished job says about its segments, each with its proof, as a value and as JSON."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Literal

from pydantic import ConfigDict, Field, JsonValue, TypeAdapter, ValidationError
from pydantic.alias_generators import to_camel

from zerokerf.errors import InvalidManifest
from zerokerf.formats import Format

_JSON = ConfigDict(
    extra="forbid", alias_generator=to_camel, validate_by_name=True, use_attribute_docstrings=True
)
_MAX_NAME_CHARACTERS = 255
# Not a path, and no name that means a folder: names of a manifest are joined with a folder's.
_NAME_PATTERN = r"^(\.{3,}|\.{0,2}[^/\\\x00-\x1f.])[^/\\\x00-\x1f]*$"

Count = Annotated[int, Field(ge=0)]
FileName = Annotated[str, Field(max_length=_MAX_NAME_CHARACTERS, pattern=_NAME_PATTERN)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Method(StrEnum):
    """How segments were made."""

    COPY = "copy"
    ENCODE = "encode"


class Level(StrEnum):
    """What was looked at."""

    #: The file was opened and its frames were counted.
    STRUCTURE = "structure"
    #: A moment at both ends was decoded too, and compared with the source.
    EDGES = "edges"
    #: Every sample was decoded and compared with the source.
    FULL = "full"
    #: Every sample was decoded and counted.
    DECODED = "decoded"


class Likeness(StrEnum):
    """How alike what was compared is."""

    #: The samples are the source's.
    SAMPLES = "samples"
    #: The frames are the source's; decoded on their own, some of their samples are others.
    FRAMES = "frames"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceIntegrity:
    """How whole the source was."""

    __pydantic_config__: ClassVar[ConfigDict] = _JSON

    found_samples: Count
    expected_samples: Count | None = None
    """What its own headers promise, where they do."""
    is_truncated: bool = False
    resyncs: Count | None = 0
    """How often its frames were lost and found again; null where nobody counted."""
    is_garbled: bool = False
    """Whether a decoder complained about what it read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestSource:
    """The recording that was cut."""

    __pydantic_config__: ClassVar[ConfigDict] = _JSON

    file_name: FileName
    size_bytes: Count
    sha256: Sha256 | None
    """Null where the source never left the store, so that nobody read all of it."""
    format: Format
    codec: str
    sample_rate: Annotated[int, Field(gt=0)]
    channels: Annotated[int, Field(gt=0)]
    sample_count: Count
    """Per channel, as a decoder gives them that hides priming and padding."""
    integrity: SourceIntegrity


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestOutput:
    """What all segments have in common."""

    __pydantic_config__: ClassVar[ConfigDict] = _JSON

    format: Format
    sample_rate: Annotated[int, Field(gt=0)]
    channels: Annotated[int, Field(gt=0)]
    method: Method
    why_not_copied: str | None = None
    """Why frames were not copied though the format is the source's; null if they were."""


def _is_none(value: object) -> bool:
    return value is None


def _is_false(value: object) -> bool:
    return value is False


@dataclass(frozen=True, slots=True, kw_only=True)
class Composition:
    """Which bytes of the source the store copied into a file itself. Where the source never left the store,
    nobody read them all, so that nobody knows their SHA-256."""

    __pydantic_config__: ClassVar[ConfigDict] = _JSON

    source_offset: Count
    source_bytes: Annotated[int, Field(gt=0)]
    source_etag: str
    """That of the stored source; the store copied while it was this one, or not at all."""
    etag: str
    """What the store called the file when it was made."""
    compared_bytes: Count
    """How many bytes were read back at each end, and are the source's."""
    has_equal_sums: Annotated[bool, Field(exclude_if=_is_false)] = False
    """Whether the store's own MD5s of all parts are those of the file that was to be stored: every byte is
    proven. Only said where they were looked at, and are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentProof:
    """What was seen of one finished file."""

    __pydantic_config__: ClassVar[ConfigDict] = _JSON

    level: Level
    likeness: Likeness | None = None
    """Of what was compared with the source; null if nothing was."""
    decoded_samples: Count | None = None
    """How many samples a decoder found, where all were decoded."""
    settled_samples: Count = 0
    """After so many samples the segment, decoded on its own, is the same as the source played up to there."""
    deviation: Annotated[float, Field(ge=0)] = 0.0
    """How far samples are off until then; 1 is full scale."""
    composed: Annotated[Composition | None, Field(exclude_if=_is_none)] = None
    """Of a file that the store made of its own copy of the source."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestTranscript:
    """What was said, as a file."""

    __pydantic_config__: ClassVar[ConfigDict] = _JSON

    format: Literal["json", "txt", "srt", "vtt"]
    file_name: FileName
    size_bytes: Count
    sha256: Sha256


def _is_empty(files: tuple[ManifestTranscript, ...]) -> bool:
    return not files


#: Nothing is said of them where nothing was transcribed.
Transcripts = Annotated[tuple[ManifestTranscript, ...], Field(exclude_if=_is_empty)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestSegment:
    """One file, and its place on the source's time line. Ranges follow each other without a gap."""

    __pydantic_config__: ClassVar[ConfigDict] = _JSON

    index: Count
    file_name: FileName
    first_sample: Count
    sample_count: Annotated[int, Field(gt=0)]
    overlap_samples: Count = 0
    """The file begins so much before its range."""
    size_bytes: Count
    sha256: Sha256 | None
    """Null for a file that the store composed: `proof.composed` says of what."""
    reason: str
    """Why it ends where it does."""
    shifted_samples: int = 0
    """How far its end is from the place asked for; below 0 is earlier."""
    title: str | None = None
    output_samples: Count
    """How many samples the file is to be heard with, at the output's rate, overlap included."""
    excess_samples: Count = 0
    """What every decoder plays in addition, because the format has no field to hide it."""
    pre_roll_samples: Count = 0
    """In front, hidden by the file's headers; a decoder without gapless support plays them."""
    padding_samples: Count = 0
    """The same at the end."""
    proof: SegmentProof
    transcripts: Transcripts = ()
    """What is said in it, on the time line of its file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """All segments of one job, in order, with their proofs."""

    __pydantic_config__: ClassVar[ConfigDict] = _JSON

    version: Literal[1] = 1
    source: ManifestSource
    options: Mapping[str, JsonValue]
    """What was asked for, as it was asked."""
    output: ManifestOutput
    segments: tuple[ManifestSegment, ...]
    notes: tuple[str, ...] = ()
    """What had to change, in sentences."""
    transcripts: Transcripts = ()
    """What is said in the whole recording."""


Part = ManifestSource | ManifestOutput | ManifestSegment

_ADAPTER: TypeAdapter[Manifest] = TypeAdapter(Manifest)
_PART_ADAPTER: TypeAdapter[Part] = TypeAdapter(Part)


def to_json(manifest: Manifest) -> bytes:
    """The same manifest always gives the same bytes."""
    return _ADAPTER.dump_json(manifest, by_alias=True, indent=2) + b"\n"


def part_json(part: Part) -> dict[str, Any]:
    """A part, as it stands in the whole: for whoever makes a manifest step by step."""
    written: dict[str, Any] = _PART_ADAPTER.dump_python(part, by_alias=True, mode="json")
    return written


def from_json(data: bytes) -> Manifest:
    """Raises InvalidManifest for whatever `to_json` would not have written."""
    try:
        return _ADAPTER.validate_json(data, strict=True, by_name=False)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(str(step) for step in first["loc"]) or "it"
        raise InvalidManifest(where, first["msg"]) from error


def json_schema() -> dict[str, object]:
    """For whoever reads manifests in another language."""
    schema = _ADAPTER.json_schema(by_alias=True, mode="validation")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
