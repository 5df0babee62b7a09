"""The engine as somebody meets it who looks whether all is well: its namespace, and who asks for work."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest, DescribeTaskQueueRequest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from server.workflows.messages import DELIVERY_QUEUE, SHARE_QUEUE, SPEECH_QUEUE, TASK_QUEUE
from server.workflows.upkeep.messages import UPKEEP_QUEUE
from zerokerf.errors import Unavailable

#: By the kind of work that workers take from each.
QUEUES: Mapping[str, str] = {
    "cut": TASK_QUEUE,
    "encode": SHARE_QUEUE,
    "transcribe": SPEECH_QUEUE,
    "deliver": DELIVERY_QUEUE,
    "upkeep": UPKEEP_QUEUE,
}
_LIMIT = timedelta(seconds=5)
#: A worker that waits for work asks anew after a minute.
_HEARD_WITHIN = timedelta(seconds=75)


async def has_namespace(client: Client) -> bool:
    """Raises Unavailable."""
    request = DescribeNamespaceRequest(namespace=client.namespace)
    try:
        await client.workflow_service.describe_namespace(request, timeout=_LIMIT)
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return False
        raise Unavailable("The job engine") from error
    return True


async def idle_kinds(client: Client) -> tuple[str, ...]:
    """Kinds of work that no worker has asked for lately. Raises Unavailable."""
    return tuple([kind for kind, queue in QUEUES.items() if not await workers_asking(client, queue)])


async def workers_asking(client: Client, queue: str) -> frozenset[str]:
    """Those that have asked for work of this queue lately. Raises Unavailable."""
    request = DescribeTaskQueueRequest(
        namespace=client.namespace,
        task_queue=TaskQueue(name=queue),
        task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY,
    )
    try:
        answer = await client.workflow_service.describe_task_queue(request, timeout=_LIMIT)
    except RPCError as error:
        raise Unavailable("The job engine") from error
    since = datetime.now(UTC) - _HEARD_WITHIN
    heard = (poller for poller in answer.pollers if poller.last_access_time.ToDatetime(UTC) > since)
    return frozenset(poller.identity for poller in heard)
