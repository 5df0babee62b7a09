"""The rows of a split job's segments."""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.database.inserting import insert_into
from server.database.tables import split_segments
from server.jobs.model import StoredSegment
from server.jobs.split_rows import segment_of


async def put_segment(connection: AsyncConnection, job_id: str, segment: StoredSegment) -> None:
    """Storing the same segment again replaces what is known of it."""
    columns = {name: getattr(segment, name) for name in StoredSegment.__slots__}
    statement = insert_into(split_segments, connection).values(job_id=job_id, **columns)
    key = [split_segments.c.job_id, split_segments.c.index]
    await connection.execute(statement.on_conflict_do_update(index_elements=key, set_=columns))


async def stored_so_far(connection: AsyncConnection, job_id: str) -> tuple[int, int]:
    """How many segments are stored, and how many samples they hold."""
    query = select(func.count(), func.coalesce(func.sum(split_segments.c.sample_count), 0))
    count, samples = (await connection.execute(query.where(split_segments.c.job_id == job_id))).one()
    return count, int(samples)


async def segments_of(connection: AsyncConnection, job_id: str) -> tuple[StoredSegment, ...]:
    query = select(split_segments).where(split_segments.c.job_id == job_id).order_by(split_segments.c.index)
    return tuple(segment_of(row) for row in (await connection.execute(query)).mappings())
