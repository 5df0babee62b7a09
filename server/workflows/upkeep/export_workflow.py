"""An archive's story: made, or known to have failed."""

from temporalio import workflow
from temporalio.exceptions import ActivityError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from server.workflows.upkeep.export_activities import ExportActivities
    from server.workflows.upkeep.messages import UPKEEP_QUEUE, ExportRef
    from server.workflows.workflow_steps import RECORD_PRIORITY, long_step, record_step


@workflow.defn(name="export")
class ExportWorkflow:
    @workflow.run
    async def run(self, export: ExportRef) -> None:
        try:
            await long_step(ExportActivities.make, export, RECORD_PRIORITY, UPKEEP_QUEUE)
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise
            await record_step(ExportActivities.fail, export)
