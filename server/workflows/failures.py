"""How an error crosses the engine: typed, with its facts, and never retried when a retry cannot help."""

from collections.abc import Iterator
from contextlib import contextmanager

from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from server.jobs.model import Failure
from server.jobs.wanted import JobNoLongerWanted
from server.workflows.messages import FailedJob
from zerokerf.errors import InvalidParams, JobFailed, Kind, ZerokerfError
from zerokerf.status import rebuilt

NO_LONGER_WANTED = "JOB_NO_LONGER_WANTED"

#: Kinds of our own trouble. The sentence of such an error is for the log, not for the client.
OUR_SIDE = frozenset({Kind.INTERNAL, Kind.UNAVAILABLE, Kind.RESOURCE_EXHAUSTED})


@contextmanager
def reported() -> Iterator[None]:
    """Turn our errors into the engine's. Everything else is a bug or an accident and is retried."""
    try:
        yield
    except JobNoLongerWanted as error:
        raise _crossing(NO_LONGER_WANTED, str(error), {}) from error
    except OSError as error:  # a full disk, a broken connection
        raise _crossing(JobFailed.reason, str(JobFailed()), {}, may_pass=True, is_ours=True) from error
    except ZerokerfError as error:
        is_ours = error.kind in OUR_SIDE
        shown = JobFailed() if is_ours else error
        raise _crossing(
            shown.reason,
            str(shown),
            shown.facts,
            violations=shown.violations if isinstance(shown, InvalidParams) else None,
            may_pass=error.is_transient,
            is_ours=is_ours,
        ) from error


def may_pass(error: ApplicationError) -> bool:
    """Whether it is trouble of our own that ends by itself, as outages do."""
    return error.type == JobFailed.reason and not error.non_retryable


def reported_in(error: ApplicationError) -> ZerokerfError | None:
    """What crossed the engine, for whoever waits. None for an accident, or another version's error."""
    if not error.type or not error.details:
        return None
    facts, *violations = error.details
    return rebuilt(error.type, error.message, dict(facts), dict(violations[0]) if violations else {})


def _crossing(
    reason: str,
    sentence: str,
    facts: dict[str, str],
    *,
    violations: dict[str, str] | None = None,
    may_pass: bool = False,
    is_ours: bool = False,
) -> ApplicationError:
    """What is wrong with a source is news for its owner; only what is wrong here is for the engine's log."""
    category = ApplicationErrorCategory.UNSPECIFIED if is_ours else ApplicationErrorCategory.BENIGN
    details = (facts, violations) if violations else (facts,)
    return ApplicationError(sentence, *details, type=reason, non_retryable=not may_pass, category=category)


def failure_of(failed: FailedJob) -> Failure:
    """What the record of a failed job says."""
    if not failed.reason:
        error = JobFailed()
        return Failure(reason=error.reason, sentence=str(error))
    return Failure(reason=failed.reason, sentence=failed.sentence, facts=failed.facts)
