"""Chooses the best place for a cut within reach: a pause, else the quietest moment, else none."""

from dataclasses import dataclass

import numpy as np

from server.media.plan.modes import Reason
from server.media.silence.pauses import Pauses, Samples

_LEAST_PAUSE_TENTHS_S = 3  # shorter ones lie within sentences
_QUIETER = 6  # a moment stands out when it is 3 dB below the median of what is in reach


@dataclass(frozen=True, slots=True)
class Choice:
    """A place and why it is there."""

    sample: int
    reason: Reason


def choose_cut(pauses: Pauses, target: int, first: int, last: int) -> Choice:
    """A place from `first` to `last`, both included, for a cut that is wanted at `target`, between them.

    Long pauses count for more, up to 1.5 s, and near ones do; a pause is cut in its middle. Without one the
    quietest 50 ms are taken; where nothing stands out the cut stays exactly at its target.
    """
    found = _best_pause(pauses, target, first, last)
    if found is not None:
        return Choice(found, Reason.SILENCE)
    quietest = _quietest(pauses, target, first, last)
    return Choice(target, Reason.HARD) if quietest is None else Choice(quietest, Reason.QUIETEST)


def _best_pause(pauses: Pauses, target: int, first: int, last: int) -> int | None:
    in_reach = slice(
        int(np.searchsorted(pauses.ends, first, "right")), int(np.searchsorted(pauses.firsts, last, "left"))
    )
    firsts, ends = pauses.firsts[in_reach], pauses.ends[in_reach]
    is_long = (ends - firsts) * 10 >= _LEAST_PAUSE_TENTHS_S * pauses.sample_rate
    firsts, ends = firsts[is_long], ends[is_long]
    if not len(firsts):
        return None
    places = _places(firsts, ends, target, first, last)
    away = np.abs(places - target)
    # min(length, 1.5 s) / 1.5 s - distance / (2 * reach), multiplied until all are whole numbers
    enough = max(1, 3 * pauses.sample_rate // 2)
    reach = max(1, target - first, last - target)
    scores = np.minimum(ends - firsts, enough) * 2 * reach - away * enough
    best = np.flatnonzero(scores == scores.max())
    return int(places[best[np.argmin(away[best])]])


def _places(firsts: Samples, ends: Samples, target: int, first: int, last: int) -> Samples:
    """The middle of each pause. Of one whose middle is out of reach: the target if that is quiet already,
    else as deep inside as can be reached."""
    middles = (firsts + ends) // 2
    is_out = (middles < first) | (middles > last)
    is_quiet_already = (firsts <= target) & (target < ends)
    places: Samples = np.where(is_out & is_quiet_already, target, np.clip(middles, first, last))
    return places


def _quietest(pauses: Pauses, target: int, first: int, last: int) -> int | None:
    """The middle of the quietest window, the nearest one if there are several."""
    window, middle = pauses.window_samples, pauses.window_samples // 2
    from_window, end_window = -(-(first - middle) // window), (last - middle) // window + 1
    from_window = max(0, from_window)
    moments = pauses.moments[from_window : max(from_window, end_window)]
    if not len(moments):
        return None
    quietest = int(moments.max())
    if quietest - int(np.partition(moments, len(moments) // 2)[len(moments) // 2]) < _QUIETER:
        return None
    places = (np.flatnonzero(moments == quietest) + from_window) * window + middle
    return int(places[np.argmin(np.abs(places - target))])
