"""What a job asked for, in the words of the media core."""

from server.jobs.model import SplitRequest
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
from zerokerf.formats import Format
from zerokerf.template import Template


def recipe_of(request: SplitRequest) -> Recipe:
    return Recipe(
        mode=_mode(request),
        options=PlanOptions(
            snap_window_ns=request.snap_window_ns,
            overlap_ns=request.overlap_ns,
            min_tail_ns=request.min_tail_ns,
        ),
        format=Format(request.output_format) if request.output_format else None,
        encoding=request.encoding,
        tag_policy=TagPolicy.TEMPLATE if request.title_template else TagPolicy(request.tag_policy),
        title=Template(request.title_template) if request.title_template else None,
        verification=Verification(request.verification),
        damage=Damage.REFUSE if request.is_strict else Damage.TOLERATE,
    )


def _mode(request: SplitRequest) -> PlannedMode | FileSizeMode:
    if request.max_file_size is not None:
        return FileSizeMode(request.max_file_size)
    if request.segment_ns is not None:
        return DurationMode(request.segment_ns)
    if request.parts is not None:
        return PartsMode(request.parts)
    if request.timestamps_ns is not None:
        return TimestampsMode(request.timestamps_ns)
    if request.cue_sheet is not None:
        return CueMode(request.cue_sheet)
    if request.min_silence_ns is not None:
        return SilenceMode(request.min_silence_ns, request.min_segment_ns, request.max_segment_ns)
    return ChaptersMode()
