"""What every copier promises: an exact index of one file, and segments made of its own frames."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol, runtime_checkable

from server.media.integrity import Integrity as Integrity  # noqa: PLC0414 - every copier takes it from here
from zerokerf.formats import Format


class NotCopyable(Exception):
    """This file takes the way through decoding. `reason` is a sentence for its manifest."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@runtime_checkable
class Expecting(Protocol):
    """A copier that works ahead when it knows what will be asked of it."""

    def expect(self, bounds: Sequence[int]) -> None:
        """The samples at which segments will begin and end."""
        ...


class Copier(Protocol):
    """One indexed file. Samples are counted per channel, as a gapless decoder gives them, from 0.

    Opening raises NotCopyable for what is declined, and CorruptFile for what holds no audio at all. All
    calls block, belong in a thread, and may be made from several at once. Memory stays flat in the file's
    size.
    """

    @property
    def format(self) -> Format: ...
    @property
    def sample_rate(self) -> int: ...
    @property
    def channels(self) -> int: ...
    @property
    def sample_count(self) -> int: ...
    @property
    def integrity(self) -> Integrity: ...

    def snap(self, sample: int) -> int:
        """The nearest place where a cut can be. 0 and `sample_count` are such places."""
        ...

    def size_bytes(self, first_sample: int, sample_count: int) -> int:
        """Exactly the size of the file that `write` makes, without tags. Both ends lie on the grid."""
        ...

    def fit(self, first_sample: int, max_bytes: int) -> int:
        """The most samples from there, ending on the grid, whose file is no larger; 0 if none is."""
        ...

    def excess_samples(self, first_sample: int, sample_count: int) -> int:
        """What a decoder adds to the segment because the format has no field to hide it; 0 but for ADTS."""
        ...

    def write(self, first_sample: int, sample_count: int, output: Path) -> None:
        """A file that decodes, on its own, to exactly these samples. The same call writes the same bytes."""
        ...
