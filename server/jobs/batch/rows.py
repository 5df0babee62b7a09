"""What records hold of transcription jobs alone, as values."""

from typing import Any

from server.jobs.batch.model import BatchRequest
from server.jobs.kinds import EventWords, Kind, KindName
from server.jobs.model import Phase, Progress
from server.jobs.records.rows import known
from server.jobs.speech_model import Recognized


def request_of(stored: dict[str, Any]) -> BatchRequest:
    """From what `asdict` made of it, here or in another version."""
    return BatchRequest(**known(BatchRequest, stored))


def progress_of(recognized: Recognized) -> Progress:
    return Progress(
        phase=Phase.TRANSCRIBING,
        percent=recognized.percent,
        samples_done=recognized.samples,
        samples_total=recognized.samples_total,
        sample_rate=recognized.sample_rate,
        segments_done=recognized.chunks,
        segments_total=recognized.chunks_total,
    )


BATCH = Kind(KindName.BATCH, request_of, progress_of, EventWords("batch.done", "batch.failed"))
