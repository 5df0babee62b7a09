"""A split job's story: fetch, cut, complete; whatever goes wrong ends in one typed failure."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from datetime import timedelta
from typing import Any, TypeVar

from temporalio import workflow
from temporalio.common import Priority, RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from server.workflows.activities import SplitActivities
    from server.workflows.failures import NO_LONGER_WANTED
    from server.workflows.messages import SHARE_QUEUE, TASK_QUEUE, FailedJob, JobRef, PlanRef, ShareRef

HEARTBEAT = timedelta(seconds=10)  # how soon a dead worker is noticed
WORK_RETRIES = RetryPolicy(
    initial_interval=timedelta(seconds=1), maximum_interval=timedelta(seconds=30), maximum_attempts=6
)
# Bookkeeping is never given up: an accepted job ends, however long the records are out of reach.
RECORD_RETRIES = RetryPolicy(
    initial_interval=timedelta(milliseconds=500), maximum_interval=timedelta(seconds=30)
)
PLAN_RETRIES = RetryPolicy(maximum_attempts=2)
PLAN_LIMIT = timedelta(minutes=15)
WORK_LIMIT = timedelta(hours=24)
RECORD_LIMIT = timedelta(minutes=5)
# Jobs under way are finished before new ones are begun.
RECORD_PRIORITY, CUT_PRIORITY, FETCH_PRIORITY = (Priority(priority_key=key) for key in (1, 2, 3))
WAIT = workflow.ActivityCancellationType.WAIT_CANCELLATION_COMPLETED

Arg = TypeVar("Arg")
Result = TypeVar("Result")
Step = Callable[[SplitActivities, Arg], Awaitable[Result]]


@workflow.defn(name="split")
class SplitWorkflow:
    @workflow.run
    async def run(self, job: JobRef) -> None:
        try:
            await self._work(job)
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise  # whoever cancelled has recorded it, and cleans up
            failed = _failed(job, error)
            if failed.reason != NO_LONGER_WANTED:
                await self._record(SplitActivities.fail, failed)

    async def _work(self, job: JobRef) -> None:
        await self._long(SplitActivities.fetch, job, FETCH_PRIORITY)
        shares = await self._long(SplitActivities.cut, job, CUT_PRIORITY)
        if shares:
            refs = (ShareRef(job, number, shares) for number in range(shares))
            await _all(self._long(SplitActivities.cut_share, ref, CUT_PRIORITY, SHARE_QUEUE) for ref in refs)
        await self._record(SplitActivities.complete, job)

    async def _long(
        self, step: Step[Arg, Result], arg: Arg, priority: Priority, task_queue: str = TASK_QUEUE
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

    async def _record(self, step: Step[Arg, None], arg: Arg) -> None:
        await workflow.execute_activity_method(
            step,
            arg,
            start_to_close_timeout=RECORD_LIMIT,
            retry_policy=RECORD_RETRIES,
            priority=RECORD_PRIORITY,
        )


@workflow.defn(name="plan")
class PlanWorkflow:
    """Somebody waits for its result: it is tried for minutes and not for days."""

    @workflow.run
    async def run(self, plan: PlanRef) -> dict[str, Any]:
        return await workflow.execute_activity_method(
            SplitActivities.plan,
            plan,
            schedule_to_close_timeout=PLAN_LIMIT,
            heartbeat_timeout=HEARTBEAT,
            retry_policy=PLAN_RETRIES,
            cancellation_type=WAIT,
            priority=RECORD_PRIORITY,
        )


@workflow.defn(name="clean-up")
class CleanUpWorkflow:
    """Removes what a job stored, once its work has stopped."""

    @workflow.run
    async def run(self, job: JobRef) -> None:
        await workflow.execute_activity_method(
            SplitActivities.clean_up,
            job,
            start_to_close_timeout=RECORD_LIMIT,
            heartbeat_timeout=HEARTBEAT,
            retry_policy=RECORD_RETRIES,
            priority=RECORD_PRIORITY,
        )


async def _all(works: Iterable[Coroutine[Any, Any, None]]) -> None:
    """At once. When one fails the others are stopped, and have stopped when this returns."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        await asyncio.gather(*tasks)
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise


def _failed(job: JobRef, error: ActivityError) -> FailedJob:
    cause = error.cause
    # Errors that we reported carry their facts, if only none; accidents carry nothing.
    if isinstance(cause, ApplicationError) and cause.type and cause.details:
        return FailedJob(job, reason=cause.type, sentence=cause.message, facts=dict(cause.details[0]))
    return FailedJob(job)
