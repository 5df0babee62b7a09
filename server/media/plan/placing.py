"""Moves wanted cuts into pauses, and joins pieces that became too short."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from server.media.plan.source import Bound, Source
from server.media.silence.choice import choose_cut
from server.media.silence.pauses import Pauses


def into_pauses(
    bounds: Sequence[Bound], source: Source, pauses: Pauses, window_samples: int, min_tail_samples: int
) -> list[Bound]:
    """Each cut may move by the window, but not so far that it could meet a neighbour that moves as well, nor
    that the last piece became too short."""
    ends = [*(bound.sample for bound in bounds[1:]), source.total_samples]
    placed = list(bounds[:1])
    for before, bound, after in zip(bounds, bounds[1:], ends[1:], strict=False):
        first = bound.sample - _reach(bound.sample - before.sample, source, window_samples)
        last = bound.sample + _reach(after - bound.sample, source, window_samples)
        last = max(bound.sample, min(last, source.total_samples - min_tail_samples))
        choice = choose_cut(pauses, bound.sample, first, last)
        placed.append(replace(bound, sample=choice.sample, reason=choice.reason))
    return placed


def _reach(gap: int, source: Source, window_samples: int) -> int:
    return max(0, min(window_samples, (gap - source.least_samples) // 2))


def join_short(
    bounds: Sequence[Bound], source: Source, min_tail_samples: int, most: int | None = None
) -> list[Bound]:
    """No piece is shorter than the shortest segment, nor the last one than `min_tail_samples`, unless there
    is only one, or the joint one were longer than `most`. Bounds that the grid threw together become one.
    A title is kept when the first part has none."""
    most = source.total_samples if most is None else most
    kept = list(bounds[:1])
    for bound, end in zip(bounds[1:], _ends(bounds[1:], source), strict=True):
        is_short = bound.sample - kept[-1].sample < source.least_samples
        if is_short and end - kept[-1].sample <= most:
            kept[-1] = replace(kept[-1], title=kept[-1].title or bound.title)
        else:
            kept.append(bound)
    least_tail = max(source.least_samples, min_tail_samples)
    while len(kept) > 1 and source.total_samples - kept[-1].sample < least_tail:
        if source.total_samples - kept[-2].sample > most:
            break
        kept.pop()
    return kept


def _ends(bounds: Sequence[Bound], source: Source) -> Iterator[int]:
    yield from (bound.sample for bound in bounds[1:])
    if bounds:
        yield source.total_samples
