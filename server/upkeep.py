"""Housekeeping that no single job does: expired uploads, and what killed writers left in the store."""

import asyncio
from datetime import timedelta
from typing import NoReturn

import structlog

from server.database.clock import Clock, utc_now
from server.database.open import Database
from server.uploads.expiry import remove_expired
from storage.interface import ObjectStore, Sweeper
from zerokerf.errors import ZerokerfError

EVERY_S = 3600.0
#: Long after the link for it has ended, and longer than any client waits to make a job of it.
UPLOADS_LIVE = timedelta(days=2)
#: Longer than any write takes.
UNFINISHED_AFTER = timedelta(days=1)

log = structlog.get_logger()


async def keep_up_forever(
    database: Database, store: ObjectStore, sweeper: Sweeper, clock: Clock = utc_now
) -> NoReturn:
    """Never ends by itself; what fails is logged and tried again in the next round."""
    while True:
        try:
            uploads = await remove_expired(database, store, clock() - UPLOADS_LIVE)
            unfinished = await sweeper.sweep_unfinished(clock() - UNFINISHED_AFTER)
            log.info("swept", action="upkeep", uploads=uploads, unfinished=unfinished)
        except ZerokerfError as error:
            log.warning("sweeping failed", action="upkeep", why=str(error))
        await asyncio.sleep(EVERY_S)
