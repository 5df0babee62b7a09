"""What a job's state means to those who wait for it."""

from zerokerf.enum_words import enum_word
from zerokerf.v1.split_pb2 import Split

_FINAL = frozenset({Split.STATE_COMPLETED, Split.STATE_FAILED, Split.STATE_CANCELLED})


def is_final(state: Split.State.ValueType) -> bool:
    """Whether a job in this state will never change again. States this version doesn't know are active."""
    return state in _FINAL


def state_name(state: Split.State.ValueType) -> str:
    """The state in one lower-case word."""
    return enum_word(Split.State, "state", state)
