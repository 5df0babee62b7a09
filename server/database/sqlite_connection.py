"""A connection to SQLite that goes to its thread once for a statement, with all that it needs there."""

import sqlite3
from collections.abc import Callable, Sequence
from functools import partial
from types import TracebackType
from typing import Any, Self, TypeVar

import aiosqlite

Result = TypeVar("Result")
Rows = list[tuple[Any, ...]]
_Answer = tuple[Rows, Any, int, int | None]

# Cursors of the driver go to the thread to be made, to execute, to fetch and to be closed. Each way there
# and back takes longer than what most statements do.


def connect(database: str, **how: Any) -> "OneTripConnection":  # noqa: ANN401  the options are the driver's
    connection = OneTripConnection(partial(sqlite3.connect, database, **how), iter_chunk_size=64)
    connection._thread.daemon = True  # noqa: SLF001  as SQLAlchemy does: no forgotten connection holds up the end
    return connection


class OneTripConnection(aiosqlite.Connection):
    """For one task at a time."""

    #: Whether nothing is under way in the thread: what was cancelled there goes on.
    _is_settled = True

    def cursor(self) -> "OneTripCursor":  # type: ignore[override]  # is its own context manager, as the base's result
        return OneTripCursor(self.run)

    async def run(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        result: Result = await self._execute(work, self._conn)
        return result

    async def rollback(self) -> None:
        """Skips the trip where there is nothing to roll back: behind each read, and behind each commit."""
        if not self._is_settled or self.in_transaction:
            await super().rollback()

    async def _execute(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401  the signature is the base's
        self._is_settled = False
        try:
            result = await super()._execute(fn, *args, **kwargs)  # type: ignore[no-untyped-call]  # the base's
        except Exception:
            self._is_settled = True
            raise
        self._is_settled = True
        return result


class OneTripCursor:
    """What SQLAlchemy uses of a cursor. Rows are all fetched at once, as it would do itself."""

    arraysize = 1

    def __init__(self, run: Callable[[Callable[[sqlite3.Connection], _Answer]], Any]) -> None:
        self._run = run
        self._rows: Rows = []
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    async def execute(self, statement: str, parameters: Sequence[Any] = ()) -> None:
        await self._keep(lambda cursor: cursor.execute(statement, parameters))

    async def executemany(self, statement: str, parameters: Sequence[Sequence[Any]]) -> None:
        await self._keep(lambda cursor: cursor.executemany(statement, parameters))

    async def fetchall(self) -> Rows:
        rows, self._rows = self._rows, []
        return rows

    async def close(self) -> None:
        """It was, in the thread."""

    async def _keep(self, execute: Callable[[sqlite3.Cursor], object]) -> None:
        answer = await self._run(partial(_answered, execute))
        self._rows, self.description, self.rowcount, self.lastrowid = answer


def _answered(execute: Callable[[sqlite3.Cursor], object], connection: sqlite3.Connection) -> _Answer:
    cursor = connection.cursor()
    try:
        execute(cursor)
        rows = cursor.fetchall() if cursor.description else []
        return rows, cursor.description, cursor.rowcount, cursor.lastrowid
    finally:
        cursor.close()
