"""What records hold of split jobs alone, as values."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import RowMapping

from server.jobs.kinds import EventWords, Kind, KindName
from server.jobs.model import (
    Phase,
    PlannedSegment,
    Progress,
    SourceFacts,
    SplitPlan,
    SplitRequest,
    StoredSegment,
)
from server.jobs.rows import known
from server.jobs.speech_model import Recognized, SpeechRequest, StoredTranscript
from zerokerf.encoding import Encoding


def segment_of(row: RowMapping) -> StoredSegment:
    columns = known(StoredSegment, dict(row))
    return StoredSegment(transcripts=transcripts_of(columns.pop("transcripts")), **columns)


def transcripts_of(stored: list[dict[str, Any]] | None) -> tuple[StoredTranscript, ...]:
    return tuple(StoredTranscript(**known(StoredTranscript, each)) for each in stored or ())


def transcript_columns(transcripts: Sequence[StoredTranscript]) -> list[dict[str, Any]]:
    return [asdict(each) for each in transcripts]


def request_of(stored: dict[str, Any]) -> SplitRequest:
    """From what `asdict` made of it, here or in another version."""
    asked = known(SplitRequest, stored)
    times = asked.pop("timestamps_ns", None)
    encoding = Encoding(**known(Encoding, asked.pop("encoding", {})))
    speech = asked.pop("transcribe", None)
    return SplitRequest(
        timestamps_ns=None if times is None else tuple(times),
        encoding=encoding,
        transcribe=None if speech is None else SpeechRequest(**known(SpeechRequest, speech)),
        **asked,
    )


def asked_of(request: SplitRequest) -> dict[str, Any]:
    """What makes two requests the same, also when an older version, which cut only, recorded the first."""
    asked = asdict(request)
    if request.transcribe is None:
        del asked["transcribe"]
    if not request.is_bulk:
        del asked["is_bulk"]
    return asked


def plan_of(stored: dict[str, Any]) -> SplitPlan:
    """From what `asdict` made of it."""
    plan = known(SplitPlan, stored)
    source = SourceFacts(**known(SourceFacts, plan.pop("source")))
    segments = tuple(PlannedSegment(**known(PlannedSegment, each)) for each in plan.pop("segments"))
    return SplitPlan(source=source, segments=segments, notes=tuple(plan.pop("notes")), **plan)


def progress_of(recognized: Recognized) -> Progress:
    """All other numbers are those of the segments."""
    return Progress(phase=Phase.TRANSCRIBING, heard_percent=recognized.percent)


_WORDS = EventWords("job.completed", "job.failed", "job.progress")

SPLIT = Kind(KindName.SPLIT, request_of, progress_of, _WORDS)
