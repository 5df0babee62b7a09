"""What a transcription job's state means to those who wait for it."""

from zerokerf.enum_words import enum_word
from zerokerf.v1.batch_pb2 import BatchJob

_FINAL = frozenset({BatchJob.STATE_DONE, BatchJob.STATE_FAILED, BatchJob.STATE_DELETED})


def is_final(state: BatchJob.State.ValueType) -> bool:
    """Whether the work of a job in this state is over. States this version doesn't know are active."""
    return state in _FINAL


def state_name(state: BatchJob.State.ValueType) -> str:
    """The state in lower case."""
    return enum_word(BatchJob.State, "state", state)
