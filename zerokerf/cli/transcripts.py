"""`zerokerf transcripts`: look at transcription jobs, follow them, fetch their text, stop and remove them."""

from contextlib import aclosing
from pathlib import Path
from typing import Annotated

import typer

from zerokerf.batch_states import state_name
from zerokerf.cli.batch_documents import event_document, files_document, job_document, model_document
from zerokerf.cli.batch_follow import follow, leave_if_failed
from zerokerf.cli.batch_reports import put_files, put_job, put_jobs, put_models
from zerokerf.cli.connection import DEFAULT_SERVER, ApiKey, CaFile, Connection, Server, UseTls
from zerokerf.cli.follow import goes_on_without_us
from zerokerf.cli.running import run_async, usage_error
from zerokerf.cli.terminal import put, put_json, say
from zerokerf.cli.transcript_files import Folder, Force, Formats, Results, open_results, stem_of
from zerokerf.cli.views import open_view
from zerokerf.client import AsyncClient
from zerokerf.v1.batch_pb2 import BatchJob

app = typer.Typer(
    help="Look at transcription jobs, follow them, fetch their text, stop and remove them.",
    no_args_is_help=True,
)

JobId = Annotated[str, typer.Argument(metavar="ID", help="The job.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
_STATES = {state_name(number): number for number in BatchJob.State.values() if number}


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
            jobs = await _newest(client, [_STATES[state]] if state else [], limit)
        if as_json:
            put_json({"jobs": [job_document(job) for job in jobs]})
        elif quiet:
            for job in jobs:
                put(job.id)
        else:
            put_jobs(jobs)

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
    """Show one job."""

    async def command() -> None:
        async with Connection(server, api_key, tls, ca_file).client() as client:
            job = await client.batch.get(job_id)
        if as_json:
            put_json(job_document(job))
        else:
            put_job(job)

    run_async(command())


@app.command()
def files(
    job_id: JobId,
    as_json: Json = False,
    server: Server = DEFAULT_SERVER,
    api_key: ApiKey = "",
    tls: UseTls = False,
    ca_file: CaFile = None,
) -> None:
    """Print fresh links to the recording and to the transcripts; they work for an hour."""

    async def command() -> None:
        async with Connection(server, api_key, tls, ca_file).client() as client:
            found = await client.batch.files(job_id)
        if as_json:
            put_json(files_document(found))
        else:
            put_files(found)

    run_async(command())


@app.command()
def get(
    job_id: JobId,
    formats: Formats = None,
    output: Folder = None,
    force: Force = False,
    server: Server = DEFAULT_SERVER,
    api_key: ApiKey = "",
    tls: UseTls = False,
    ca_file: CaFile = None,
) -> None:
    """Print a transcript, or save it with --output under the name of its recording."""

    async def command(results: Results) -> None:
        async with Connection(server, api_key, tls, ca_file).client() as client:
            paths = await _get(client, job_id, results)
        for path in paths:
            put(str(path))

    with open_results(formats, output, None, force=force) as results:
        run_async(command(results))


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
        connection = Connection(server, api_key, tls, ca_file)
        async with connection.client() as client, goes_on_without_us(job_id, "transcripts"):
            if as_json:
                job = await _put_events(client, job_id, after)
            else:
                with open_view(quiet=False) as view:
                    job = await follow(client, job_id, view, after)
                put_job(job)
        leave_if_failed(job)

    run_async(command())


@app.command()
def cancel(
    job_id: JobId,
    server: Server = DEFAULT_SERVER,
    api_key: ApiKey = "",
    tls: UseTls = False,
    ca_file: CaFile = None,
) -> None:
    """Stop a job that is waiting or at work."""

    async def command() -> None:
        async with Connection(server, api_key, tls, ca_file).client() as client:
            await client.batch.cancel(job_id)
        say(f"Job {job_id} is cancelled.")

    run_async(command())


@app.command()
def delete(
    job_id: JobId,
    server: Server = DEFAULT_SERVER,
    api_key: ApiKey = "",
    tls: UseTls = False,
    ca_file: CaFile = None,
) -> None:
    """Remove the files of a job that has ended; its record stays."""

    async def command() -> None:
        async with Connection(server, api_key, tls, ca_file).client() as client:
            await client.batch.delete(job_id)
        say(f"Job {job_id} is deleted.")

    run_async(command())


def models(
    as_json: Json = False,
    server: Server = DEFAULT_SERVER,
    api_key: ApiKey = "",
    tls: UseTls = False,
    ca_file: CaFile = None,
) -> None:
    """List the models that can transcribe, with their languages."""

    async def command() -> None:
        async with Connection(server, api_key, tls, ca_file).client() as client:
            found = await client.batch.models()
        if as_json:
            put_json({"models": [model_document(model) for model in found]})
        else:
            put_models(found)

    run_async(command())


async def _get(client: AsyncClient, job_id: str, results: Results) -> list[Path]:
    """Those that were saved."""
    if results.target is None:
        await results.print(client, job_id)
        return []
    stem = stem_of((await client.batch.get(job_id)).input.file_name)
    results.check(stem)
    return await results.save(client, job_id, stem)


async def _newest(client: AsyncClient, states: list[BatchJob.State.ValueType], limit: int) -> list[BatchJob]:
    jobs: list[BatchJob] = []
    async with aclosing(client.batch.list(*states, page_size=min(limit, 100))) as found:
        async for job in found:
            jobs.append(job)
            if len(jobs) == limit:
                break
    return jobs


async def _put_events(client: AsyncClient, job_id: str, after: int) -> BatchJob:
    async with aclosing(client.batch.watch(job_id, after)) as events:
        async for event in events:
            put_json(event_document(event), indent=None)
    return await client.batch.get(job_id)
