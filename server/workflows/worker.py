"""The worker: the process that runs workflows and their activities."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from temporalio.client import Client
from temporalio.worker import Worker

from server.workflows.activities import SplitActivities
from server.workflows.batch_activities import BatchActivities
from server.workflows.batch_workflow import BatchWorkflow
from server.workflows.messages import SHARE_QUEUE, SPEECH_QUEUE, TASK_QUEUE
from server.workflows.split_workflow import CleanUpWorkflow, PlanWorkflow, SplitWorkflow

#: How long running work may go on after a stop was asked for, before it is handed back to the engine.
GRACE = timedelta(seconds=10)
#: Chunks of speech under way in one process; their windows wait in line for its threads.
CHUNKS_AT_ONCE = 3


def make_workers(
    client: Client, split: SplitActivities, batch: BatchActivities, jobs_at_once: int
) -> tuple[Worker, Worker, Worker]:
    """Of one process: one for whole jobs, one for shares of jobs, which are spread over processes, and one
    for speech."""
    return (
        _worker(
            client,
            TASK_QUEUE,
            jobs_at_once,
            [
                split.fetch,
                split.cut,
                split.prepare,
                split.write,
                split.complete,
                split.plan,
                split.fail,
                split.clean_up,
                batch.fetch,
                batch.prepare,
                batch.write,
                batch.fail,
            ],
            workflows=[SplitWorkflow, BatchWorkflow, CleanUpWorkflow, PlanWorkflow],
        ),
        _worker(client, SHARE_QUEUE, 1, [split.cut_share]),
        _worker(client, SPEECH_QUEUE, CHUNKS_AT_ONCE, [batch.hear, split.hear]),
    )


def _worker(
    client: Client,
    task_queue: str,
    at_once: int,
    activities: Sequence[Callable[..., Any]],
    workflows: Sequence[type] = (),
) -> Worker:
    # Heartbeats reach the engine once a second at most, and their answers carry cancellation.
    return Worker(
        client,
        task_queue=task_queue,
        workflows=workflows,
        activities=activities,
        max_concurrent_activities=at_once,
        max_cached_workflows=500 if workflows else 0,
        sticky_queue_schedule_to_start_timeout=timedelta(seconds=1),
        max_heartbeat_throttle_interval=timedelta(seconds=1),
        default_heartbeat_throttle_interval=timedelta(seconds=1),
        graceful_shutdown_timeout=GRACE,
    )
