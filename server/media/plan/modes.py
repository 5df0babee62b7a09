"""What can be asked of a plan, and the words in which a plan answers."""

from dataclasses import dataclass
from enum import StrEnum

#: The shortest segment that is made on purpose: players without gapless support cannot trim shorter ones.
#: What was asked for by number is refused below it, what was found (chapters, pauses, the rest at the end)
#: joins its neighbour.
LEAST_SEGMENT_NS = 100_000_000
#: Shorter pauses are the closures of consonants: they are not even found.
LEAST_PAUSE_NS = 100_000_000


class Reason(StrEnum):
    """Why a segment ends where it does."""

    #: The place that the mode asked for, as near as the format's grid allows.
    DURATION = "duration"
    PART = "part"
    TIMESTAMP = "timestamp"
    CHAPTER = "chapter"
    CUE = "cue"
    #: Within a pause.
    SILENCE = "silence"
    #: No pause was in reach: the quietest moment that was.
    QUIETEST = "quietest"
    #: Nothing in reach is quieter than the rest: exactly where it was wanted, or had to be.
    HARD = "hard"
    #: The source ends here.
    END = "end"


@dataclass(frozen=True, slots=True)
class DurationMode:
    """Equal lengths; the last segment may be shorter."""

    segment_ns: int

    def __post_init__(self) -> None:
        if self.segment_ns <= 0:
            raise ValueError("a segment lasts longer than nothing")


@dataclass(frozen=True, slots=True)
class FileSizeMode:
    """As long as fits into so many bytes, headers included. Its cuts come from an index or a search."""

    max_bytes: int

    def __post_init__(self) -> None:
        if self.max_bytes <= 0:
            raise ValueError("a segment is larger than nothing")


@dataclass(frozen=True, slots=True)
class PartsMode:
    """So many parts, equal to the sample."""

    count: int

    def __post_init__(self) -> None:
        if self.count <= 0:
            raise ValueError("there is at least one part")


@dataclass(frozen=True, slots=True)
class TimestampsMode:
    """Cuts at these times, which rise. A 0 in front is allowed and changes nothing."""

    times_ns: tuple[int, ...]

    def __post_init__(self) -> None:
        if not self.times_ns:
            raise ValueError("there is at least one time")


@dataclass(frozen=True, slots=True)
class ChaptersMode:
    """A segment for each chapter that the source itself names."""


@dataclass(frozen=True, slots=True)
class CueMode:
    """A segment for each track of a cue sheet."""

    sheet: str


@dataclass(frozen=True, slots=True)
class SilenceMode:
    """Cuts in the middle of each long enough pause.

    Pieces below `min_length_ns` join a neighbour; pieces above `max_length_ns` are cut where they are
    quietest. The upper limit is the stronger one.
    """

    min_silence_ns: int
    min_length_ns: int = 0
    max_length_ns: int | None = None

    def __post_init__(self) -> None:
        if self.min_silence_ns < LEAST_PAUSE_NS:
            raise ValueError("a pause lasts at least 0.1 s")
        if self.min_length_ns < 0:
            raise ValueError("no length is negative")
        if self.max_length_ns is not None and self.max_length_ns < LEAST_SEGMENT_NS:
            raise ValueError("a segment lasts at least 0.1 s")


#: Every mode whose cuts follow from facts alone.
PlannedMode = DurationMode | PartsMode | TimestampsMode | ChaptersMode | CueMode | SilenceMode


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanOptions:
    """What applies to every mode."""

    #: How far a cut may move to fall into a pause; None leaves cuts where they are. Of no use to SilenceMode.
    snap_window_ns: int | None = None
    #: How much earlier than its place each segment but the first begins.
    overlap_ns: int = 0
    #: A last segment shorter than this joins the one before.
    min_tail_ns: int = 0

    def __post_init__(self) -> None:
        if min(self.snap_window_ns or 0, self.overlap_ns, self.min_tail_ns) < 0:
            raise ValueError("no length is negative")


def needs_pauses(mode: PlannedMode, options: PlanOptions) -> bool:
    """Whether the source has to be listened to before it can be planned."""
    return isinstance(mode, SilenceMode) or options.snap_window_ns is not None
