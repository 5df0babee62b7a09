"""Writes all that the records hold of an account into one zip: a file a table, as JSON or as CSV."""

import asyncio
import csv
import io
import json
import zipfile
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import IO, Any

from sqlalchemy import ColumnElement, RowMapping, literal, select, tuple_

from server.accounts.archive_tables import ARCHIVED, Archived
from server.database.open import Database

_PAGE = 100
#: A spreadsheet takes what begins so for a formula, and recordings are named by strangers.
_FORMULAS = ("=", "+", "-", "@", "\t", "\r")


async def write_archive(
    database: Database, account_id: str, form: str, path: Path, on_written: Callable[[int], None]
) -> None:
    """Rows go through memory a page at a time. `on_written` is told a size that the file stays below."""
    archive = await asyncio.to_thread(zipfile.ZipFile, path, "w", zipfile.ZIP_DEFLATED)
    try:
        written_bytes = 0
        for table in ARCHIVED:
            file = await asyncio.to_thread(_begin_file, archive, f"{table.name}.{form}")
            try:
                async for text in _texts(database, account_id, form, table):
                    written_bytes += await asyncio.to_thread(file.write, text.encode())
                    on_written(written_bytes)
            finally:
                await asyncio.to_thread(file.close)
    finally:
        await asyncio.to_thread(archive.close)


async def _texts(database: Database, account_id: str, form: str, table: Archived) -> AsyncIterator[str]:
    is_first = True
    write = partial(_as_csv, table) if form == "csv" else _as_json
    async for page in _rows(database, account_id, table):
        yield await asyncio.to_thread(write, page, is_first=is_first)
        is_first = False
    if form != "csv":
        yield "[]\n" if is_first else "\n]\n"
    elif is_first:
        yield _as_csv(table, (), is_first=True)


async def _rows(database: Database, account_id: str, table: Archived) -> AsyncIterator[Sequence[RowMapping]]:
    after: tuple[Any, ...] | None = None
    while True:
        query = select(*table.columns).where(table.are_of(account_id))
        if after is not None:
            query = query.where(_behind(table, after))
        async with database.reading() as connection:
            ordered = query.order_by(*table.order).limit(_PAGE)
            page = (await connection.execute(ordered)).mappings().all()
        if page:
            yield page
        if len(page) < _PAGE:
            return
        after = tuple(page[-1][column.name] for column in table.order)


def _behind(table: Archived, place: tuple[Any, ...]) -> ColumnElement[bool]:
    values = (literal(value, column.type) for value, column in zip(place, table.order, strict=True))
    return tuple_(*table.order) > tuple_(*values)


def _as_json(rows: Sequence[RowMapping], *, is_first: bool) -> str:
    lines = [json.dumps(dict(row), default=_plain) for row in rows]
    text = ",\n".join(lines)
    return f"[\n{text}" if is_first else f",\n{text}"


def _as_csv(table: Archived, rows: Sequence[RowMapping], *, is_first: bool) -> str:
    text = io.StringIO(newline="")
    lines = csv.writer(text)
    if is_first:
        lines.writerow(column.name for column in table.columns)
    lines.writerows([_cell(value) for value in row.values()] for row in rows)
    return text.getvalue()


def _cell(value: object) -> object:
    if isinstance(value, dict | list):
        return json.dumps(value)
    if isinstance(value, datetime):
        return _plain(value)
    if isinstance(value, str):
        clean = value.encode("utf-8", "replace").decode()
        return f"'{clean}" if clean.startswith(_FORMULAS) else clean
    return value


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    raise TypeError(f"no column holds a {type(value).__name__}")


def _begin_file(archive: zipfile.ZipFile, name: str) -> IO[bytes]:
    entry = zipfile.ZipInfo(name, datetime.now(UTC).timetuple()[:6])
    entry.compress_type = zipfile.ZIP_DEFLATED
    return archive.open(entry, "w", force_zip64=True)
