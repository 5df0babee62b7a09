"""A transcription job's changes as server-sent events: an extension of the documented API."""

from typing import NotRequired

from fastapi import Response
from typing_extensions import TypedDict

from gateway.batch.answers import ErrorMessageJson
from gateway.batch.callers import BatchCaller, BatchJobId
from gateway.batch.states import Status, status_of
from gateway.event_streams import LastEventId, event_bytes, events_answer, sequence_of
from gateway.splits.answers import timestamp
from zerokerf.batch_states import is_final
from zerokerf.durations import exact_seconds
from zerokerf.v1 import batch_service_pb2 as pb
from zerokerf.v1.batch_pb2 import BatchEvent, BatchProgress

#: Those of split jobs; what is not listed is progress.
NAMES: dict[Status, str] = {
    "QUEUED": "job.queued",
    "DONE": "job.completed",
    "FAILED": "job.failed",
}


class BatchEventJson(TypedDict):
    """The `data` of one event. Numbers never go down; what is not known yet is absent."""

    job_id: str
    status: Status
    percent: int
    bytes_fetched: NotRequired[int]
    bytes_total: NotRequired[int]
    audio_seconds_done: NotRequired[float]
    audio_seconds_total: NotRequired[float]
    chunks_done: NotRequired[int]
    chunks_total: NotRequired[int]
    error_message: NotRequired[ErrorMessageJson]
    timestamp: str


async def watch_job(caller: BatchCaller, job_id: BatchJobId, last_event_id: LastEventId = "") -> Response:
    after_sequence = sequence_of(last_event_id)
    batch = caller.backend.batch
    # A stream that has begun cannot answer 404 any more, and a job may be silent for long.
    answer = await batch.GetBatchJob(
        pb.GetBatchJobRequest(id=job_id), metadata=caller.metadata, timeout=caller.timeout_s
    )
    if is_final(answer.job.state) and after_sequence >= answer.job.last_sequence:
        return Response(status_code=204)  # tells an EventSource not to come back
    watch = batch.WatchBatchJob(
        pb.WatchBatchJobRequest(id=job_id, after_sequence=after_sequence), metadata=caller.metadata
    )

    def tell(response: pb.WatchBatchJobResponse) -> bytes:
        event = response.event
        name = NAMES.get(status_of(event.state), "job.progress")
        return event_bytes(event.sequence, name, event_json(job_id, event))

    return events_answer(caller.backend, watch, tell)


def event_json(job_id: str, event: BatchEvent) -> BatchEventJson:
    answer = BatchEventJson(
        job_id=job_id,
        status=status_of(event.state),
        percent=event.progress.percent,
        timestamp=timestamp(event.time),
    )
    _add_work(answer, event.progress)
    if event.HasField("error"):
        answer["error_message"] = ErrorMessageJson(message=event.error.message)
    return answer


def _add_work(answer: BatchEventJson, progress: BatchProgress) -> None:
    if progress.bytes_fetched:
        answer["bytes_fetched"] = progress.bytes_fetched
    if progress.bytes_total:
        answer["bytes_total"] = progress.bytes_total
    if progress.HasField("audio_done"):
        answer["audio_seconds_done"] = exact_seconds(progress.audio_done)
    if progress.HasField("audio_total"):
        answer["audio_seconds_total"] = exact_seconds(progress.audio_total)
    if progress.chunks_total:
        answer["chunks_done"] = progress.chunks_done
        answer["chunks_total"] = progress.chunks_total
