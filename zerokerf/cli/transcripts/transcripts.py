"""`zerokerf transcripts`: look at transcription jobs, follow them, fetch their text, stop and remove them."""

from pathlib import Path
from typing import Annotated

import typer

from zerokerf.cli.connection import Connection
from zerokerf.cli.jobs.commands import JobId, Json, Listing, Watching, list_jobs, state_option, watch_job
from zerokerf.cli.option_groups import grouped
from zerokerf.cli.running import run_async
from zerokerf.cli.terminal import put, put_json, say
from zerokerf.cli.transcripts.documents import files_document, job_document, model_document
from zerokerf.cli.transcripts.files import Folder, Force, Formats, Results, open_results, stem_of
from zerokerf.cli.transcripts.kind import TRANSCRIPTIONS
from zerokerf.cli.transcripts.reports import gone_line, put_files, put_job, put_models
from zerokerf.client import AsyncClient

app = typer.Typer(
    help="Look at transcription jobs, follow them, fetch their text, stop and remove them.",
    no_args_is_help=True,
)


@app.command("list")
@grouped
def list_all(
    *,
    state: Annotated[str, state_option(TRANSCRIPTIONS)] = "",
    listing: Listing,
    connection: Connection,
) -> None:
    """List jobs, newest first."""
    list_jobs(TRANSCRIPTIONS, state, listing, connection)


@app.command()
@grouped
def show(job_id: JobId, *, as_json: Json = False, connection: Connection) -> None:
    """Show one job."""

    async def command() -> None:
        async with connection.client() as client:
            job = await client.batch.get(job_id)
        if as_json:
            put_json(job_document(job))
        else:
            put_job(job)

    run_async(command())


@app.command()
@grouped
def files(job_id: JobId, *, as_json: Json = False, connection: Connection) -> None:
    """Print fresh links to the recording and to the transcripts; they work for an hour."""

    async def command() -> None:
        async with connection.client() as client:
            found = await client.batch.files(job_id)
            if not (found.inputs or found.outputs):
                job = await client.batch.get(job_id)
                say(gone_line(job) or f"Job {job_id} has no files at the moment.")
        if as_json:
            put_json(files_document(found))
        else:
            put_files(found)

    run_async(command())


@app.command()
@grouped
def get(
    job_id: JobId,
    *,
    formats: Formats = None,
    output: Folder = None,
    force: Force = False,
    connection: Connection,
) -> None:
    """Print a transcript, or save it with --output under the name of its recording."""

    async def command(results: Results) -> None:
        async with connection.client() as client:
            paths = await _get(client, job_id, results)
        for path in paths:
            put(str(path))

    with open_results(formats, output, None, force=force) as results:
        run_async(command(results))


@app.command()
@grouped
def watch(job_id: JobId, *, watching: Watching, connection: Connection) -> None:
    """Follow a job to its end."""
    watch_job(TRANSCRIPTIONS, job_id, watching, connection)


@app.command()
@grouped
def cancel(job_id: JobId, *, connection: Connection) -> None:
    """Stop a job that is waiting or at work."""

    async def command() -> None:
        async with connection.client() as client:
            await client.batch.cancel(job_id)
        say(f"Job {job_id} is cancelled.")

    run_async(command())


@app.command()
@grouped
def delete(job_id: JobId, *, connection: Connection) -> None:
    """Remove the files of a job that has ended; its record stays."""

    async def command() -> None:
        async with connection.client() as client:
            await client.batch.delete(job_id)
        say(f"Job {job_id} is deleted.")

    run_async(command())


@grouped
def models(*, as_json: Json = False, connection: Connection) -> None:
    """List the models that can transcribe, with their languages."""

    async def command() -> None:
        async with connection.client() as client:
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
