"""Who calls: the one whose key or token the current call came with."""

from contextvars import ContextVar

from server.accounts.model import Caller

_caller: ContextVar[Caller] = ContextVar("caller")


def current_caller() -> Caller:
    """Set for every call that reaches a servicer of ours."""
    return _caller.get()


def current_account_id() -> str:
    return _caller.get().account_id


def set_caller(caller: Caller) -> None:
    _caller.set(caller)
