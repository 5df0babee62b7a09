"""The rows of a split job's segments."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import RowMapping, bindparam, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from server.database.inserting import insert_into
from server.database.tables import split_segments
from server.jobs.model import StoredSegment
from server.jobs.records.rows import known
from server.jobs.speech_model import StoredTranscript


async def put_segment(connection: AsyncConnection, job_id: str, segment: StoredSegment) -> None:
    """Storing the same segment again replaces what is known of it, but for what is said in it."""
    names = set(StoredSegment.__slots__) - {"transcripts"}
    columns = {name: getattr(segment, name) for name in names}
    statement = insert_into(split_segments, connection).values(job_id=job_id, **columns)
    key = [split_segments.c.job_id, split_segments.c.index]
    await connection.execute(statement.on_conflict_do_update(index_elements=key, set_=columns))


async def put_transcripts(
    connection: AsyncConnection, job_id: str, transcripts: Mapping[int, Sequence[StoredTranscript]]
) -> None:
    """Those of each segment, by its index."""
    mine = split_segments.c.job_id == job_id, split_segments.c.index == bindparam("of_index")
    statement = update(split_segments).where(*mine).values(transcripts=bindparam("files"))
    rows = [{"of_index": index, "files": transcript_columns(files)} for index, files in transcripts.items()]
    await connection.execute(statement, rows)


async def forget_segments(connection: AsyncConnection, job_id: str) -> None:
    await connection.execute(delete(split_segments).where(split_segments.c.job_id == job_id))


async def stored_so_far(connection: AsyncConnection, job_id: str) -> tuple[int, int]:
    """How many segments are stored, and how many samples they hold."""
    query = select(func.count(), func.coalesce(func.sum(split_segments.c.sample_count), 0))
    count, samples = (await connection.execute(query.where(split_segments.c.job_id == job_id))).one()
    return count, int(samples)


async def segments_of(connection: AsyncConnection, job_id: str) -> tuple[StoredSegment, ...]:
    query = select(split_segments).where(split_segments.c.job_id == job_id).order_by(split_segments.c.index)
    return tuple(segment_of(row) for row in (await connection.execute(query)).mappings())


def segment_of(row: RowMapping) -> StoredSegment:
    columns = known(StoredSegment, dict(row))
    return StoredSegment(transcripts=transcripts_of(columns.pop("transcripts")), **columns)


def transcripts_of(stored: list[dict[str, Any]] | None) -> tuple[StoredTranscript, ...]:
    return tuple(StoredTranscript(**known(StoredTranscript, each)) for each in stored or ())


def transcript_columns(transcripts: Sequence[StoredTranscript]) -> list[dict[str, Any]]:
    return [asdict(each) for each in transcripts]
