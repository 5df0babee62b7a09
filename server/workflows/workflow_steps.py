"""How workflows of every kind call their steps: how long each may take, and how often it is tried."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from datetime import timedelta
from typing import Any, TypeVar

from temporalio import workflow
from temporalio.common import Priority, RetryPolicy
from temporalio.exceptions import (
    ActivityError,
    ApplicationError,
    TimeoutError,  # noqa: A004 - the name is the engine's
    TimeoutType,
    is_cancelled_exception,
)

with workflow.unsafe.imports_passed_through():
    from server.workflows.failures import NO_LONGER_WANTED, may_pass
    from server.workflows.messages import TASK_QUEUE, FailedJob, JobRef

HEARTBEAT = timedelta(seconds=10)  # how soon a dead worker is noticed
WORK_RETRIES = RetryPolicy(
    initial_interval=timedelta(seconds=1), maximum_interval=timedelta(seconds=30), maximum_attempts=6
)
# Bookkeeping is never given up: an accepted job ends, however long the records are out of reach.
RECORD_RETRIES = RetryPolicy(
    initial_interval=timedelta(milliseconds=500), maximum_interval=timedelta(seconds=30)
)
# A round of attempts takes half a minute. Outages are sat out for about four, and whoever's work ends
# worker after worker is stopped before.
OUTAGE_ROUNDS, LOST_WORKER_ROUNDS = 6, 2
BETWEEN_ROUNDS = timedelta(seconds=10)
OUTLASTS_OUTAGES = "outlasts-outages"
WORK_LIMIT = timedelta(hours=24)
RECORD_LIMIT = timedelta(minutes=5)
# Jobs under way are finished before new ones are begun, interactive ones before bulk.
RECORD_PRIORITY = Priority(priority_key=1)
_WORK, _FETCH, _BEHIND_INTERACTIVE = 2, 3, 2
WAIT = workflow.ActivityCancellationType.WAIT_CANCELLATION_COMPLETED


def work_priority(job: JobRef) -> Priority:
    return _in_class(_WORK, job)


def fetch_priority(job: JobRef) -> Priority:
    return _in_class(_FETCH, job)


def _in_class(key: int, job: JobRef) -> Priority:
    return Priority(priority_key=key + _BEHIND_INTERACTIVE if job.is_bulk else key)


Arg = TypeVar("Arg")
Result = TypeVar("Result")
Step = Callable[[Any, Arg], Awaitable[Result]]


async def long_step(
    step: Step[Arg, Result], arg: Arg, priority: Priority, task_queue: str = TASK_QUEUE
) -> Result:
    """Work that reports that it lives."""
    for done in itertools.count(1):
        try:
            return await _round_of_attempts(step, arg, priority, task_queue)
        except ActivityError as error:
            if done >= _rounds_for(error) or not workflow.patched(OUTLASTS_OUTAGES):
                raise
        await workflow.sleep(BETWEEN_ROUNDS)
    raise AssertionError  # there is always one more round


async def _round_of_attempts(
    step: Step[Arg, Result], arg: Arg, priority: Priority, task_queue: str
) -> Result:
    return await workflow.execute_activity_method(
        step,
        arg,
        task_queue=task_queue,
        start_to_close_timeout=WORK_LIMIT,
        heartbeat_timeout=HEARTBEAT,
        retry_policy=WORK_RETRIES,
        cancellation_type=WAIT,
        priority=priority,
    )


def _rounds_for(error: ActivityError) -> int:
    """By what its last attempt ended with."""
    cause = error.cause
    if isinstance(cause, TimeoutError) and cause.type is TimeoutType.HEARTBEAT:
        return LOST_WORKER_ROUNDS
    return OUTAGE_ROUNDS if isinstance(cause, ApplicationError) and may_pass(cause) else 1


async def record_step(step: Step[Arg, None], arg: Arg) -> None:
    await workflow.execute_activity_method(
        step,
        arg,
        start_to_close_timeout=RECORD_LIMIT,
        heartbeat_timeout=HEARTBEAT,
        retry_policy=RECORD_RETRIES,
        priority=RECORD_PRIORITY,
    )


async def all_of(works: Iterable[Coroutine[Any, Any, None]]) -> None:
    """At once. When one fails the others are stopped, and have stopped when this returns."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        await asyncio.gather(*tasks)
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise


async def to_an_end(job: JobRef, work: Awaitable[None], fail: Step[FailedJob, None]) -> None:
    """The job's work; what goes wrong in it is recorded as the job's one typed failure."""
    try:
        await work
    except ActivityError as error:
        if is_cancelled_exception(error):
            raise  # whoever cancelled has recorded it, and cleans up
        failed = _failed_by(job, error)
        if failed.reason != NO_LONGER_WANTED:
            await record_step(fail, failed)


def _failed_by(job: JobRef, error: ActivityError) -> FailedJob:
    cause = error.cause
    # Errors that we reported carry their facts, if only none; accidents carry nothing.
    if isinstance(cause, ApplicationError) and cause.type and cause.details:
        return FailedJob(job, reason=cause.type, sentence=cause.message, facts=dict(cause.details[0]))
    return FailedJob(job)
