"""Words that a caller expects: how they are spelled, and what they may be misheard as."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from server.speech.transcript import Transcript, Word


@dataclass(frozen=True, slots=True)
class Expected:
    """One word or phrase. What is written like one of `sounds_like` is meant to be `content`."""

    content: str
    sounds_like: tuple[str, ...] = ()


def hint_of(contents: Sequence[str]) -> str:
    """What a recognizer is told beforehand."""
    return ", ".join(contents)


def respelled(transcript: Transcript, vocabulary: Sequence[Expected]) -> Transcript:
    """The same speech with each run of words that is written like a `sounds_like` written as its content.

    Case does not count. Longer runs win over shorter ones; a run never crosses a mark or a channel.
    """
    spellings = {
        tuple(sound.casefold().split()): expected.content
        for expected in vocabulary
        for sound in expected.sounds_like
    }
    if not spellings:
        return transcript
    return replace(transcript, words=tuple(_respelled(transcript.words, spellings)))


def _respelled(words: Sequence[Word], spellings: dict[tuple[str, ...], str]) -> Iterator[Word]:
    longest = max(len(sound) for sound in spellings)
    at = 0
    while at < len(words):
        for count in range(min(longest, len(words) - at), 0, -1):
            run = words[at : at + count]
            content = spellings.get(tuple(word.text.casefold() for word in run))
            if content is not None and _is_one_phrase(run):
                yield from _spread(run, content)
                at += count
                break
        else:
            yield words[at]
            at += 1


def _is_one_phrase(run: Sequence[Word]) -> bool:
    first, last = run[0], run[-1]
    return all(not word.after for word in run if word is not last) and all(
        not word.before and word.channel == first.channel for word in run[1:]
    )


def _spread(run: Sequence[Word], content: str) -> Iterator[Word]:
    """The content's words share the time of the run."""
    first, last, texts = run[0], run[-1], content.split()
    length_ms = last.end_ms - first.start_ms
    for index, text in enumerate(texts):
        yield replace(
            first,
            text=text,
            start_ms=first.start_ms + length_ms * index // len(texts),
            end_ms=first.start_ms + length_ms * (index + 1) // len(texts),
            confidence=min(word.confidence for word in run),
            before=first.before if index == 0 else (),
            after=last.after if index == len(texts) - 1 else (),
        )
