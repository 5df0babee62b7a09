"""The worker: the process that runs workflows and their activities."""

from datetime import timedelta

from temporalio.client import Client
from temporalio.worker import Worker

from server.workflows.activities import SplitActivities
from server.workflows.messages import TASK_QUEUE
from server.workflows.split_workflow import CleanUpWorkflow, PlanWorkflow, SplitWorkflow

#: How long running work may go on after a stop was asked for, before it is handed back to the engine.
GRACE = timedelta(seconds=10)


def make_worker(client: Client, activities: SplitActivities, jobs_at_once: int) -> Worker:
    # Heartbeats reach the engine once a second at most, and their answers carry cancellation.
    return Worker(
        client,
        task_queue=TASK_QUEUE,
        workflows=[SplitWorkflow, CleanUpWorkflow, PlanWorkflow],
        activities=[
            activities.fetch,
            activities.cut,
            activities.complete,
            activities.plan,
            activities.fail,
            activities.clean_up,
        ],
        max_concurrent_activities=jobs_at_once,
        max_cached_workflows=500,
        sticky_queue_schedule_to_start_timeout=timedelta(seconds=1),
        max_heartbeat_throttle_interval=timedelta(seconds=1),
        default_heartbeat_throttle_interval=timedelta(seconds=1),
        graceful_shutdown_timeout=GRACE,
    )
