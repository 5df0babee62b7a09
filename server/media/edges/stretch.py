"""Pieces of decoded sound, put together and placed on the time line of their file."""

from dataclasses import dataclass
from itertools import accumulate
from statistics import mode

import av
import numpy as np
from av.audio.frame import format_dtypes
from numpy.typing import NDArray

#: One row a channel.
Samples = NDArray[np.generic]


@dataclass(frozen=True, slots=True)
class Stretch:
    """Decoded samples that follow each other. Place 0 is the first sample that is to be heard."""

    place: int
    samples: Samples

    @property
    def end(self) -> int:
        return self.place + int(self.samples.shape[1])

    def part(self, place: int, sample_count: int) -> Samples:
        """Shorter where the stretch is."""
        begin = place - self.place
        return self.samples[:, max(0, begin) : max(0, begin + sample_count)]


@dataclass(frozen=True, slots=True)
class Piece:
    """What one packet gave. Without a frame it is silence, for a packet that could not be decoded."""

    stamp: int | None
    frame: av.AudioFrame | None
    sample_count: int

    def samples(self, like: Samples) -> Samples:
        if self.frame is None:
            return np.zeros((like.shape[0], self.sample_count), like.dtype)
        return _rows(self.frame)[:, : self.sample_count]


def _rows(frame: av.AudioFrame) -> Samples:
    channels = frame.layout.nb_channels
    if not frame.format.is_planar:
        return frame.to_ndarray().reshape(-1, channels).T
    # Left to itself, PyAV looks for a ninth plane behind eight and crashes.
    dtype = format_dtypes[frame.format.name]
    return np.stack(
        [np.frombuffer(memoryview(plane), dtype, frame.samples) for plane in frame.planes[:channels]]
    )


def place_of(pieces: list[Piece]) -> int:
    """Of the first one, as most of them say."""
    before = accumulate((piece.sample_count for piece in pieces), initial=0)
    places = [
        piece.stamp - count for piece, count in zip(pieces, before, strict=False) if piece.stamp is not None
    ]
    return mode(places) if places else 0


def assembled(pieces: list[Piece], place: int, needed: int | None, like: Samples | None = None) -> Stretch:
    """`like` is what silence looks like, unless a frame among them shows it."""
    frame = next((piece.frame for piece in pieces if piece.frame is not None), None)
    if frame is not None:
        like = Piece(None, frame, 0).samples(np.zeros((0, 0)))
    elif like is None:
        return Stretch(place, np.zeros((0, 0)))
    ends = list(accumulate((piece.sample_count for piece in pieces), initial=place))
    first = 0
    if needed is not None:
        first = next((at for at, end in enumerate(ends[1:]) if end > needed), len(pieces))
    kept = [piece.samples(like) for piece in pieces[first:]]
    return Stretch(ends[first], np.concatenate(kept, axis=1) if kept else like)
