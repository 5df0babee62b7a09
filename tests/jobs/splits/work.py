"""Split jobs to test on, as far as they have come, and what was told of them."""

from server.jobs.model import SourceFacts, SplitJob, SplitRequest, StoredSegment
from server.jobs.splits.records import SplitRecords
from server.jobs.states import State

REQUEST = SplitRequest(
    source_url="https://example.org/a.wav",
    segment_ns=600_000_000_000,
    output_format="mp3",
    webhook_url="https://example.org/hook",
    metadata={"title": "Zoë \0 \ud800", "n": 1, "half": 0.5, "yes": True, "none": None},
)
FACTS = SourceFacts("a.wav", 1000, "ab" * 32, "wav", 8000, 1, 300)


async def new_job(records: SplitRecords, account_id: str = "acc_a") -> SplitJob:
    return await records.create(account_id, REQUEST, None)


async def processing_job(records: SplitRecords) -> SplitJob:
    job = await new_job(records)
    return await records.begin(job.id)


def segment(index: int, first: int, count: int) -> StoredSegment:
    return StoredSegment(index, first, count, 10, "cd" * 32, reason="planned")


async def sequences(records: SplitRecords, job: SplitJob) -> list[int]:
    _, events = await records.events(job.account_id, job.id, 0, 1000)
    return [event.sequence for event in events]


async def states(records: SplitRecords, job: SplitJob) -> list[State]:
    _, events = await records.events(job.account_id, job.id, 0, 1000)
    return [event.state for event in events]
