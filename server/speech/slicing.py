"""What is said in each part of a recording that is cut: pure, from the transcript of the whole."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from server.speech.transcript import Transcript, Word
from server.speech.transcript_normal import normalised


@dataclass(frozen=True, slots=True)
class Part:
    """A range of the source, and the file that holds it, which begins `overlap_samples` earlier."""

    first_sample: int
    sample_count: int
    overlap_samples: int = 0


def sliced(transcript: Transcript, parts: Sequence[Part], sample_rate: int) -> list[Transcript]:
    """One transcript for each part, on the time line of its file.

    The parts follow each other from the source's first sample to its last. A word belongs to the one that
    holds its middle: every word is in exactly one. What of it lies outside the file is cut off.
    """
    # Sums of a word's two times, in twice the samples and thousandths: nothing is rounded here.
    bounds = [2000 * part.first_sample for part in parts[1:]]
    words: list[list[Word]] = [[] for _ in parts]
    for word in transcript.words:
        words[bisect_right(bounds, (word.start_ms + word.end_ms) * sample_rate)].append(word)
    return [
        _moved(found, part, transcript.language, sample_rate)
        for found, part in zip(words, parts, strict=True)
    ]


def _moved(words: Sequence[Word], part: Part, language: str, sample_rate: int) -> Transcript:
    begins_ms = (part.first_sample - part.overlap_samples) * 1000 // sample_rate
    duration_ms = (part.overlap_samples + part.sample_count) * 1000 // sample_rate
    moved = [word.moved(-begins_ms) for word in words]
    return normalised(moved, language=language, duration_ms=duration_ms)
