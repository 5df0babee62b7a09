"""`zerokerf transcribe`: one recording in, its text out, with progress in between."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from zerokerf.batch_states import state_name
from zerokerf.cli.connection import Connection
from zerokerf.cli.jobs.options import JobOptions
from zerokerf.cli.jobs.source import Source, Typed
from zerokerf.cli.jobs.views import open_view
from zerokerf.cli.option_groups import grouped
from zerokerf.cli.running import run_async
from zerokerf.cli.terminal import put, put_json, say
from zerokerf.cli.transcripts.documents import job_document
from zerokerf.cli.transcripts.files import Folder, Force, Formats, Results, open_results, stem_of
from zerokerf.cli.transcripts.kind import TRANSCRIPTIONS
from zerokerf.cli.transcripts.reports import outcome_line
from zerokerf.cli.transcripts.speech import TypedSpeech
from zerokerf.client import AsyncClient
from zerokerf.errors import ZerokerfError
from zerokerf.v1.batch_pb2 import BatchFile, BatchJob


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for on the command line."""

    source: Source
    speech: TypedSpeech
    job_id: str
    job: JobOptions
    as_json: bool
    quiet: bool


@grouped
def transcribe(
    source: Typed,
    *,
    formats: Formats = None,
    output: Folder = None,
    force: Force = False,
    speech: TypedSpeech,
    job_id: Annotated[str, typer.Option("--id", metavar="ID", help="Call the job so: letters, digits.")] = "",
    job: JobOptions,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document about the job.")] = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Print only the text or file names.")] = False,
    connection: Connection,
) -> None:
    """Turn the speech of a recording into text or subtitles."""
    request = Request(Source(source), speech, job_id, job, as_json, quiet)
    request.source.check("https://")
    with open_results(formats, output, request.source.file, force=force) as results:
        run_async(_transcribe(request, results, connection))


async def _transcribe(request: Request, results: Results, connection: Connection) -> None:
    stem = stem_of(request.source.typed)
    results.check(stem)
    async with connection.client() as client:
        done = await _followed(request, client)
        paths: list[Path] = []
        links: list[BatchFile] = []
        if done.state == BatchJob.STATE_DONE:
            try:
                paths = await results.save(client, done.id, stem)
                if request.as_json:
                    links = [*(await client.batch.files(done.id)).outputs]
                elif not paths:
                    await results.print(client, done.id)
            except (asyncio.CancelledError, ZerokerfError, OSError):
                say(
                    f"Job {done.id} is {state_name(done.state)}; its text: zerokerf transcripts get {done.id}"
                )
                raise
    _put(request, done, paths, links)
    TRANSCRIPTIONS.leave_if_failed(done)


async def _followed(request: Request, client: AsyncClient) -> BatchJob:
    """The job in its final state."""
    with open_view(quiet=request.quiet) as view:
        job = await client.batch.create(
            url=request.source.url,
            file=request.source.file,
            job_id=request.job_id,
            webhook_url=request.job.webhook_url,
            priority=request.job.priority,
            on_progress=view.uploading,
            **request.speech.wish,
        )
        if not request.quiet:
            say(f"Job {job.id} accepted.")
        async with TRANSCRIPTIONS.goes_on_without_us(job.id):
            return await TRANSCRIPTIONS.follow(client, job.id, view)


def _put(request: Request, job: BatchJob, paths: list[Path], links: list[BatchFile]) -> None:
    if request.as_json:
        put_json(job_document(job, links, paths))
        return
    for path in paths:
        put(str(path))
    if job.state == BatchJob.STATE_DONE and not request.quiet:
        say(outcome_line(job))
