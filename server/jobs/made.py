"""What was made of jobs, of whatever kind, as far as it stands in rows."""

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncConnection

from server.database.tables import batch_chunks, split_segments


async def forget_made(connection: AsyncConnection, job_id: str) -> None:
    for table in (split_segments, batch_chunks):
        await connection.execute(delete(table).where(table.c.job_id == job_id))
