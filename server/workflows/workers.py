"""How many workers there are: each asks the engine's queue for work, and the engine knows who did lately."""

import structlog
from temporalio.client import Client

from server.workflows.messages import SHARE_QUEUE
from server.workflows.queues import workers_asking
from zerokerf.errors import Unavailable

log = structlog.get_logger()


async def count_workers(client: Client) -> int:
    """Those heard of lately, and at least the one who asks."""
    try:
        heard = await workers_asking(client, SHARE_QUEUE)
    except Unavailable as error:
        log.warning("workers not counted", action="count_workers", why=str(error))
        return 1
    return max(1, len(heard))
