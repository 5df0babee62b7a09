"""Plans the windows that are recognized in one go: pure, from what was heard where."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from server.speech.listening import FRAME_SAMPLES, FRAMES_PER_S, Bytes, Listening
from server.speech.pauses import Run, speech_runs

_MAX_FRAMES = int(28 * FRAMES_PER_S)  # with its margins a window stays below the 30 s of the model
_PAD_FRAMES = 12  # 0.4 s of the pause at either side stay with the speech
_SKIPPED_PAUSE_FRAMES = int(4 * FRAMES_PER_S)  # a pause that long is never recognized
_ENOUGH_PAUSE_FRAMES = int(1 * FRAMES_PER_S)  # longer pauses are no better places to cut
_SMOOTH_FRAMES = 3  # the quietest moment is looked for over 0.1 s


@dataclass(frozen=True, slots=True)
class Window:
    """Samples of the source, the end not included."""

    first_sample: int
    end_sample: int


def plan_windows(listening: Listening) -> list[Window]:
    """Windows of at most 30 s, in order and without overlap, that hold all speech and no long silence.

    Each ends in the middle of a pause, rather in a long one and rather when it is well filled. Speech that
    never pauses for so long is cut at its quietest moment.
    """
    runs = [piece for run in speech_runs(listening) for piece in _pieces(run, listening.quiet)]
    groups = list(_groups(runs))
    edges = [-_PAD_FRAMES, *(edge for run in groups for edge in (run.first, run.end))]
    edges.append(-(-listening.sample_count // FRAME_SAMPLES) + _PAD_FRAMES)
    windows = []
    for index, run in enumerate(groups):
        before, after = run.first - edges[2 * index], edges[2 * index + 3] - run.end
        first = run.first - min(_PAD_FRAMES, before // 2)
        end = run.end + min(_PAD_FRAMES, after - after // 2)
        window = Window(max(0, first) * FRAME_SAMPLES, min(end * FRAME_SAMPLES, listening.sample_count))
        windows.append(window)
    return windows


def _pieces(run: Run, quiet: Bytes) -> Iterator[Run]:
    """A run that is too long for a window, cut where it is quietest."""
    first = run.first
    while run.end - first > _MAX_FRAMES:
        after = first + _MAX_FRAMES // 2
        cut = after + _quietest(quiet[after : first + _MAX_FRAMES])
        yield Run(first, cut)
        first = cut
    yield Run(first, run.end)


def _quietest(quiet: Bytes) -> int:
    """The louder of two neighbours decides. Of equally quiet moments the last: it fills the window best."""
    lowest = np.lib.stride_tricks.sliding_window_view(quiet, _SMOOTH_FRAMES).min(axis=1)
    return len(lowest) - 1 - int(lowest[::-1].argmax()) + _SMOOTH_FRAMES // 2


def _groups(runs: Sequence[Run]) -> Iterator[Run]:
    at = 0
    while at < len(runs):
        count = _run_count(runs[at : at + _MAX_FRAMES])
        yield Run(runs[at].first, runs[at + count - 1].end)
        at += count


def _run_count(runs: Sequence[Run]) -> int:
    """How many of the coming runs the next window takes."""
    best_count, best_score = 1, -math.inf
    for count, run in enumerate(runs, start=1):
        length = run.end - runs[0].first
        if length > _MAX_FRAMES:
            return best_count
        if count == len(runs):
            return count
        pause = runs[count].first - run.end
        if pause >= _SKIPPED_PAUSE_FRAMES:
            return count
        score = _score(pause, length)
        if score >= best_score:
            best_count, best_score = count, score
    return best_count


def _score(pause: int, length: int) -> float:
    """A full window is worth as much as half a second of pause; less than half a window nearly nothing."""
    filled = length / _MAX_FRAMES
    return min(pause, _ENOUGH_PAUSE_FRAMES) / _ENOUGH_PAUSE_FRAMES + (filled if filled > 0.5 else -2 + filled)
