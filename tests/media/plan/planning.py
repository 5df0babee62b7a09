"""Plans in one line, and recordings with pauses where a test wants them."""

from collections.abc import Sequence

import numpy as np

from server.media.chapters.read import Chapter
from server.media.facts import MediaLimits
from server.media.plan.cuts import (
    NANOS,
    Cut,
    PlannedMode,
    PlanOptions,
    TimestampsMode,
    plan_cuts,
)
from server.media.silence.levels import Levels
from server.media.silence.pauses import Pauses, pauses_of

RATE = 44_100
MINUTE = 60 * RATE
PLAIN = PlanOptions()


def plan(
    mode: PlannedMode,
    total: int = MINUTE,
    options: PlanOptions = PLAIN,
    pauses: Pauses | None = None,
    chapters: Sequence[Chapter] = (),
    step: int = 1,
) -> tuple[Cut, ...]:
    def snap(sample: int) -> int:
        nearest = (sample + step // 2) // step * step
        return total if sample == total or nearest > total else nearest

    return plan_cuts(mode, options, total, RATE, MediaLimits(), pauses=pauses, chapters=chapters, snap=snap)


def at_s(*times: float) -> TimestampsMode:
    return TimestampsMode(tuple(round(time_s * NANOS) for time_s in times))


def starts_s(cuts: Sequence[Cut]) -> list[float]:
    return [cut.first_sample / RATE for cut in cuts]


def why(cuts: Sequence[Cut]) -> list[str]:
    return [cut.reason for cut in cuts]


def talk(length_s: float, *pauses_s: tuple[float, float], quiet: int = 120) -> Pauses:
    """Sound of unsteady loudness, with pauses at these times."""
    count = round(length_s * 100)
    codes = np.where(np.arange(count) // 2 % 2, 30, 50).astype(np.uint8)
    for first_s, end_s in pauses_s:
        codes[round(first_s * 100) : round(end_s * 100)] = quiet
    return pauses_of(
        Levels(sample_rate=RATE, sample_count=round(length_s * RATE), window_samples=441, codes=codes)
    )
