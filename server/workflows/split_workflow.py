"""A split job's story: fetch, cut, perhaps transcribe, complete; all that goes wrong is one typed failure."""

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from server.workflows.activities import SplitActivities
    from server.workflows.messages import SHARE_QUEUE, SPEECH_QUEUE, JobRef, PlanRef, ShareRef
    from server.workflows.workflow_steps import (
        HEARTBEAT,
        RECORD_LIMIT,
        RECORD_PRIORITY,
        RECORD_RETRIES,
        WAIT,
        all_of,
        fetch_priority,
        long_step,
        record_step,
        to_an_end,
        work_priority,
    )

PLAN_RETRIES = RetryPolicy(maximum_attempts=2)
PLAN_LIMIT = timedelta(minutes=15)


@workflow.defn(name="split")
class SplitWorkflow:
    @workflow.run
    async def run(self, job: JobRef) -> None:
        await to_an_end(job, self._work(job), SplitActivities.fail)

    async def _work(self, job: JobRef) -> None:
        transcribes = await long_step(SplitActivities.fetch, job, fetch_priority(job))
        if transcribes:
            await all_of([self._cut(job), self._hear(job)])
            await long_step(SplitActivities.write, job, RECORD_PRIORITY)
        else:
            await self._cut(job)
        await record_step(SplitActivities.complete, job)

    async def _cut(self, job: JobRef) -> None:
        shares = await long_step(SplitActivities.cut, job, work_priority(job))
        if shares:
            refs = (ShareRef(job, number, shares) for number in range(shares))
            await all_of(
                long_step(SplitActivities.cut_share, ref, work_priority(job), SHARE_QUEUE) for ref in refs
            )

    async def _hear(self, job: JobRef) -> None:
        chunks = await long_step(SplitActivities.prepare, job, work_priority(job))
        await all_of(
            long_step(SplitActivities.hear, chunk, work_priority(job), SPEECH_QUEUE) for chunk in chunks
        )


@workflow.defn(name="plan")
class PlanWorkflow:
    """Somebody waits for its result: it is tried for minutes and not for days."""

    @workflow.run
    async def run(self, plan: PlanRef) -> bytes:
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
