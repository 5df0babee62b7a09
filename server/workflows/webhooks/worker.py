"""The worker that sends webhooks, apart from those that work on jobs: strangers' servers may be slow."""

from datetime import timedelta

from temporalio.client import Client
from temporalio.worker import Worker

from server.workflows.messages import DELIVERY_QUEUE
from server.workflows.webhooks.activities import WebhookActivities
from server.workflows.webhooks.workflow import WebhookWorkflow

AT_ONCE = 20
#: An attempt that is cut off is made again, so a stop may wait for those under way a little.
GRACE = timedelta(seconds=5)


def make_webhook_worker(
    client: Client, webhooks: WebhookActivities, at_once: int = AT_ONCE, grace: timedelta = GRACE
) -> Worker:
    return Worker(
        client,
        task_queue=DELIVERY_QUEUE,
        workflows=[WebhookWorkflow],
        activities=[webhooks.attempt],
        max_concurrent_activities=at_once,
        max_cached_workflows=500,
        sticky_queue_schedule_to_start_timeout=timedelta(seconds=1),
        max_heartbeat_throttle_interval=timedelta(seconds=1),
        default_heartbeat_throttle_interval=timedelta(seconds=1),
        graceful_shutdown_timeout=grace,
    )
