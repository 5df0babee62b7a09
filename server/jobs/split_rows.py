"""What records hold of split jobs alone, as values."""

from typing import Any

from sqlalchemy import RowMapping

from server.jobs.kinds import Kind, KindName
from server.jobs.model import PlannedSegment, SourceFacts, SplitPlan, SplitRequest, StoredSegment
from server.jobs.rows import known
from zerokerf.encoding import Encoding


def segment_of(row: RowMapping) -> StoredSegment:
    return StoredSegment(**known(StoredSegment, dict(row)))


def request_of(stored: dict[str, Any]) -> SplitRequest:
    """From what `asdict` made of it, here or in another version."""
    asked = known(SplitRequest, stored)
    times = asked.pop("timestamps_ns", None)
    encoding = Encoding(**known(Encoding, asked.pop("encoding", {})))
    return SplitRequest(timestamps_ns=None if times is None else tuple(times), encoding=encoding, **asked)


def plan_of(stored: dict[str, Any]) -> SplitPlan:
    """From what `asdict` made of it."""
    plan = known(SplitPlan, stored)
    source = SourceFacts(**known(SourceFacts, plan.pop("source")))
    segments = tuple(PlannedSegment(**known(PlannedSegment, each)) for each in plan.pop("segments"))
    return SplitPlan(source=source, segments=segments, notes=tuple(plan.pop("notes")), **plan)


SPLIT = Kind(KindName.SPLIT, request_of)
