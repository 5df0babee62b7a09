"""What records hold of split jobs alone, as values."""

from dataclasses import asdict
from typing import Any

from server.jobs.kinds import EventWords, Kind, KindName
from server.jobs.model import Phase, PlannedSegment, Progress, SourceFacts, SplitPlan, SplitRequest
from server.jobs.records.rows import known
from server.jobs.speech_model import Recognized, SpeechRequest
from zerokerf.encoding import Encoding


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
