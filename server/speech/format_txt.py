"""A transcript as plain text: one paragraph, or one line for each turn of a speaker or a channel."""

from collections.abc import Sequence
from itertools import groupby

from server.speech.transcript import Transcript, Word
from server.speech.transcript_text import joined

UNKNOWN_SPEAKER = "UU"
_PAUSE_MS = 2_000


def txt_file(transcript: Transcript) -> bytes:
    """Labels appear only where speakers or channels were told apart. Nothing said is an empty file."""
    has_speakers = any(word.speaker is not None for word in transcript.words)
    lines: list[str] = []
    last_speaker: str | None = None
    for (speaker, channel, _), turn in groupby(_in_turns(transcript.words), _voice):
        label = speaker or UNKNOWN_SPEAKER
        if has_speakers and label != last_speaker:
            lines.append(f"SPEAKER: {label}")
            last_speaker = label
        text = joined(list(turn))
        lines.append(f"{channel}: {text}" if channel is not None else text)
    return "\n".join(lines).encode()


def _voice(word: Word) -> tuple[str | None, str | None, str]:
    return word.speaker, word.channel, word.language


def _in_turns(words: Sequence[Word]) -> list[Word]:
    """Where two channels talk at once, whole sentences follow each other by their starts."""
    begun_ms: dict[str | None, int] = {}
    last: dict[str | None, Word] = {}
    keyed: list[tuple[int, Word]] = []
    for word in words:
        before = last.get(word.channel)
        if before is None or before.ends_sentence or word.start_ms - before.end_ms >= _PAUSE_MS:
            begun_ms[word.channel] = word.start_ms
        last[word.channel] = word
        keyed.append((begun_ms[word.channel], word))
    # Sentences that start at the same millisecond are kept apart by their channel.
    return [word for _, word in sorted(keyed, key=lambda pair: (pair[0], pair[1].channel or ""))]
