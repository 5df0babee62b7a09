"""What is asked of the process that compares segments with their source, and what it answers."""

from dataclasses import dataclass
from enum import IntEnum


class Match(IntEnum):
    """How alike a segment, decoded alone, is to its source."""

    NONE = 0
    #: A decoder that begins anew at the same frame of the source makes the very same samples: the frames are
    #: the source's, though one that played the source up to there makes slightly others.
    FRAMES = 1
    #: The samples are those of the source, played up to there.
    SAMPLES = 2


@dataclass(frozen=True, slots=True)
class Edge:
    """A range of a segment, counted on the source's time line and on its own."""

    original: int
    place: int
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """Anchors are where to begin in its own file: byte and place of some of its frames."""

    path: str
    first_sample: int
    sample_count: int
    anchors: list[list[int]]

    def edges(self, edge: int, pre_roll: int) -> tuple[Edge, Edge]:
        """The same one twice where everything is compared."""
        if self.sample_count <= 2 * edge + pre_roll:
            whole = Edge(self.first_sample, 0, self.sample_count)
            return whole, whole
        tail = self.sample_count - edge
        return Edge(self.first_sample, 0, edge), Edge(self.first_sample + tail, tail, edge)


@dataclass(slots=True)
class Seen:
    """At one segment's edges; `found` is its length in samples, by its last frame.

    `settled` says after how many samples the head is the source's, `deviation` how far it is off until then,
    1 being full scale. `pre_roll` and `padding` are what its headers hide in front and at the end.
    """

    head: Match = Match.NONE
    tail: Match = Match.NONE
    found: int = -1
    settled: int = 0
    deviation: float = 0.0
    pre_roll: int = 0
    padding: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """Lengths in samples: of an edge, and of what is decoded before it, at first and for more looks if it is
    not alike then. `tolerance` is a deviation."""

    edge: int
    pre_rolls: list[int]
    tolerance: float

    @property
    def pre_roll(self) -> int:
        return self.pre_rolls[0]
