"""Real speech with known words, of any length: readings one after the other, never quite the same."""

from collections.abc import Iterator

import numpy as np

from server.speech.recognizer import SAMPLE_RATE, Samples
from tests.speech.recordings import Reading, load_readings, silence

#: Pauses between two readings. Some are long enough that nobody recognizes them.
_PAUSES_S = (0.25, 6.0)
_PACES = (0.94, 1.06)
_LOUDNESSES = (0.4, 1.0)


def lecture(least_s: float, seed: int = 1) -> Reading:
    """Whole readings until they last so long: each a little faster or slower, louder or quieter."""
    samples: list[Samples] = []
    words: list[str] = []
    for reading in _varied(np.random.default_rng(seed)):
        samples.append(reading.samples)
        words += reading.words
        if sum(map(len, samples)) >= least_s * SAMPLE_RATE:
            break
    return Reading(np.concatenate(samples), words)


def _varied(random: np.random.Generator) -> Iterator[Reading]:
    known = load_readings()
    while True:
        for reading in (known.tale, known.worstward):
            spoken = _at_pace(reading.samples, random.uniform(*_PACES)) * random.uniform(*_LOUDNESSES)
            pause = silence(random.uniform(*_PAUSES_S))
            yield Reading(np.concatenate([spoken.astype(np.float32), pause]), reading.words)


def _at_pace(samples: Samples, pace: float) -> Samples:
    """As a tape that runs at another speed."""
    places = np.arange(0, len(samples) - 1, pace)
    played: Samples = np.interp(places, np.arange(len(samples)), samples).astype(np.float32)
    return played
