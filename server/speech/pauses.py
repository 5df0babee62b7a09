"""Where somebody speaks and where not, from how surely each frame is speech."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from server.speech.listening import Bytes, Listening

_SPEECH = 128  # as sure as that makes speech begin
_NO_SPEECH = 89  # and less than that makes it end, 35 %
_LEAST_PAUSE_FRAMES = 3  # 96 ms; shorter ones lie inside words
_LEAST_SPEECH_FRAMES = 2  # a single frame is a click

Frames = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Run:
    """Frames of speech without a pause: from `first` up to, not including, `end`."""

    first: int
    end: int


def speech_runs(listening: Listening) -> list[Run]:
    firsts, ends = _edges(_is_speech(listening.speech))
    if not len(firsts):
        return []
    is_apart = firsts[1:] - ends[:-1] >= _LEAST_PAUSE_FRAMES
    firsts, ends = firsts[np.append(True, is_apart)], ends[np.append(is_apart, True)]
    is_long = ends - firsts >= _LEAST_SPEECH_FRAMES
    return [Run(*edges) for edges in zip(firsts[is_long].tolist(), ends[is_long].tolist(), strict=True)]


def _is_speech(sureness: Bytes) -> NDArray[np.bool_]:
    """Frames in doubt are what the last frame without doubt was."""
    if not len(sureness):
        return np.zeros(0, np.bool_)
    is_sure = (sureness >= _SPEECH) | (sureness < _NO_SPEECH)
    last_sure = np.maximum.accumulate(np.where(is_sure, np.arange(len(sureness)), 0))
    return (sureness >= _SPEECH)[last_sure]


def _edges(is_speech: NDArray[np.bool_]) -> tuple[Frames, Frames]:
    edges = np.flatnonzero(np.diff(is_speech, prepend=False, append=False)).astype(np.int64)
    return edges[0::2], edges[1::2]
