"""A job's changes as server-sent events, resumed by Last-Event-ID."""

import asyncio
import json
from collections.abc import AsyncGenerator
from typing import Annotated, NotRequired

import grpc
from fastapi import Header, Response
from typing_extensions import TypedDict

from gateway.answers import JobErrorJson, Status, duration_json, job_error_json, status_of, timestamp
from gateway.backend import AnyCaller, JobId
from gateway.streams import ClosingStream
from zerokerf.errors import InvalidParams
from zerokerf.states import is_final
from zerokerf.v1 import split_service_pb2 as pb
from zerokerf.v1.split_pb2 import SplitEvent, SplitProgress

Watch = grpc.aio.UnaryStreamCall[pb.WatchSplitRequest, pb.WatchSplitResponse]

#: The webhooks' names, and one for a job that waits.
NAMES: dict[Status, str] = {
    "queued": "job.queued",
    "processing": "job.progress",
    "completed": "job.completed",
    "failed": "job.failed",
}

#: How long a client waits before it comes back, in milliseconds.
_HELLO = b"retry: 2000\n\n"
_PING = b": ping\n\n"
_LARGEST_ID_DIGITS = 18


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


async def watch_split(
    caller: AnyCaller,
    job_id: JobId,
    last_event_id: Annotated[str, Header(alias="Last-Event-ID", description="Skip events up to this.")] = "",
) -> Response:
    after_sequence = _sequence(last_event_id)
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
    backend = caller.backend
    return ClosingStream(
        event_stream(job_id, watch, backend.config.ping_s, backend.draining),
        headers={
            "Content-Type": "text/event-stream; charset=utf-8",
            "Cache-Control": "no-store",
            "X-Accel-Buffering": "no",
        },
    )


async def event_stream(
    job_id: str, watch: Watch, ping_s: float, draining: asyncio.Event
) -> AsyncGenerator[bytes, None]:
    """Ends after the final event, at a stop and when the server is lost: the client comes back by itself."""
    stopping = asyncio.create_task(draining.wait())
    reading = asyncio.create_task(_read(watch))
    try:
        yield _HELLO
        while True:
            done, _ = await asyncio.wait(
                {reading, stopping}, timeout=ping_s, return_when=asyncio.FIRST_COMPLETED
            )
            if stopping in done:
                return
            if reading not in done:
                yield _PING
                continue
            event = reading.result()
            if event is None:
                return
            yield event_bytes(job_id, event)
            reading = asyncio.create_task(_read(watch))
    finally:
        watch.cancel()
        stopping.cancel()
        reading.cancel()
        await asyncio.gather(stopping, reading, return_exceptions=True)


async def _read(watch: Watch) -> SplitEvent | None:
    try:
        response = await watch.read()
    except grpc.aio.AioRpcError:  # the server logged why; the status line is already sent
        return None
    return response.event if isinstance(response, pb.WatchSplitResponse) else None


def event_bytes(job_id: str, event: SplitEvent) -> bytes:
    data = json.dumps(event_json(job_id, event), ensure_ascii=False, separators=(",", ":"))
    name = NAMES[status_of(event.state)]
    return f"id: {event.sequence}\nevent: {name}\ndata: {data}\n\n".encode()


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


def _sequence(last_event_id: str) -> int:
    if not last_event_id:
        return 0
    if not (last_event_id.isascii() and last_event_id.isdigit()) or len(last_event_id) > _LARGEST_ID_DIGITS:
        raise InvalidParams({"Last-Event-ID": "Must be the id of an event of this job."})
    return int(last_event_id)
