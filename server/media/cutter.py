"""What cuts one recording: by copying its frames, or through its samples. Both promise the same."""

from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from server.media.decode import OnSamples
from server.media.decoder import Decoder
from server.media.encoding.size_search import SizeStart
from server.media.facts import MediaLimits
from server.media.integrity import Integrity
from server.media.manifest.document import Method, SegmentProof
from server.media.plan.cuts import Cut
from server.media.probing.prober import Prober
from server.media.recipe import Recipe
from server.media.segment import CutSegment, Dress
from zerokerf.formats import Format


@dataclass(frozen=True, slots=True)
class Tools:
    """What cutting works with; one value serves every job of a process."""

    decoder: Decoder
    prober: Prober
    limits: MediaLimits
    parallel: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Proven:
    """What was seen of one finished file, and what its headers hide at its ends."""

    segment: CutSegment
    proof: SegmentProof
    pre_roll_samples: int = 0
    padding_samples: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Making:
    """How the segments of one recording are made, and what they have in common."""

    method: Method
    format: Format
    #: Of the source's time line, on which cuts are.
    sample_rate: int
    channels: int
    sample_count: int
    output_sample_rate: int
    output_channels: int
    integrity: Integrity
    why_not_copied: str | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ExpectedSize:
    """What is not exact is an estimate from the bit rate."""

    size_bytes: int
    is_exact: bool


#: Makes the segments that only trying finds, from a start on. Raises SizeLimitTooSmall or TooManySegments.
Search = Callable[[SizeStart, Dress | None], AsyncGenerator[CutSegment, None]]


class Cutter(Protocol):
    """Segments come in order of index. Close the iterators when leaving early."""

    @property
    def making(self) -> Making: ...

    def snap(self, sample: int) -> int:
        """The nearest place where a cut can be."""
        ...

    async def plan_by_size(self, max_bytes: int, reserve_bytes: int) -> tuple[Cut, ...] | Search:
        """As long as fits, with `reserve_bytes` left free for tags. A search where only trying tells.

        Raises SizeLimitTooSmall or TooManySegments.
        """
        ...

    def expected_size(self, cut: Cut) -> ExpectedSize | None:
        """Of the file without tags; None where only making it tells."""
        ...

    def by_plan(
        self, cuts: Sequence[Cut], dress: Dress | None, on_made: OnSamples | None = None
    ) -> AsyncGenerator[CutSegment, None]:
        """`on_made` counts samples in segments, also in those that are not finished."""
        ...

    async def prove(self, segments: Sequence[CutSegment], recipe: Recipe) -> list[Proven]:
        """Several at once cost less than one by one. Raises VerificationFailed."""
        ...
