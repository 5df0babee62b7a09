"""`zerokerf split`: one recording in, segments out, with progress in between."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from zerokerf.cli import cuts, outputs, segment_speech, speech
from zerokerf.cli.connection import DEFAULT_SERVER, ApiKey, CaFile, Connection, Server, UseTls
from zerokerf.cli.documents import plan_document, split_document
from zerokerf.cli.exit_codes import ExitCode, exit_code_of
from zerokerf.cli.follow import follow, goes_on_without_us, leave_if_failed, save_segments
from zerokerf.cli.reports import is_whole, put_plan, put_segments
from zerokerf.cli.running import run_async, usage_error
from zerokerf.cli.terminal import put, put_json, say
from zerokerf.cli.views import View, open_view
from zerokerf.client import AsyncClient
from zerokerf.errors import InternalError, InvalidParams, ZerokerfError
from zerokerf.requests import Wish
from zerokerf.states import state_name
from zerokerf.v1.split_pb2 import Split
from zerokerf.v1.split_service_pb2 import PlanSplitResponse

#: The others are between us and the service.
_OF_RECORDINGS = (ExitCode.USAGE, ExitCode.UNEXPECTED)


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for on the command line."""

    source: str
    cuts: cuts.Cuts
    output: outputs.Output
    speech: segment_speech.SegmentSpeech | None
    folder: Path | None

    @property
    def url(self) -> str | None:
        return self.source if self.source.lower().startswith(("http://", "https://")) else None

    @property
    def file(self) -> Path | None:
        return None if self.url else Path(self.source)


def split(
    source: Annotated[str, typer.Argument(metavar="FILE|URL", help="A recording to upload, or its address.")],
    *,
    every: cuts.Every = "",
    max_size: cuts.MaxSize = "",
    parts: cuts.Parts = None,
    at: cuts.At = "",
    chapters: cuts.Chapters = False,
    cue: cuts.Cue = None,
    silence: cuts.Pauses = "",
    min_length: cuts.MinLength = "",
    max_length: cuts.MaxLength = "",
    snap: cuts.Snap = "",
    overlap: cuts.Overlap = "",
    min_tail: cuts.MinTail = "",
    to: outputs.To = "",
    bit_rate: outputs.BitRate = "",
    quality: outputs.Quality = None,
    sample_rate: outputs.SampleRate = "",
    channels: outputs.Channels = None,
    bit_depth: outputs.BitDepth = None,
    tags: outputs.Tags = "",
    title: outputs.Title = "",
    verify: outputs.Verify = "",
    strict: outputs.Strict = False,
    transcribe: segment_speech.Transcribe = "",
    language: speech.Language = "",
    model: speech.Model = "",
    enhanced: speech.Enhanced = False,
    channels_apart: segment_speech.Apart = False,
    vocabulary: speech.Vocabulary = None,
    line_length: speech.LineLength = None,
    lines: speech.Lines = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="DIR", help="Save the segments here.")
    ] = None,
    plan: Annotated[bool, typer.Option("--plan", help="Only say where it would be cut.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Print only file names or links.")] = False,
    server: Server = DEFAULT_SERVER,
    api_key: ApiKey = "",
    tls: UseTls = False,
    ca_file: CaFile = None,
) -> None:
    """Cut a recording into segments: by length, size, number, position, chapter, track or pause."""
    typed_cuts = cuts.TypedCuts(
        every=every,
        max_size=max_size,
        parts=parts,
        at=at,
        chapters=chapters,
        cue=cue,
        silence=silence,
        min_length=min_length,
        max_length=max_length,
        snap=snap,
        overlap=overlap,
        min_tail=min_tail,
    )
    typed_output = outputs.TypedOutput(
        to=to,
        bit_rate=bit_rate,
        quality=quality,
        sample_rate=sample_rate,
        channels=channels,
        bit_depth=bit_depth,
        tags=tags,
        title=title,
        verify=verify,
        strict=strict,
    )
    typed_speech = speech.TypedSpeech(
        language=language,
        model=model,
        enhanced=enhanced,
        channels=channels_apart,
        vocabulary=vocabulary,
        line_length=line_length,
        lines=lines,
    )
    if plan and (output or quiet or transcribe):
        raise usage_error("--plan makes no files: it does not go with --output, --quiet or --transcribe.")
    try:
        wanted = segment_speech.meant_speech(transcribe, typed_speech)
    except ValueError as error:
        raise usage_error(str(error)) from error
    request = _request(source, typed_cuts, typed_output, wanted, output)
    connection = Connection(server, api_key, tls, ca_file)
    command = (
        _plan(request, connection, as_json=as_json)
        if plan
        else _split(request, connection, as_json=as_json, quiet=quiet)
    )
    run_async(command)


def _request(
    source: str,
    typed_cuts: cuts.TypedCuts,
    typed_output: outputs.TypedOutput,
    wanted: segment_speech.SegmentSpeech | None,
    folder: Path | None,
) -> Request:
    try:
        request = Request(source, typed_cuts.meant(), typed_output.meant(), wanted, folder)
    except ValueError as error:
        raise usage_error(str(error)) from error
    except OSError as error:
        raise usage_error(f"The cue sheet {error.filename!r} cannot be read: {error.strerror}.") from error
    if request.file and not request.file.is_file():
        raise usage_error(f"There is no file {source!r}; an address begins with http:// or https://.")
    return request


async def _plan(request: Request, connection: Connection, *, as_json: bool) -> None:
    async with connection.client() as client:
        with open_view(quiet=as_json) as view:
            if not as_json:
                say("Looking where it would be cut.")
            with _refusals():
                plan = await client.plan_split(
                    url=request.url, file=request.file, on_progress=view.uploading, **_wish(request)
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
                url=request.url,
                file=request.file,
                verification=request.output.verification,
                transcribe=request.speech.wish if request.speech else None,
                on_progress=view.uploading,
                **_wish(request),
            )
            if not quiet:
                say(f"Job {job.id} accepted.")
            async with goes_on_without_us(job.id):
                done = await follow(client, job.id, view)
            saved = await _save(client, done, request, view)
    _put(done, request.speech, saved, as_json=as_json, quiet=quiet)
    leave_if_failed(done)
    _leave_unless_whole(done)


def _wish(request: Request) -> Wish:
    wanted, output = request.cuts, request.output
    return Wish(
        every=wanted.every,
        max_size=wanted.max_size,
        parts=wanted.parts,
        at=wanted.at,
        chapters=wanted.chapters,
        cue=wanted.cue,
        silence=wanted.silence,
        snap=wanted.snap,
        overlap=wanted.overlap,
        min_tail=wanted.min_tail,
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
    except (asyncio.CancelledError, ZerokerfError, OSError):
        say(f"Job {split.id} is {state_name(split.state)}; its links: zerokerf jobs show {split.id}")
        raise


def _put(
    split: Split, wanted: segment_speech.SegmentSpeech | None, saved: Saved, *, as_json: bool, quiet: bool
) -> None:
    if as_json:
        put_json(split_document(split, saved.segments))
        return
    if split.segments and not quiet:
        put_segments(split)
    made = [*split.segments, *(wanted.files(split) if wanted else ())]
    paths = [*saved.segments, *saved.transcripts]
    for place in [str(path) for path in paths] or [each.download_url for each in made]:
        put(place)


def _leave_unless_whole(made: Split | PlanSplitResponse) -> None:
    if not is_whole(made):
        say("Error: the segments are not the whole source.")
        raise typer.Exit(ExitCode.UNEXPECTED)
