"""What a job asked for, in the words of the media core."""

from server.jobs.model import SplitRequest
from server.media.plan import (
    ChaptersMode,
    CueMode,
    DurationMode,
    PartsMode,
    PlannedMode,
    PlanOptions,
    SilenceMode,
    TimestampsMode,
)


def mode_of(request: SplitRequest) -> PlannedMode:
    """For every mode but that by size."""
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


def options_of(request: SplitRequest) -> PlanOptions:
    return PlanOptions(
        snap_window_ns=request.snap_window_ns,
        overlap_ns=request.overlap_ns,
        min_tail_ns=request.min_tail_ns,
    )
