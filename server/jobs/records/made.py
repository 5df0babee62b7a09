"""What was made of jobs, of whatever kind, as far as it stands in rows."""

from sqlalchemy.ext.asyncio import AsyncConnection

from server.jobs.records.chunks import forget_chunks
from server.jobs.records.segments import forget_segments


async def forget_made(connection: AsyncConnection, job_id: str) -> None:
    await forget_segments(connection, job_id)
    await forget_chunks(connection, job_id)
