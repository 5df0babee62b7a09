"""The rows of the chunks in which recordings are transcribed."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import RowMapping, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from server.database.inserting import insert_into
from server.database.tables import batch_chunks
from server.jobs.records.rows import known
from server.jobs.speech_model import Recognized, SpeechChunk


async def put_chunks(connection: AsyncConnection, job_id: str, chunks: Sequence[SpeechChunk]) -> None:
    """Chunks that are there stay as they are, with what was heard in them."""
    if not chunks:
        return
    rows = [{"job_id": job_id, **asdict(chunk)} for chunk in chunks]
    # Row by row: one statement takes no more than some 30,000 values.
    await connection.execute(insert_into(batch_chunks, connection).on_conflict_do_nothing(), rows)


async def put_heard(
    connection: AsyncConnection, job_id: str, channel: int, index: int, heard: dict[str, Any]
) -> bool:
    """Whether it was news: a chunk is heard once."""
    mine = batch_chunks.c.job_id == job_id, batch_chunks.c.channel == channel, batch_chunks.c.index == index
    fresh = update(batch_chunks).where(*mine, batch_chunks.c.heard.is_(None)).values(heard=heard)
    return bool((await connection.execute(fresh)).rowcount)


async def recognized_so_far(connection: AsyncConnection, job_id: str) -> Recognized:
    is_heard = batch_chunks.c.heard.is_not(None)
    samples = func.sum(batch_chunks.c.sample_count)
    query = select(
        func.count().filter(is_heard),
        func.count(),
        func.coalesce(samples.filter(is_heard), 0),
        func.coalesce(samples, 0),
        func.count(batch_chunks.c.channel.distinct()),
    )
    row = (await connection.execute(query.where(batch_chunks.c.job_id == job_id))).one()
    chunks, chunks_total, done, total, channels = map(int, row)
    return Recognized(chunks, chunks_total, done // max(1, channels), total // max(1, channels))


async def chunks_of(connection: AsyncConnection, job_id: str) -> tuple[SpeechChunk, ...]:
    query = select(batch_chunks).where(batch_chunks.c.job_id == job_id)
    rows = await connection.execute(query.order_by(batch_chunks.c.channel, batch_chunks.c.index))
    return tuple(_chunk_of(row) for row in rows.mappings())


async def chunk_at(connection: AsyncConnection, job_id: str, channel: int, index: int) -> SpeechChunk | None:
    mine = batch_chunks.c.job_id == job_id, batch_chunks.c.channel == channel, batch_chunks.c.index == index
    row = (await connection.execute(select(batch_chunks).where(*mine))).mappings().one_or_none()
    return _chunk_of(row) if row else None


async def forget_chunks(connection: AsyncConnection, job_id: str) -> None:
    await connection.execute(delete(batch_chunks).where(batch_chunks.c.job_id == job_id))


def _chunk_of(row: RowMapping) -> SpeechChunk:
    columns = known(SpeechChunk, dict(row))
    windows = tuple((first, end) for first, end in columns.pop("windows"))
    return SpeechChunk(windows=windows, **columns)
