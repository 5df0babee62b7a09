"""The worker for upkeep: what expires, archives, ends of accounts."""

from datetime import timedelta

from temporalio.client import Client
from temporalio.worker import Worker

from server.workflows.upkeep.closing_activities import ClosingActivities
from server.workflows.upkeep.closing_workflow import CloseAccountWorkflow
from server.workflows.upkeep.export_activities import ExportActivities
from server.workflows.upkeep.export_workflow import ExportWorkflow
from server.workflows.upkeep.messages import UPKEEP_QUEUE
from server.workflows.upkeep.retention_activities import RetentionActivities
from server.workflows.upkeep.retention_workflow import RetentionWorkflow

#: Mostly waiting for the store and the records.
AT_ONCE = 4
GRACE = timedelta(seconds=10)


def make_upkeep_worker(
    client: Client, retention: RetentionActivities, exports: ExportActivities, closing: ClosingActivities
) -> Worker:
    return Worker(
        client,
        task_queue=UPKEEP_QUEUE,
        workflows=[RetentionWorkflow, ExportWorkflow, CloseAccountWorkflow],
        activities=[
            retention.files,
            retention.archives,
            retention.accounts,
            retention.records,
            retention.uploads,
            retention.unfinished,
            retention.orphans,
            exports.make,
            exports.fail,
            closing.stop_jobs,
            closing.remove_files,
        ],
        max_concurrent_activities=AT_ONCE,
        max_cached_workflows=50,
        sticky_queue_schedule_to_start_timeout=timedelta(seconds=1),
        max_heartbeat_throttle_interval=timedelta(seconds=1),
        default_heartbeat_throttle_interval=timedelta(seconds=1),
        graceful_shutdown_timeout=GRACE,
    )
