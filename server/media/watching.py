"""Who is told of the programs that run here: whoever wants to know of those that its own task starts."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from contextvars import ContextVar

#: Called with the name of a program, entered while it runs.
OnProgram = Callable[[str], AbstractContextManager[None]]


def _unwatched(_: str) -> AbstractContextManager[None]:
    return nullcontext()


#: Tasks inherit it from the task that starts them.
on_program: ContextVar[OnProgram] = ContextVar("on_program", default=_unwatched)
