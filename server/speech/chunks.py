"""Divides a recording into chunks that are transcribed apart, and puts what was heard in them together."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from server.speech.recognizer import SAMPLE_RATE, OnWindow, Recognizer, Samples, Task
from server.speech.sound import Sound
from server.speech.transcript import Transcript, Word
from server.speech.transcript_normal import normalised
from server.speech.transcript_tokens import Heard, words_of
from server.speech.windows import Window

_LEAST_WINDOWS = 4  # enough for the threads of one worker
_MOST_WINDOWS = 8  # some three minutes: what is lost when a worker dies
_WANTED_CHUNKS = 12  # so that every idle worker finds one
_LANGUAGE_WINDOWS = 4


@dataclass(frozen=True, slots=True)
class Chunk:
    """The work of one step. The chunks of a recording lie side by side from its first sample to its last, so
    the length of those that are done is progress; their windows hold what there is to recognize."""

    index: int
    first_sample: int
    end_sample: int
    windows: tuple[Window, ...]


@dataclass(frozen=True, slots=True)
class HeardChunk:
    """What was heard in each window of a chunk, on the time line of the source."""

    index: int
    windows: tuple[tuple[Heard, ...], ...]
    channel: str | None = None


def plan_chunks(windows: Sequence[Window], sample_count: int) -> list[Chunk]:
    """Alike in their number of windows. None where nobody speaks."""
    per_chunk = min(_MOST_WINDOWS, max(_LEAST_WINDOWS, len(windows) // _WANTED_CHUNKS))
    count = -(-len(windows) // per_chunk)
    bounds = [len(windows) * index // count for index in range(count + 1)] if count else [0]
    groups = [tuple(windows[first:end]) for first, end in pairwise(bounds)]
    edges = [0, *(group[0].first_sample for group in groups[1:]), sample_count]
    return [Chunk(index, edges[index], edges[index + 1], group) for index, group in enumerate(groups)]


async def hear_language(recognizer: Recognizer, sound: Sound, windows: Sequence[Window]) -> str:
    """The language of a recording that has windows, from a few of them spread over it."""
    step = -(-len(windows) // _LANGUAGE_WINDOWS)
    samples = await asyncio.to_thread(samples_in, sound, windows[::step])
    return await recognizer.detect_language(samples)


async def hear_chunk(
    recognizer: Recognizer,
    samples: Sequence[Samples],
    chunk: Chunk,
    task: Task,
    *,
    channel: str | None = None,
    on_window: OnWindow | None = None,
) -> HeardChunk:
    """From the samples of each of its windows. Safe to repeat."""
    heard = await recognizer.recognize(samples, task, on_window)
    windows = tuple(_moved(pieces, window) for pieces, window in zip(heard, chunk.windows, strict=True))
    return HeardChunk(chunk.index, windows, channel)


def stitch(chunks: Iterable[HeardChunk], *, language: str, duration_ms: int) -> Transcript:
    """One transcript of all chunks of all channels, in whatever order they come.

    Raises ValueError if a chunk is there twice: its words would be doubled.
    """
    ordered = sorted(chunks, key=lambda chunk: (chunk.channel or "", chunk.index))
    if len({(chunk.channel, chunk.index) for chunk in ordered}) < len(ordered):
        raise ValueError("a chunk is stitched once")
    words: list[Word] = []
    for chunk in ordered:
        for pieces in chunk.windows:
            words += words_of(pieces, language=language, channel=chunk.channel)
    return normalised(words, language=language, duration_ms=duration_ms)


def samples_in(sound: Sound, windows: Sequence[Window]) -> list[Samples]:
    return [sound.read(window.first_sample, window.end_sample) for window in windows]


def _moved(pieces: Iterable[Heard], window: Window) -> tuple[Heard, ...]:
    by_ms = window.first_sample * 1000 // SAMPLE_RATE
    return tuple(
        Heard(piece.text, piece.start_ms + by_ms, piece.end_ms + by_ms, piece.confidence) for piece in pieces
    )
