"""Opens the database that holds all records: SQLite in a file, or PostgreSQL."""

import asyncio
import fcntl
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import (
    AbstractAsyncContextManager,
    asynccontextmanager,
    closing,
    contextmanager,
    nullcontext,
    suppress,
)
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import URL, Connection, event, make_url, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import (
    ArgumentError,
    DBAPIError,
    DisconnectionError,
    InterfaceError,
    MissingGreenlet,
    OperationalError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from server.database.sqlite_connection import connect
from zerokerf.errors import ConfigError, Unavailable

BUSY_TIMEOUT_S = 10
_SQLITE = {"sqlite", "sqlite+aiosqlite"}
_POSTGRES = {"postgres", "postgresql", "postgresql+asyncpg"}
#: PostgreSQL is shutting down, has crashed, or recovers from that.
_NOT_NOW = frozenset({"57P01", "57P02", "57P03"})
_log = structlog.get_logger()


class Database:
    """Transactions on the records. Shared by many tasks at once."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self._writer = engine.execution_options(zerokerf_writes=True)
        # SQLite is told where transactions begin, so a statement alone is one by itself there.
        self._single = engine.execution_options(isolation_level="AUTOCOMMIT") if self.is_postgres else engine
        # SQLite takes one writer at a time and lets the others poll: a queue of our own is fair and quicker.
        self._turn: AbstractAsyncContextManager[Any] = nullcontext() if self.is_postgres else asyncio.Lock()

    @property
    def is_postgres(self) -> bool:
        return self.engine.dialect.name == "postgresql"

    async def check(self) -> None:
        """Raises Unavailable when the database does not answer."""
        async with self.reading() as connection:
            await connection.execute(text("SELECT 1"))

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """Each query sees what is committed when it begins. Raises Unavailable, as `writing` does."""
        with _outages():
            async with self._single.connect() as connection:
                yield connection

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """A transaction, committed at the end of the block unless that raised."""
        with _outages():
            async with self._turn, self._writer.begin() as connection:
                yield connection

    @asynccontextmanager
    async def writing_once(self) -> AsyncIterator[AsyncConnection]:
        """For one statement: committed by itself, in one trip to the database where `writing` takes three."""
        with _outages():
            async with self._turn, self._single.connect() as connection:
                yield connection


@asynccontextmanager
async def open_database(url: str) -> AsyncIterator[Database]:
    """Raises ConfigError for an address that is neither SQLite nor PostgreSQL."""
    address = _address(url)
    engine = _sqlite_engine(address) if address.drivername.startswith("sqlite") else _postgres_engine(address)
    try:
        if address.database and engine.dialect.name == "sqlite":
            await asyncio.to_thread(_prepare_file, Path(address.database))
        yield Database(engine)
    finally:
        await engine.dispose()


def _address(url: str) -> URL:
    try:
        address = make_url(url)
    except (ArgumentError, ValueError):
        raise ConfigError("The database address is not a URL such as sqlite:///records.db.") from None
    if address.drivername in _SQLITE:
        return _sqlite_address(address)
    if address.drivername in _POSTGRES:
        return _postgres_address(address)
    raise ConfigError(
        f"A database of kind {address.drivername!r} is not supported: use sqlite or postgresql."
    )


def _sqlite_address(address: URL) -> URL:
    if not address.database or ":memory:" in address.database:
        raise ConfigError("SQLite needs a file, such as sqlite:///records.db.")
    return address.set(drivername="sqlite+aiosqlite")


def _postgres_address(address: URL) -> URL:
    mode = address.query.get("sslmode")
    unknown = sorted(set(address.query) - {"sslmode", "ssl"})
    if unknown:
        raise ConfigError(f"The database address has an option that is not supported: {unknown[0]!r}.")
    if mode is not None:
        address = address.difference_update_query(["sslmode"]).update_query_dict({"ssl": mode})
    return address.set(drivername="postgresql+asyncpg")


def _postgres_engine(address: URL) -> AsyncEngine:
    engine = create_async_engine(
        address,
        hide_parameters=True,  # what clients sent stays out of errors and logs
        pool_size=10,
        max_overflow=10,
        pool_timeout=10,
        connect_args={"timeout": 10, "command_timeout": 30},
    )
    event.listen(engine.sync_engine, "checkout", _refuse_closed)
    return engine


def _refuse_closed(connection: DBAPIConnection, _record: object, _proxy: object) -> None:
    """A server that went away has closed its connections; asking each before its use costs three trips."""
    if connection.driver_connection.is_closed():
        raise DisconnectionError


def _sqlite_engine(address: URL) -> AsyncEngine:
    # isolation_level None: transactions begin where we say so, not where the driver guesses.
    arguments = {"timeout": BUSY_TIMEOUT_S, "isolation_level": None, "async_creator_fn": connect}
    engine = create_async_engine(
        address,
        hide_parameters=True,
        pool_size=5,
        max_overflow=5,
        pool_timeout=10,
        connect_args=arguments,
    )
    event.listen(engine.sync_engine, "connect", _set_up_sqlite)
    event.listen(engine.sync_engine, "begin", _begin_sqlite)
    event.listen(engine.sync_engine, "invalidate", _roll_back)
    return engine


def _set_up_sqlite(connection: DBAPIConnection, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA foreign_keys=ON")
    # Survives the death of any process; only a power cut can lose the last commits.
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # A writer that starts as a reader cannot wait for its turn: SQLite fails it at once. Each read stands
    # for itself, as it does on PostgreSQL.
    if connection.get_execution_options().get("zerokerf_writes", False):
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _roll_back(connection: DBAPIConnection, _record: object, _error: BaseException | None) -> None:
    """A connection whose work was cancelled is thrown away, which is not enough to end its transaction.

    Closed with a statement under way it keeps the write lock until the garbage collector finds the statement.
    """
    # Cancelled once more, the rollback is on its way already; without a loop there is nobody to wait for it.
    with suppress(asyncio.CancelledError, MissingGreenlet, sqlite3.Error):
        connection.rollback()


def _prepare_file(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # Changing the journal does not wait for others, so processes that start together take turns.
    with path.with_name(path.name + ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with closing(sqlite3.connect(path, timeout=BUSY_TIMEOUT_S)) as connection:
            connection.execute("PRAGMA journal_mode=WAL")


@contextmanager
def _outages() -> Iterator[None]:
    try:
        yield
    except (OperationalError, InterfaceError, PoolTimeout, OSError) as error:
        raise _unavailable(error) from error
    except DBAPIError as error:
        if error.connection_invalidated or getattr(error.orig, "sqlstate", None) in _NOT_NOW:
            raise _unavailable(error) from error
        raise


def _unavailable(error: Exception) -> Unavailable:
    _log.warning("database unavailable", action="database", why=str(error))
    return Unavailable("The database")
