"""`zerokerf jobs`: look at jobs, follow them, stop them, remove them."""

import asyncio
import sys
from pathlib import Path
from typing import Annotated

import typer

from zerokerf.cli.connection import Connection
from zerokerf.cli.jobs.commands import JobId, Json, Listing, Watching, list_jobs, state_option, watch_job
from zerokerf.cli.option_groups import grouped
from zerokerf.cli.running import run_async
from zerokerf.cli.splits.documents import split_document
from zerokerf.cli.splits.kind import SPLITS
from zerokerf.cli.splits.reports import put_job
from zerokerf.cli.terminal import put, put_json, say
from zerokerf.states import state_name

app = typer.Typer(help="Look at jobs, follow them, stop them, remove them.", no_args_is_help=True)


@app.command("list")
@grouped
def list_all(
    *,
    state: Annotated[str, state_option(SPLITS)] = "",
    listing: Listing,
    connection: Connection,
) -> None:
    """List jobs, newest first."""
    list_jobs(SPLITS, state, listing, connection)


@app.command()
@grouped
def show(job_id: JobId, *, as_json: Json = False, connection: Connection) -> None:
    """Show one job; when it is completed, with its segments and fresh links."""

    async def command() -> None:
        async with connection.client() as client:
            split = await client.get_split(job_id)
        if as_json:
            put_json(split_document(split))
            return
        put_job(split)
        for segment in split.segments:
            if segment.download_url:
                put(segment.download_url)

    run_async(command())


@app.command()
@grouped
def manifest(
    job_id: JobId,
    *,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Save it here.")
    ] = None,
    connection: Connection,
) -> None:
    """Print the manifest of a completed job: every segment with its place, hash and proof."""

    async def command() -> None:
        async with connection.client() as client:
            text = await client.manifest(job_id)
        if output is None:
            _put_manifest(text)
        else:
            await asyncio.to_thread(output.write_bytes, text.encode())
            put(str(output))

    run_async(command())


@app.command()
@grouped
def watch(job_id: JobId, *, watching: Watching, connection: Connection) -> None:
    """Follow a job to its end."""
    watch_job(SPLITS, job_id, watching, connection)


@app.command()
@grouped
def cancel(job_id: JobId, *, connection: Connection) -> None:
    """Stop a job that is queued or processing."""

    async def command() -> None:
        async with connection.client() as client:
            split = await client.cancel_split(job_id)
        say(f"Job {job_id} is {state_name(split.state)}.")

    run_async(command())


@app.command()
@grouped
def delete(job_id: JobId, *, connection: Connection) -> None:
    """Remove a job with its source and all segments, for ever."""

    async def command() -> None:
        async with connection.client() as client:
            await client.delete_split(job_id)
        say(f"Job {job_id} is deleted.")

    run_async(command())


def _put_manifest(text: str) -> None:
    """Byte for byte, but for what could command a terminal."""
    if sys.stdout.isatty():
        for line in text.splitlines():
            put(line)
    else:
        sys.stdout.buffer.write(text.encode())
        sys.stdout.flush()
