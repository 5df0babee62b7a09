"""Follows a job to its end and saves what it made."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import typer

from zerokerf.cli.exit_codes import ExitCode
from zerokerf.cli.terminal import say
from zerokerf.cli.views import View
from zerokerf.client import AsyncClient
from zerokerf.errors import LinkRefused, Unavailable
from zerokerf.states import state_name
from zerokerf.v1.split_pb2 import Segment, Split


async def follow(client: AsyncClient, job_id: str, view: View, after_sequence: int = 0) -> Split:
    """The job in its final state."""
    async with aclosing(client.watch(job_id, after_sequence)) as events:
        async for event in events:
            view.event(event)
    return await client.get_split(job_id)


@asynccontextmanager
async def goes_on_without_us(job_id: str, commands: str = "jobs") -> AsyncIterator[None]:
    """Whoever stops looking, or has to, is told that the job goes on and how to come back to it."""
    try:
        yield
    except (asyncio.CancelledError, Unavailable):
        say(f"Job {job_id} goes on. Follow it: zerokerf {commands} watch {job_id}")
        say(f"Stop it: zerokerf {commands} cancel {job_id}")
        raise


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


def leave_if_failed(split: Split) -> None:
    """Say why a job did not complete and leave with the code for that."""
    if split.state != Split.STATE_COMPLETED:
        reason = f" {split.error.reason}: {split.error.message}" if split.HasField("error") else ""
        say(f"Error: job {split.id} ended as {state_name(split.state)}.{reason}")
        raise typer.Exit(ExitCode.JOB_FAILED)
