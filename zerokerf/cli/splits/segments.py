"""Saves the segments that a job has made."""

from pathlib import Path

from zerokerf.cli.jobs.views import View
from zerokerf.client import AsyncClient
from zerokerf.errors import LinkRefused
from zerokerf.v1.split_pb2 import Segment, Split


async def save_segments(client: AsyncClient, split: Split, folder: Path, view: View) -> list[Path]:
    """The files, in order. Links that expire during a long download are renewed."""
    total = sum(segment.size for segment in split.segments)
    before = 0
    paths = []
    for segment in split.segments:

        def moved(done: int, _all: int, before: int = before) -> None:
            view.downloading(before + done, total)

        try:
            path = await client.download(segment, folder, moved)
        except LinkRefused:
            path = await client.download(await _renewed(client, split.id, segment), folder, moved)
        paths.append(path)
        before += segment.size
    return paths


async def _renewed(client: AsyncClient, job_id: str, segment: Segment) -> Segment:
    return (await client.get_split(job_id)).segments[segment.index]
