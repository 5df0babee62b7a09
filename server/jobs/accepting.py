"""Whether one more job may be submitted, and what is promised for it."""

from collections.abc import Awaitable, Callable

from server.jobs.model import NO_TERMS, Terms

#: Raises what keeps the job from being accepted.
Accept = Callable[[], Awaitable[Terms]]


async def without_promises() -> Terms:
    return NO_TERMS
