"""A transcription job's story: fetch, divide, hear every chunk wherever a worker is free, write."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from server.workflows.batch_activities import BatchActivities
    from server.workflows.messages import SPEECH_QUEUE, JobRef
    from server.workflows.workflow_steps import (
        FETCH_PRIORITY,
        RECORD_PRIORITY,
        WORK_PRIORITY,
        all_of,
        long_step,
        to_an_end,
    )


@workflow.defn(name="batch")
class BatchWorkflow:
    @workflow.run
    async def run(self, job: JobRef) -> None:
        await to_an_end(job, self._work(job), BatchActivities.fail)

    async def _work(self, job: JobRef) -> None:
        await long_step(BatchActivities.fetch, job, FETCH_PRIORITY)
        chunks = await long_step(BatchActivities.prepare, job, WORK_PRIORITY)
        await all_of(long_step(BatchActivities.hear, chunk, WORK_PRIORITY, SPEECH_QUEUE) for chunk in chunks)
        await long_step(BatchActivities.write, job, RECORD_PRIORITY)
