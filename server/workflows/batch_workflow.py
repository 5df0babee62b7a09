"""A transcription job's story: fetch, divide, hear every chunk wherever a worker is free, write."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from server.workflows.batch_activities import BatchActivities
    from server.workflows.messages import SPEECH_QUEUE, JobRef
    from server.workflows.workflow_steps import (
        RECORD_PRIORITY,
        all_of,
        fetch_priority,
        long_step,
        to_an_end,
        work_priority,
    )


@workflow.defn(name="batch")
class BatchWorkflow:
    @workflow.run
    async def run(self, job: JobRef) -> None:
        await to_an_end(job, self._work(job), BatchActivities.fail)

    async def _work(self, job: JobRef) -> None:
        await long_step(BatchActivities.fetch, job, fetch_priority(job))
        chunks = await long_step(BatchActivities.prepare, job, work_priority(job))
        await all_of(
            long_step(BatchActivities.hear, chunk, work_priority(job), SPEECH_QUEUE) for chunk in chunks
        )
        await long_step(BatchActivities.write, job, RECORD_PRIORITY)
