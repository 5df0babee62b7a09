"""`zerokerf jobs`: look at jobs, follow them, stop them, remove them."""

import asyncio
import sys
from contextlib import aclosing
from pathlib import Path
from typing import Annotated

import typer

from zerokerf.cli.connection import DEFAULT_SERVER, ApiKey, CaFile, Connection, Server, UseTls
from zerokerf.cli.documents import event_document, split_document
from zerokerf.cli.follow import follow, goes_on_without_us, leave_if_failed
from zerokerf.cli.reports import put_job, put_jobs
from zerokerf.cli.running import run_async, usage_error
from zerokerf.cli.terminal import put, put_json, say
from zerokerf.cli.views import open_view
from zerokerf.client import AsyncClient
from zerokerf.states import state_name
from zerokerf.v1.split_pb2 import Split

app = typer.Typer(help="Look at jobs, follow them, stop them, remove them.", no_args_is_help=True)

JobId = Annotated[str, typer.Argument(metavar="ID", help="The job.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
_STATES = {state_name(number): number for number in Split.State.values() if number}


@app.command("list")
def list_jobs(
    state: Annotated[str, typer.Option(metavar="STATE", help=f"Only {', '.join(_STATES)}.")] = "",
    limit: Annotated[int, typer.Option(min=1, help="How many, newest first.")] = 20,
    as_json: Json = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Print only ids.")] = False,
    server: Server = DEFAULT_SERVER,
    api_key: ApiKey = "",
    tls: UseTls = False,
    ca_file: CaFile = None,
) -> None:
    """List jobs, newest first."""
    if state and state not in _STATES:
        raise usage_error(f"--state {state!r} is not a state; use one of {', '.join(_STATES)}.")

    async def command() -> None:
        async with Connection(server, api_key, tls, ca_file).client() as client:
            splits = await _newest(client, [_STATES[state]] if state else [], limit)
        if as_json:
            put_json({"jobs": [split_document(split) for split in splits]})
        elif quiet:
            for split in splits:
                put(split.id)
        else:
            put_jobs(splits)

    run_async(command())


@app.command()
def show(
    job_id: JobId,
    as_json: Json = False,
    server: Server = DEFAULT_SERVER,
    api_key: ApiKey = "",
    tls: UseTls = False,
    ca_file: CaFile = None,
) -> None:
    """Show one job; when it is completed, with its segments and fresh links."""

    async def command() -> None:
        async with Connection(server, api_key, tls, ca_file).client() as client:
            split = await client.get_split(job_id)
        if as_json:
            put_json(split_document(split))
            return
        put_job(split)
        for segment in split.segments:
            put(segment.download_url)

    run_async(command())


@app.command()
def manifest(
    job_id: JobId,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Save it here.")
    ] = None,
    server: Server = DEFAULT_SERVER,
    api_key: ApiKey = "",
    tls: UseTls = False,
    ca_file: CaFile = None,
) -> None:
    """Print the manifest of a completed job: every segment with its place, hash and proof."""

    async def command() -> None:
        async with Connection(server, api_key, tls, ca_file).client() as client:
            text = await client.manifest(job_id)
        if output is None:
            _put_manifest(text)
        else:
            await asyncio.to_thread(output.write_bytes, text.encode())
            put(str(output))

    run_async(command())


@app.command()
def watch(
    job_id: JobId,
    after: Annotated[int, typer.Option(min=0, help="Only events after this sequence number.")] = 0,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON document a line and event.")
    ] = False,
    server: Server = DEFAULT_SERVER,
    api_key: ApiKey = "",
    tls: UseTls = False,
    ca_file: CaFile = None,
) -> None:
    """Follow a job to its end."""

    async def command() -> None:
        async with Connection(server, api_key, tls, ca_file).client() as client, goes_on_without_us(job_id):
            if as_json:
                split = await _put_events(client, job_id, after)
            else:
                with open_view(quiet=False) as view:
                    split = await follow(client, job_id, view, after)
                put_job(split)
        leave_if_failed(split)

    run_async(command())


@app.command()
def cancel(
    job_id: JobId,
    server: Server = DEFAULT_SERVER,
    api_key: ApiKey = "",
    tls: UseTls = False,
    ca_file: CaFile = None,
) -> None:
    """Stop a job that is queued or processing."""

    async def command() -> None:
        async with Connection(server, api_key, tls, ca_file).client() as client:
            split = await client.cancel_split(job_id)
        say(f"Job {job_id} is {state_name(split.state)}.")

    run_async(command())


@app.command()
def delete(
    job_id: JobId,
    server: Server = DEFAULT_SERVER,
    api_key: ApiKey = "",
    tls: UseTls = False,
    ca_file: CaFile = None,
) -> None:
    """Remove a job with its source and all segments, for ever."""

    async def command() -> None:
        async with Connection(server, api_key, tls, ca_file).client() as client:
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


async def _newest(client: AsyncClient, states: list[Split.State.ValueType], limit: int) -> list[Split]:
    splits: list[Split] = []
    async with aclosing(client.list_splits(*states, page_size=min(limit, 100))) as found:
        async for split in found:
            splits.append(split)
            if len(splits) == limit:
                break
    return splits


async def _put_events(client: AsyncClient, job_id: str, after: int) -> Split:
    async with aclosing(client.watch(job_id, after)) as events:
        async for event in events:
            put_json(event_document(event), indent=None)
    return await client.get_split(job_id)
