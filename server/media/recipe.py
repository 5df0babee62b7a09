"""What is to be made of one recording."""

from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any

from pydantic.alias_generators import to_camel

from server.media.integrity import Damage
from server.media.plan.cuts import (
    ChaptersMode,
    CueMode,
    DurationMode,
    FileSizeMode,
    PartsMode,
    PlannedMode,
    PlanOptions,
    SilenceMode,
    TimestampsMode,
    seconds_text,
)
from server.media.tags.names import TagPolicy
from zerokerf.encoding import Encoding
from zerokerf.formats import Format
from zerokerf.template import Template


class Verification(StrEnum):
    """What is looked at before a segment counts as made."""

    #: Structure, and of copies both ends; what was encoded is decoded in full.
    EDGES = "edges"
    #: Every sample of copies too.
    FULL = "full"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """Without a format, or with the source's own and no encoding, frames are copied if they can be."""

    mode: PlannedMode | FileSizeMode
    options: PlanOptions = field(default_factory=PlanOptions)
    format: Format | None = None
    encoding: Encoding = field(default_factory=Encoding)
    tag_policy: TagPolicy = TagPolicy.COPY
    title: Template | None = None
    verification: Verification = Verification.EDGES
    damage: Damage = Damage.TOLERATE

    @property
    def max_bytes(self) -> int | None:
        """The limit on a segment's size, where the mode has one."""
        return self.mode.max_bytes if isinstance(self.mode, FileSizeMode) else None


def recipe_json(recipe: Recipe) -> dict[str, Any]:
    """What was asked for, for a manifest. What was left to us is left out."""
    options = recipe.options
    asked: dict[str, Any] = _mode_json(recipe.mode) | {
        "snapToSilence": _seconds(options.snap_window_ns),
        "overlap": _seconds(options.overlap_ns or None),
        "minTail": _seconds(options.min_tail_ns or None),
        "outputFormat": recipe.format,
        "encoding": _encoding_json(recipe.encoding),
        "tags": recipe.tag_policy if recipe.tag_policy is TagPolicy.NONE else None,
        "title": recipe.title.text if recipe.title else None,
        "verification": None if recipe.verification is Verification.EDGES else recipe.verification,
        "strict": True if recipe.damage is Damage.REFUSE else None,
    }
    return {name: value for name, value in asked.items() if value is not None}


def _mode_json(mode: PlannedMode | FileSizeMode) -> dict[str, Any]:
    match mode:
        case DurationMode():
            return {"mode": "duration", "segmentDuration": _seconds(mode.segment_ns)}
        case FileSizeMode():
            return {"mode": "fileSize", "maxFileSize": mode.max_bytes}
        case PartsMode():
            return {"mode": "parts", "count": mode.count}
        case TimestampsMode():
            return {"mode": "timestamps", "positions": [_seconds(time_ns) for time_ns in mode.times_ns]}
        case ChaptersMode():
            return {"mode": "chapters"}
        case CueMode():
            return {"mode": "cue", "sheet": mode.sheet}
        case SilenceMode():
            return {
                "mode": "silence",
                "minSilence": _seconds(mode.min_silence_ns),
                "minSegment": _seconds(mode.min_length_ns or None),
                "maxSegment": _seconds(mode.max_length_ns),
            }


def _encoding_json(encoding: Encoding) -> dict[str, Any] | None:
    asked = {field.name: getattr(encoding, field.name) for field in fields(encoding)}
    return {to_camel(name): value for name, value in asked.items() if value is not None} or None


def _seconds(nanoseconds: int | None) -> str | None:
    return None if nanoseconds is None else f"{seconds_text(nanoseconds)}s"
