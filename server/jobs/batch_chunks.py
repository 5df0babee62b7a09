"""The rows of a transcription job's chunks."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from server.database.inserting import insert_into
from server.database.tables import batch_chunks
from server.jobs.batch_model import BatchChunk
from server.jobs.batch_rows import chunk_columns, chunk_of


async def put_chunks(connection: AsyncConnection, job_id: str, chunks: Sequence[BatchChunk]) -> None:
    """Chunks that are there stay as they are, with what was heard in them."""
    if not chunks:
        return
    rows = [{"job_id": job_id, **chunk_columns(chunk)} for chunk in chunks]
    # Row by row: one statement takes no more than some 30,000 values.
    await connection.execute(insert_into(batch_chunks, connection).on_conflict_do_nothing(), rows)


async def put_heard(
    connection: AsyncConnection, job_id: str, channel: int, index: int, heard: dict[str, Any]
) -> bool:
    """Whether it was news: a chunk is heard once."""
    mine = batch_chunks.c.job_id == job_id, batch_chunks.c.channel == channel, batch_chunks.c.index == index
    fresh = update(batch_chunks).where(*mine, batch_chunks.c.heard.is_(None)).values(heard=heard)
    return bool((await connection.execute(fresh)).rowcount)


async def heard_so_far(connection: AsyncConnection, job_id: str) -> tuple[int, int]:
    """How many chunks are heard, and how much of the recording that is, in samples of one channel."""
    is_heard = batch_chunks.c.heard.is_not(None)
    query = select(
        func.count().filter(is_heard),
        func.coalesce(func.sum(batch_chunks.c.sample_count).filter(is_heard), 0),
        func.count(batch_chunks.c.channel.distinct()),
    )
    count, samples, channels = (await connection.execute(query.where(batch_chunks.c.job_id == job_id))).one()
    return count, int(samples) // max(1, channels)


async def chunks_of(connection: AsyncConnection, job_id: str) -> tuple[BatchChunk, ...]:
    query = select(batch_chunks).where(batch_chunks.c.job_id == job_id)
    rows = await connection.execute(query.order_by(batch_chunks.c.channel, batch_chunks.c.index))
    return tuple(chunk_of(row) for row in rows.mappings())


async def chunk_at(connection: AsyncConnection, job_id: str, channel: int, index: int) -> BatchChunk | None:
    mine = batch_chunks.c.job_id == job_id, batch_chunks.c.channel == channel, batch_chunks.c.index == index
    row = (await connection.execute(select(batch_chunks).where(*mine))).mappings().one_or_none()
    return chunk_of(row) if row else None
