"""What was asked for on the command line, in the words of the media core."""

from datetime import timedelta

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
)
from server.media.recipe import Recipe, Verification
from server.media.tags.names import TagPolicy
from zerokerf.cli.splits.outputs import Output
from zerokerf.requests import Cuts, Silence
from zerokerf.template import Template


def recipe_of(cuts: Cuts, output: Output) -> Recipe:
    """Raises ValueError for what no recording could be cut by."""
    return Recipe(
        mode=_mode(cuts),
        options=PlanOptions(
            snap_window_ns=_optional_ns(cuts.get("snap")),
            overlap_ns=_optional_ns(cuts.get("overlap")) or 0,
            min_tail_ns=_optional_ns(cuts.get("min_tail")) or 0,
        ),
        format=output.to,
        encoding=output.encoding,
        tag_policy=TagPolicy.TEMPLATE if output.title else TagPolicy(output.tags),
        title=Template(output.title) if output.title else None,
        verification=Verification(output.verification),
        damage=Damage.REFUSE if output.strict else Damage.TOLERATE,
    )


def _mode(cuts: Cuts) -> PlannedMode | FileSizeMode:
    if (size := cuts.get("max_size")) is not None:
        return FileSizeMode(size)
    if (every := cuts.get("every")) is not None:
        return DurationMode(_ns(every))
    if (parts := cuts.get("parts")) is not None:
        return PartsMode(parts)
    if (at := cuts.get("at")) is not None:
        return TimestampsMode(tuple(map(_ns, at)))
    if (cue := cuts.get("cue")) is not None:
        return CueMode(cue)
    if (silence := cuts.get("silence")) is not None:
        return _silence(silence)
    return ChaptersMode()


def _silence(silence: Silence) -> SilenceMode:
    return SilenceMode(
        _ns(silence.min_silence),
        _optional_ns(silence.min_segment) or 0,
        _optional_ns(silence.max_segment),
    )


def _ns(length: timedelta) -> int:
    return length // timedelta(microseconds=1) * 1000


def _optional_ns(length: timedelta | None) -> int | None:
    return None if length is None else _ns(length)
