"""A transcript as JSON in the shape json-v2, version 2.9: `docs/transcript.schema.json` is its schema."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from server.speech.format_txt import UNKNOWN_SPEAKER
from server.speech.transcript import Mark, Transcript, Word
from server.speech.transcript_languages import writing

FORMAT_VERSION = "2.9"


@dataclass(frozen=True, slots=True)
class JobFacts:
    """What the file says of the job it comes from. The mappings hold JSON values only."""

    job_id: str
    created_at: datetime
    data_name: str
    finished_at: datetime
    transcription_config: Mapping[str, object]
    engine_version: str
    tracking: Mapping[str, object] | None = None
    output_config: Mapping[str, object] | None = None


def json_file(transcript: Transcript, facts: JobFacts) -> bytes:
    document = {
        "format": FORMAT_VERSION,
        "job": _job(transcript, facts),
        "metadata": _metadata(transcript, facts),
        "results": _results(transcript),
    }
    text = json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode(errors="replace")  # a file's name may hold what is no text


def _job(transcript: Transcript, facts: JobFacts) -> dict[str, object]:
    job: dict[str, object] = {
        "id": facts.job_id,
        "created_at": _instant(facts.created_at, "milliseconds"),
        "data_name": facts.data_name,
        "duration": -(-transcript.duration_ms // 1000),  # rounded up: no word lies outside
    }
    return job if facts.tracking is None else {**job, "tracking": dict(facts.tracking)}


def _metadata(transcript: Transcript, facts: JobFacts) -> dict[str, object]:
    style = writing(transcript.language)
    metadata: dict[str, object] = {
        "created_at": _instant(facts.finished_at, "microseconds"),
        "type": "transcription",
        "transcription_config": dict(facts.transcription_config),
        "language_pack_info": {
            "adapted": False,
            "itn": True,
            "language_description": style.description,
            "word_delimiter": style.word_delimiter,
            "writing_direction": "right-to-left" if style.is_right_to_left else "left-to-right",
        },
        "orchestrator_version": facts.engine_version,
    }
    return (
        metadata if facts.output_config is None else {**metadata, "output_config": dict(facts.output_config)}
    )


def _instant(time: datetime, precision: str) -> str:
    return time.astimezone(UTC).replace(tzinfo=None).isoformat(timespec=precision) + "Z"


def _results(transcript: Transcript) -> list[dict[str, object]]:
    """In order of time. Where channels talk at once, a mark belongs to the word before it in its channel."""
    ended_ms: dict[str | None, int] = {}
    items: list[tuple[int, dict[str, object]]] = []
    for word in transcript.words:
        items.extend(_items(word, ended_ms.get(word.channel, word.start_ms)))
        ended_ms[word.channel] = word.end_ms
    return [item for _, item in sorted(items, key=lambda pair: pair[0])]


def _items(word: Word, ended_ms: int) -> Iterator[tuple[int, dict[str, object]]]:
    for mark in word.before:
        yield ended_ms, _punctuation(mark, word, ended_ms)
    yield word.start_ms, _item("word", word, word.text, (word.start_ms, word.end_ms))
    for mark in word.after:
        yield word.end_ms, _punctuation(mark, word, word.end_ms)


def _punctuation(mark: Mark, word: Word, at_ms: int) -> dict[str, object]:
    item = _item("punctuation", word, mark.text, (at_ms, at_ms))
    return {**item, "attaches_to": mark.attaches_to.value, "is_eos": mark.is_eos}


def _item(kind: str, word: Word, content: str, times_ms: tuple[int, int]) -> dict[str, object]:
    alternative: dict[str, object] = {
        "content": content,
        "confidence": round(word.confidence, 2),
        "language": word.language,
        "speaker": word.speaker or UNKNOWN_SPEAKER,
    }
    if writing(word.language).is_right_to_left:
        alternative["display"] = {"direction": "rtl"}
    item: dict[str, object] = {
        "type": kind,
        "start_time": _seconds(times_ms[0]),
        "end_time": _seconds(times_ms[1]),
        "alternatives": [alternative],
    }
    return item if word.channel is None else {**item, "channel": word.channel}


def _seconds(time_ms: int) -> float:
    """Rounded down, so order stays and nothing leaves the audio."""
    return time_ms // 10 / 100
