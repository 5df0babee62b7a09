"""How often keys are used: counted in memory, written every few seconds."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import NoReturn

import structlog
from sqlalchemy import bindparam, case, or_, update

from server.database.open import Database
from server.database.schema import UtcTime
from server.database.tables import api_keys
from zerokerf.errors import ZerokerfError

EVERY_S = 2.0
_LAST_WRITE_S = 5.0

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Uses:
    count: int
    last_at: datetime


class KeyUses:
    """Of the keys that this process has seen. What several processes count adds up."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._counted: dict[str, _Uses] = {}

    def note(self, key_id: str, at: datetime, count: int = 1) -> None:
        before = self._counted.get(key_id, _Uses(0, at))
        self._counted[key_id] = _Uses(before.count + count, max(before.last_at, at))

    async def write(self) -> None:
        """In one transaction. What cannot be written is kept for the next time."""
        counted, self._counted = self._counted, {}
        if not counted:
            return
        try:
            await self._add(counted)
        except (ZerokerfError, asyncio.CancelledError):
            for key_id, uses in counted.items():
                self.note(key_id, uses.last_at, uses.count)
            raise

    async def _add(self, counted: Mapping[str, _Uses]) -> None:
        # In one order everywhere: who locks the same rows in another order waits for the other for ever.
        rows = [{"key": key, "more": uses.count, "at": uses.last_at} for key, uses in sorted(counted.items())]
        async with self._database.writing() as connection:
            await connection.execute(_ADD, rows)


async def keep_counting(uses: KeyUses, every_s: float = EVERY_S) -> NoReturn:
    """Never ends by itself; writes once more when it is cancelled."""
    try:
        while True:
            await asyncio.sleep(every_s)
            await _try_to_write(uses)
    finally:
        with suppress(TimeoutError):
            async with asyncio.timeout(_LAST_WRITE_S):
                await _try_to_write(uses)


async def _try_to_write(uses: KeyUses) -> None:
    try:
        await uses.write()
    except ZerokerfError as error:
        log.warning("uses of keys not written", action="key_uses", why=str(error))


_AT = bindparam("at", type_=UtcTime)
_LATER = or_(api_keys.c.last_used_at.is_(None), api_keys.c.last_used_at < _AT)
_ADD = (
    update(api_keys)
    .where(api_keys.c.id == bindparam("key"))
    .values(
        use_count=api_keys.c.use_count + bindparam("more"),
        last_used_at=case((_LATER, _AT), else_=api_keys.c.last_used_at),
    )
)
