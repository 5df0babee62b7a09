"""Who calls: the account that the API key of the current call belongs to."""

from contextvars import ContextVar

_account_id: ContextVar[str] = ContextVar("account_id")


def current_account_id() -> str:
    """The caller's account. Set for every call that reaches a servicer of ours."""
    return _account_id.get()


def set_account_id(account_id: str) -> None:
    _account_id.set(account_id)
