"""The values of recognizing speech, whatever kind of job asks for it: what is wanted, left to do, done."""

from dataclasses import dataclass, field
from typing import Any

#: The share of the whole that is done when recognition begins, and when it ends.
PREPARED_PERCENT = 15
RECOGNIZED_PERCENT = 95


@dataclass(frozen=True, slots=True)
class SpeechRequest:
    """How to transcribe, already validated. Mappings hold JSON values."""

    #: As the client named it, or the documented default.
    model_code: str = ""
    #: With every default filled in.
    transcription_config: dict[str, Any] = field(default_factory=dict)
    output_config: dict[str, Any] | None = None
    tracking: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class SpeechChunk:
    """A stretch of one channel that is recognized in one step, in samples at the recognizer's rate."""

    channel: int
    index: int
    first_sample: int
    sample_count: int
    #: First sample and end of each part that holds speech.
    windows: tuple[tuple[int, int], ...]
    #: What was recognized, as JSON; None until then.
    heard: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Recognized:
    """How much of a recording is recognized. Samples are of one channel: channels lie side by side."""

    chunks: int
    chunks_total: int
    samples: int
    samples_total: int
    #: 0 where it is known already.
    sample_rate: int = 0

    @property
    def percent(self) -> int:
        """Of a job that does nothing else. Where nobody speaks nothing is left to do."""
        if not self.chunks_total:
            return RECOGNIZED_PERCENT
        share = RECOGNIZED_PERCENT - PREPARED_PERCENT
        return PREPARED_PERCENT + share * min(self.samples, self.samples_total) // max(1, self.samples_total)


@dataclass(frozen=True, slots=True)
class StoredTranscript:
    """What was said, as a file in the store. The format is also the end of its name."""

    format: str
    file_name: str
    size_bytes: int
    sha256: str
