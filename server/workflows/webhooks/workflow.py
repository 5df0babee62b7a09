"""A webhook's story: attempt, wait, attempt again, until it is delivered or given up."""

from datetime import timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from server.workflows.messages import AttemptRef, RoundRef
    from server.workflows.webhooks.activities import WebhookActivities
    from server.workflows.workflow_steps import HEARTBEAT, RECORD_RETRIES

#: Links for thousands of segments are signed before the first.
ATTEMPT_LIMIT = timedelta(minutes=5)


@workflow.defn(name="webhook")
class WebhookWorkflow:
    @workflow.run
    async def run(self, round_ref: RoundRef) -> None:
        attempt = AttemptRef(round_ref)
        while following := await workflow.execute_activity_method(
            WebhookActivities.attempt,
            attempt,
            start_to_close_timeout=ATTEMPT_LIMIT,
            heartbeat_timeout=HEARTBEAT,
            retry_policy=RECORD_RETRIES,
        ):
            await workflow.sleep(following.wait_s)
            attempt = AttemptRef(round_ref, following.made)
