"""How many workers there are: each asks the engine's queue for work, and the engine knows who did lately."""

from datetime import UTC, datetime, timedelta

import structlog
from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client
from temporalio.service import RPCError

from server.workflows.messages import SHARE_QUEUE

#: A worker that waits for work asks anew after a minute.
_HEARD_WITHIN = timedelta(seconds=75)

log = structlog.get_logger()


async def count_workers(client: Client) -> int:
    """Those heard of lately, and at least the one who asks."""
    request = DescribeTaskQueueRequest(
        namespace=client.namespace,
        task_queue=TaskQueue(name=SHARE_QUEUE),
        task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY,
    )
    try:
        answer = await client.workflow_service.describe_task_queue(request, timeout=timedelta(seconds=5))
    except RPCError as error:
        log.warning("workers not counted", action="count_workers", why=error.message)
        return 1
    since = datetime.now(UTC) - _HEARD_WITHIN
    heard = {poller.identity for poller in answer.pollers if poller.last_access_time.ToDatetime(UTC) > since}
    return max(1, len(heard))
