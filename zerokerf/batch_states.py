"""What a transcription job's state means to those who wait for it."""

from zerokerf.v1.batch_pb2 import BatchJob

_FINAL = frozenset({BatchJob.STATE_DONE, BatchJob.STATE_FAILED, BatchJob.STATE_DELETED})


def is_final(state: BatchJob.State.ValueType) -> bool:
    """Whether the work of a job in this state is over. States this version doesn't know are active."""
    return state in _FINAL


def state_name(state: BatchJob.State.ValueType) -> str:
    """The state in lower case."""
    known = state in BatchJob.State.values()
    return BatchJob.State.Name(state).removeprefix("STATE_").lower() if known else f"state {state}"
