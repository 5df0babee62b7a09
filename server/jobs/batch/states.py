"""Where a transcription job stands in the words of its API: the same facts, told more finely."""

from datetime import datetime

from server.jobs.batch.model import BatchState
from server.jobs.model import Phase
from server.jobs.states import State

_ENDED = {
    State.QUEUED: BatchState.QUEUED,
    State.COMPLETED: BatchState.DONE,
    State.FAILED: BatchState.FAILED,
    State.CANCELLED: BatchState.FAILED,
}
_AT_WORK = {Phase.TRANSCRIBING: BatchState.DECODING, Phase.WRITING: BatchState.POST_PROCESSING}


def batch_state(state: State, phase: Phase | None, deleted_at: datetime | None = None) -> BatchState:
    if deleted_at is not None:
        return BatchState.DELETED
    if state is not State.PROCESSING:
        return _ENDED[state]
    return _AT_WORK.get(phase, BatchState.IN_PROGRESS) if phase else BatchState.IN_PROGRESS
