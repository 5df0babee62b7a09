"""Makes a transcript of whatever times a recognizer gave."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import pairwise

from server.speech.transcript import Transcript, Word


def normalised(words: Iterable[Word], *, language: str, duration_ms: int) -> Transcript:
    """Keeps every word and, in each channel, their order; moves times as little as the rules need.

    A word that reaches into the next one is cut short there. Applied to its own result it changes nothing.
    """
    channels: dict[str | None, list[Word]] = {}
    for word in words:
        channels.setdefault(word.channel, []).append(word)
    kept = [word for channel in channels.values() for word in _in_order(channel, duration_ms)]
    kept.sort(key=lambda word: (word.start_ms, word.channel or ""))
    return Transcript(tuple(kept), language, duration_ms)


def _in_order(words: list[Word], duration_ms: int) -> Iterator[Word]:
    starts_ms = list(_rising([word.start_ms for word in words], duration_ms))
    for word, (start_ms, next_ms) in zip(words, pairwise([*starts_ms, duration_ms]), strict=True):
        yield replace(word, start_ms=start_ms, end_ms=min(max(word.end_ms, start_ms), next_ms))


def _rising(times_ms: list[int], limit_ms: int) -> Iterator[int]:
    latest_ms = 0
    for time_ms in times_ms:
        latest_ms = min(max(time_ms, latest_ms), limit_ms)
        yield latest_ms
