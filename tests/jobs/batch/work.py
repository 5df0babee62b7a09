"""Transcription jobs to test on, as far as they have come."""

from server.jobs.batch.model import BatchJob, BatchRequest
from server.jobs.batch.records import BatchRecords

REQUEST = BatchRequest(
    source_url="https://example.org/a.wav",
    model_code="ours/small",
    transcription_config={"language": "en", "operating_point": "standard", "diarization": "none"},
    metadata={"team": {"name": "north", "floors": [1, 2.5, None]}},
)


async def begun(records: BatchRecords, public_id: str = "call17") -> BatchJob:
    job = await records.create("acc_a", REQUEST, public_id)
    return await records.begin(job.id)


async def done(records: BatchRecords, public_id: str = "call17") -> BatchJob:
    job = await begun(records, public_id)
    return await records.complete(job.id, {"word_count": 3, "language": "en"})
