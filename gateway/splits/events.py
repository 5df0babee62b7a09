"""A split job's changes as server-sent events."""

from typing import NotRequired

from fastapi import Response
from typing_extensions import TypedDict

from gateway.backend import AnyCaller, JobId
from gateway.event_streams import LastEventId, event_bytes, events_answer, sequence_of
from gateway.splits.answers import JobErrorJson, Status, duration_json, job_error_json, status_of, timestamp
from zerokerf.states import is_final
from zerokerf.v1 import split_service_pb2 as pb
from zerokerf.v1.split_pb2 import SplitEvent, SplitProgress

#: The webhooks' names, and one for a job that waits.
NAMES: dict[Status, str] = {
    "queued": "job.queued",
    "processing": "job.progress",
    "completed": "job.completed",
    "failed": "job.failed",
}


class EventJson(TypedDict):
    """The `data` of one event. Numbers never go down; what is not known yet is absent."""

    jobId: str
    status: Status
    progress: int
    phase: NotRequired[str]
    bytesFetched: NotRequired[int]
    bytesTotal: NotRequired[int]
    audioDone: NotRequired[float]
    audioTotal: NotRequired[float]
    segmentsDone: NotRequired[int]
    segmentsTotal: NotRequired[int]
    error: NotRequired[JobErrorJson]
    timestamp: str


async def watch_split(caller: AnyCaller, job_id: JobId, last_event_id: LastEventId = "") -> Response:
    after_sequence = sequence_of(last_event_id)
    splits = caller.backend.splits
    # A stream that has begun cannot answer 404 any more, and a job may be silent for long.
    answer = await splits.GetSplit(
        pb.GetSplitRequest(id=job_id), metadata=caller.metadata, timeout=caller.timeout_s
    )
    if is_final(answer.split.state) and after_sequence >= answer.split.last_sequence:
        return Response(status_code=204)  # tells an EventSource not to come back
    watch = splits.WatchSplit(
        pb.WatchSplitRequest(id=job_id, after_sequence=after_sequence), metadata=caller.metadata
    )

    def tell(response: pb.WatchSplitResponse) -> bytes:
        event = response.event
        return event_bytes(event.sequence, NAMES[status_of(event.state)], event_json(job_id, event))

    return events_answer(caller.backend, watch, tell)


def event_json(job_id: str, event: SplitEvent) -> EventJson:
    answer = EventJson(
        jobId=job_id,
        status=status_of(event.state),
        progress=event.progress.percent,
        timestamp=timestamp(event.time),
    )
    _add_work(answer, event.progress)
    if event.HasField("error"):
        answer["error"] = job_error_json(event.error)
    return answer


def _add_work(answer: EventJson, progress: SplitProgress) -> None:
    if progress.phase:
        answer["phase"] = SplitProgress.Phase.Name(progress.phase).removeprefix("PHASE_").lower()
    if progress.bytes_fetched:
        answer["bytesFetched"] = progress.bytes_fetched
    if progress.bytes_total:
        answer["bytesTotal"] = progress.bytes_total
    if progress.HasField("audio_done"):
        answer["audioDone"] = duration_json(progress.audio_done)
    if progress.HasField("audio_total"):
        answer["audioTotal"] = duration_json(progress.audio_total)
    if progress.segments_total:
        answer["segmentsDone"] = progress.segments_done
        answer["segmentsTotal"] = progress.segments_total
