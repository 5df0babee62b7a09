"""What records hold of transcription jobs alone, as values."""

from dataclasses import asdict
from typing import Any

from sqlalchemy import RowMapping

from server.jobs.batch_model import BatchChunk, BatchRequest
from server.jobs.kinds import Kind, KindName
from server.jobs.rows import known


def request_of(stored: dict[str, Any]) -> BatchRequest:
    """From what `asdict` made of it, here or in another version."""
    return BatchRequest(**known(BatchRequest, stored))


def chunk_of(row: RowMapping) -> BatchChunk:
    columns = known(BatchChunk, dict(row))
    windows = tuple((first, end) for first, end in columns.pop("windows"))
    return BatchChunk(windows=windows, **columns)


def chunk_columns(chunk: BatchChunk) -> dict[str, Any]:
    return asdict(chunk)


BATCH = Kind(KindName.BATCH, request_of)
