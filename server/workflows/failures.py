"""How an error crosses the engine: typed, with its facts, and never retried when a retry cannot help."""

from collections.abc import Iterator
from contextlib import contextmanager

from temporalio.exceptions import ApplicationError

from server.jobs.model import Failure
from server.jobs.wanted import JobNoLongerWanted
from server.workflows.messages import FailedJob
from zerokerf.errors import JobFailed, ZerokerfError

NO_LONGER_WANTED = "JOB_NO_LONGER_WANTED"

#: Kinds of our own trouble. The sentence of such an error is for the log, not for the client.
OUR_SIDE = frozenset({"INTERNAL", "UNAVAILABLE", "RESOURCE_EXHAUSTED"})


@contextmanager
def reported() -> Iterator[None]:
    """Turn our errors into the engine's. Everything else is a bug or an accident and is retried."""
    try:
        yield
    except JobNoLongerWanted as error:
        raise ApplicationError(str(error), type=NO_LONGER_WANTED, non_retryable=True) from error
    except ZerokerfError as error:
        shown = JobFailed() if error.kind.name in OUR_SIDE else error
        raise ApplicationError(
            str(shown), shown.facts, type=shown.reason, non_retryable=not error.is_transient
        ) from error


def failure_of(failed: FailedJob) -> Failure:
    """What the record of a failed job says."""
    if not failed.reason:
        error = JobFailed()
        return Failure(reason=error.reason, sentence=str(error))
    return Failure(reason=failed.reason, sentence=failed.sentence, facts=failed.facts)
