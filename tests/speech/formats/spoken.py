"""Transcripts to write: the contract's planning call, and anything at all."""

from collections.abc import Iterable
from datetime import UTC, datetime

from hypothesis import strategies as st

from server.speech.format_json import JobFacts
from server.speech.transcript import Transcript, Word
from server.speech.transcript_normal import normalised
from server.speech.transcript_tokens import Heard, words_of

FACTS = JobFacts(
    job_id="call17",
    created_at=datetime(2026, 5, 2, 8, tzinfo=UTC),
    data_name="call-17.mp3",
    finished_at=datetime(2026, 5, 2, 8, 0, 9, 120_000, tzinfo=UTC),
    transcription_config={"language": "en", "operating_point": "enhanced", "diarization": "none"},
    engine_version="0.1.0",
)

CALL = [
    (" Good", 400, 660),
    (" morning,", 660, 1100),
    (" this", 1150, 1400),
    (" is", 1400, 1500),
    (" the", 1500, 1700),
    (" weekly", 1700, 2080),
    (" planning", 2080, 2500),
    (" call.", 2500, 2950),
    (" Let's", 3900, 4200),
    (" start.", 4200, 4550),
]


def heard(pieces: Iterable[tuple[str, int, int]], confidence: float = 0.9) -> list[Heard]:
    return [Heard(text, start_ms, end_ms, confidence) for text, start_ms, end_ms in pieces]


def transcript(words: Iterable[Word], *, language: str = "en", duration_ms: int = 5_000) -> Transcript:
    return normalised(words, language=language, duration_ms=duration_ms)


def call() -> Transcript:
    return transcript(words_of(heard(CALL), language="en"))


def said(
    *texts: str,
    language: str = "en",
    speaker: str | None = None,
    channel: str | None = None,
    from_ms: int = 0,
) -> list[Word]:
    """One piece each 100 ms."""
    pieces = [(text, from_ms + 100 * index, from_ms + 100 * index + 100) for index, text in enumerate(texts)]
    return words_of(heard(pieces), language=language, speaker=speaker, channel=channel)


_HOSTILE = st.sampled_from(
    [
        " Hello,", " world.", "-known", " U.S.", " 3.5", " ...", " -->", "\n\n2\n", "\x00", " a\nb", "", " ",
        "&lt;", " <b>", " {\\an8}", "\u202eabc", " \ud800", " שלום", " مرحبا،", " 你好。", "「", "」",
        "\u0301", "👩\u200d👩", "WEBVTT", "NOTE", " 12", "\u2028", "\ufeff", '"', "'", " —", " ¿Qué?",
        " <v Bob>", " 00:00:01,000", "\\N",
    ]
)  # fmt: skip
_TEXTS = _HOSTILE | st.text(st.characters(exclude_categories=()), max_size=60)
_TIMES_MS = st.integers(-1_000, 12_000) | st.integers()
_PIECES = st.builds(Heard, _TEXTS, _TIMES_MS, _TIMES_MS, st.floats())
_STRETCHES = st.builds(
    words_of,
    st.lists(_PIECES, max_size=12),
    language=st.sampled_from(["en", "zh", "ja", "ar", "he", "el", "th", "xx"]),
    speaker=st.sampled_from([None, "S1", "S2"]),
    channel=st.sampled_from([None, "channel_1", "channel_2"]),
)


def anything() -> st.SearchStrategy[Transcript]:
    """Whatever a recognizer may write, in scripts, voices and channels, with times that make no sense."""
    words = st.lists(_STRETCHES, max_size=4).map(lambda stretches: [w for one in stretches for w in one])
    return st.builds(
        normalised, words, language=st.sampled_from(["en", "zh", "ar"]), duration_ms=st.integers(0, 10_000)
    )
