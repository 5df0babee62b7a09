"""The documented statuses of transcription jobs."""

from typing import Literal

from zerokerf.v1.batch_pb2 import BatchJob

Status = Literal["QUEUED", "IN_PROGRESS", "DECODING", "POST_PROCESSING", "DONE", "FAILED", "DELETED"]

#: States that a later server may add count as active.
STATUSES: dict[BatchJob.State.ValueType, Status] = {
    BatchJob.STATE_QUEUED: "QUEUED",
    BatchJob.STATE_IN_PROGRESS: "IN_PROGRESS",
    BatchJob.STATE_DECODING: "DECODING",
    BatchJob.STATE_POST_PROCESSING: "POST_PROCESSING",
    BatchJob.STATE_DONE: "DONE",
    BatchJob.STATE_FAILED: "FAILED",
    BatchJob.STATE_DELETED: "DELETED",
}

#: What lists can be filtered by: the contract leaves out POST_PROCESSING.
FILTERS: dict[str, BatchJob.State.ValueType] = {
    status: state for state, status in STATUSES.items() if status != "POST_PROCESSING"
}


def status_of(state: BatchJob.State.ValueType) -> Status:
    return STATUSES.get(state, "IN_PROGRESS")
