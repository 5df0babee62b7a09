"""`zerokerf split`: one recording in, segments out, with progress in between."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from zerokerf.cli.connection import Connection
from zerokerf.cli.exit_codes import ExitCode, exit_code_of
from zerokerf.cli.jobs.options import JobOptions
from zerokerf.cli.jobs.source import Source, Typed
from zerokerf.cli.jobs.views import View, open_view
from zerokerf.cli.option_groups import grouped
from zerokerf.cli.running import run_async, usage_error
from zerokerf.cli.splits.cuts import TypedCuts
from zerokerf.cli.splits.documents import plan_document, split_document
from zerokerf.cli.splits.kind import SPLITS
from zerokerf.cli.splits.outputs import Output, TypedOutput
from zerokerf.cli.splits.reports import is_whole, put_plan, put_segments
from zerokerf.cli.splits.segment_speech import SegmentSpeech, Transcribe, TypedSegmentSpeech, meant_speech
from zerokerf.cli.splits.segments import save_segments
from zerokerf.cli.terminal import put, put_json, say
from zerokerf.client import AsyncClient
from zerokerf.errors import FileNotKept, InternalError, InvalidParams, ZerokerfError
from zerokerf.requests import Cuts, Wish
from zerokerf.states import state_name
from zerokerf.v1.split_pb2 import Split
from zerokerf.v1.split_service_pb2 import PlanSplitResponse

#: The others are between us and the service.
_OF_RECORDINGS = (ExitCode.USAGE, ExitCode.UNEXPECTED)


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for on the command line."""

    source: Source
    cuts: Cuts
    output: Output
    speech: SegmentSpeech | None
    folder: Path | None
    job: JobOptions


@grouped
def split(
    source: Typed,
    *,
    cuts: TypedCuts,
    output: TypedOutput,
    transcribe: Transcribe = "",
    speech: TypedSegmentSpeech,
    folder: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="DIR", help="Save the segments here.")
    ] = None,
    job: JobOptions,
    plan: Annotated[bool, typer.Option("--plan", help="Only say where it would be cut.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Print only file names or links.")] = False,
    connection: Connection,
) -> None:
    """Cut a recording into segments: by length, size, number, position, chapter, track or pause."""
    if plan and (folder or quiet or transcribe or job.is_given):
        raise usage_error(
            "--plan makes no job: it does not go with "
            "--output, --quiet, --transcribe, --webhook-url or --bulk."
        )
    try:
        wanted = meant_speech(transcribe, speech)
        request = Request(Source(source), cuts.meant(), output.meant(), wanted, folder, job)
    except ValueError as error:
        raise usage_error(str(error)) from error
    request.source.check("http:// or https://")
    command = (
        _plan(request, connection, as_json=as_json)
        if plan
        else _split(request, connection, as_json=as_json, quiet=quiet)
    )
    run_async(command)


async def _plan(request: Request, connection: Connection, *, as_json: bool) -> None:
    async with connection.client() as client:
        with open_view(quiet=as_json) as view:
            if not as_json:
                say("Looking where it would be cut.")
            with _refusals():
                plan = await client.plan_split(
                    url=request.source.url,
                    file=request.source.file,
                    on_progress=view.uploading,
                    **_wish(request),
                )
    if as_json:
        put_json(plan_document(plan))
    else:
        put_plan(plan)
    _leave_unless_whole(plan)


@contextmanager
def _refusals() -> Iterator[None]:
    """What a recording refuses has the code of a job that failed for the same reason."""
    try:
        yield
    except ZerokerfError as error:
        code = exit_code_of(error)
        if isinstance(error, InvalidParams | InternalError) or code not in _OF_RECORDINGS:
            raise
        say(f"Error: {error.reason}: {error}")
        raise typer.Exit(ExitCode.JOB_FAILED) from error


async def _split(request: Request, connection: Connection, *, as_json: bool, quiet: bool) -> None:
    if request.folder is not None:
        request.folder.mkdir(parents=True, exist_ok=True)
    async with connection.client() as client:
        with open_view(quiet=quiet) as view:
            job = await client.create_split(
                url=request.source.url,
                file=request.source.file,
                verification=request.output.verification,
                transcribe=request.speech.wish if request.speech else None,
                webhook_url=request.job.webhook_url,
                priority=request.job.priority,
                on_progress=view.uploading,
                **_wish(request),
            )
            if not quiet:
                say(f"Job {job.id} accepted.")
            async with SPLITS.goes_on_without_us(job.id):
                done = await SPLITS.follow(client, job.id, view)
            saved = await _save(client, done, request, view)
    _put(done, request.speech, saved, as_json=as_json, quiet=quiet)
    SPLITS.leave_if_failed(done)
    _leave_unless_whole(done)


def _wish(request: Request) -> Wish:
    output = request.output
    return Wish(
        **request.cuts,
        to=output.to,
        encoding=output.encoding,
        tags=output.tags,
        title=output.title,
        strict=output.strict,
    )


@dataclass(frozen=True, slots=True)
class Saved:
    segments: list[Path]
    transcripts: list[Path]


async def _save(client: AsyncClient, split: Split, request: Request, view: View) -> Saved:
    folder, wanted = request.folder, request.speech
    if folder is None:
        return Saved([], [])
    try:
        segments = await save_segments(client, split, folder, view)
        return Saved(segments, await wanted.save(client, split, folder) if wanted else [])
    except FileNotKept:
        raise
    except (asyncio.CancelledError, ZerokerfError, OSError):
        say(f"Job {split.id} is {state_name(split.state)}; its links: zerokerf jobs show {split.id}")
        raise


def _put(split: Split, wanted: SegmentSpeech | None, saved: Saved, *, as_json: bool, quiet: bool) -> None:
    if as_json:
        put_json(split_document(split, saved.segments))
        return
    if split.segments and not quiet:
        put_segments(split)
    made = [*split.segments, *(wanted.files(split) if wanted else ())]
    paths = [*saved.segments, *saved.transcripts]
    for place in [str(path) for path in paths] or [each.download_url for each in made if each.download_url]:
        put(place)


def _leave_unless_whole(made: Split | PlanSplitResponse) -> None:
    if not is_whole(made):
        say("Error: the segments are not the whole source.")
        raise typer.Exit(ExitCode.UNEXPECTED)
