"""The end of an account: its jobs are stopped, then its files removed."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from server.workflows.upkeep.closing_activities import ClosingActivities
    from server.workflows.upkeep.messages import AccountRef
    from server.workflows.workflow_steps import HEARTBEAT, RECORD_PRIORITY, RECORD_RETRIES, WORK_LIMIT


@workflow.defn(name="close-account")
class CloseAccountWorkflow:
    @workflow.run
    async def run(self, account: AccountRef) -> None:
        for step in (ClosingActivities.stop_jobs, ClosingActivities.remove_files):
            await workflow.execute_activity_method(
                step,
                account,
                start_to_close_timeout=WORK_LIMIT,
                heartbeat_timeout=HEARTBEAT,
                retry_policy=RECORD_RETRIES,
                priority=RECORD_PRIORITY,
            )
