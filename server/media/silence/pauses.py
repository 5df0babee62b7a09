"""Where a recording pauses: measured against its own quiet, never against a number guessed beforehand."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from server.media.plan.modes import LEAST_PAUSE_NS
from server.media.plan.time import NANOS
from server.media.silence.levels import POWERS, Codes, Levels, code_of_power

# All in codes: half decibels below full scale, so more is quieter.
_MARGIN = 20  # how far above its floor a recording still counts as quiet
_LOUDEST_FLOOR = 54  # what is always louder than -27 dBFS is sound, not a floor
_LOUD_RECORDING = 60  # of such sound, -30 dBFS are quiet
_SILENT = 180  # -90 dBFS: nothing but the edited-in or generated silence is so quiet
_SURELY_QUIET = 120  # -60 dBFS: quiet to anyone, in any recording
_FLAT_RANGE = 12  # a recording that moves less than 6 dB has no pauses that could be told from the rest

_MAX_BLIP_WINDOWS = 2  # a click of 20 ms does not end a pause
_FRAME_WINDOWS = 5  # moments are compared over 50 ms
_CHUNK_WINDOWS = 1 << 20

Samples = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Pauses:
    """Every pause of at least 0.1 s, in order, and how quiet each moment is. Counted in the samples of the
    source; the same samples always give the same pauses."""

    sample_rate: int
    sample_count: int
    window_samples: int
    firsts: Samples
    ends: Samples
    moments: Codes  # the RMS of the 50 ms round each window, coded as levels are
    threshold: int  # a code; what is at least as quiet is a pause

    @property
    def threshold_db(self) -> float:
        """In dBFS, as RMS."""
        return -self.threshold / 2

    def spans(self) -> Iterator[tuple[int, int]]:
        """First sample and end of each."""
        return zip(self.firsts.tolist(), self.ends.tolist(), strict=True)


def pauses_of(levels: Levels, threshold_db: float | None = None) -> Pauses:
    """`threshold_db` (dBFS, RMS) takes the place of the measured threshold."""
    threshold = _measured_threshold(levels.codes) if threshold_db is None else code_of_db(threshold_db)
    first_windows, end_windows = _runs(levels.codes >= threshold)
    firsts = first_windows * levels.window_samples
    ends = np.minimum(end_windows * levels.window_samples, levels.sample_count)
    is_long = (ends - firsts) * NANOS >= LEAST_PAUSE_NS * levels.sample_rate
    return Pauses(
        sample_rate=levels.sample_rate,
        sample_count=levels.sample_count,
        window_samples=levels.window_samples,
        firsts=firsts[is_long],
        ends=ends[is_long],
        moments=_moments(levels.codes),
        threshold=threshold,
    )


def code_of_db(threshold_db: float) -> int:
    return min(255, max(0, round(-2 * threshold_db)))


def _measured_threshold(codes: Codes) -> int:
    """10 dB above the 5th percentile of what sounds at all, less where the recording has not that range."""
    counts = np.bincount(codes, minlength=256)[:_SILENT]
    sounding = int(counts.sum())
    if sounding == 0:
        return _SURELY_QUIET
    from_loud = np.cumsum(counts)
    floor = int(np.searchsorted(from_loud, sounding - sounding // 20))
    loud = int(np.searchsorted(from_loud, sounding // 20 + 1))
    if floor - loud < _FLAT_RANGE:
        return _SURELY_QUIET
    if floor < _LOUDEST_FLOOR:
        return _LOUD_RECORDING
    return min(_SURELY_QUIET, floor - min(_MARGIN, (floor - loud) // 3))


def _runs(is_quiet: NDArray[np.bool_]) -> tuple[Samples, Samples]:
    """First and end of each run of quiet windows; blips between two runs belong to the pause."""
    edges = np.flatnonzero(np.diff(is_quiet, prepend=False, append=False)).astype(np.int64)
    firsts, ends = edges[0::2], edges[1::2]
    is_apart = firsts[1:] - ends[:-1] > _MAX_BLIP_WINDOWS
    return (
        firsts[np.concatenate([np.ones(min(1, len(firsts)), bool), is_apart])],
        ends[np.concatenate([is_apart, np.ones(min(1, len(ends)), bool)])],
    )


def _moments(codes: Codes) -> Codes:
    """In chunks, so that the floats stay few."""
    moments = np.empty_like(codes)
    halo = _FRAME_WINDOWS // 2
    for first in range(0, len(codes), _CHUNK_WINDOWS):
        end = min(first + _CHUNK_WINDOWS, len(codes))
        before, after = max(0, first - halo), min(len(codes), end + halo)
        powers = np.pad(POWERS[codes[before:after]], (halo - first + before, halo - after + end), mode="edge")
        means = np.convolve(powers, np.full(_FRAME_WINDOWS, 1 / _FRAME_WINDOWS), "valid")
        moments[first:end] = code_of_power(means)
    return moments
