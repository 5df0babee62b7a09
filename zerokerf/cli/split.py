"""`zerokerf split`: one recording in, segments out, with progress in between."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from zerokerf.cli import cuts
from zerokerf.cli.connection import DEFAULT_SERVER, ApiKey, CaFile, Connection, Server, UseTls
from zerokerf.cli.documents import split_document
from zerokerf.cli.exit_codes import ExitCode
from zerokerf.cli.follow import follow, goes_on_without_us, leave_if_failed, save_segments
from zerokerf.cli.reports import is_whole, put_segments
from zerokerf.cli.running import run_async, usage_error
from zerokerf.cli.terminal import put, put_json, say
from zerokerf.cli.views import View, open_view
from zerokerf.client import AsyncClient
from zerokerf.errors import ZerokerfError
from zerokerf.requests import format_names
from zerokerf.states import state_name
from zerokerf.v1.split_pb2 import Split


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for on the command line."""

    source: str
    cuts: cuts.Cuts
    to: str | None
    folder: Path | None

    @property
    def is_url(self) -> bool:
        return self.source.lower().startswith(("http://", "https://"))


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
    to: Annotated[
        str, typer.Option(metavar="FORMAT", help=f"{', '.join(format_names())}; else the source's.")
    ] = "",
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="DIR", help="Save the segments here.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Print only file names or links.")] = False,
    server: Server = DEFAULT_SERVER,
    api_key: ApiKey = "",
    tls: UseTls = False,
    ca_file: CaFile = None,
) -> None:
    """Cut a recording into segments: by length, size, number, position, chapter, track or pause."""
    typed = cuts.TypedCuts(
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
    request = _request(source, typed, to, output)
    connection = Connection(server, api_key, tls, ca_file)
    run_async(_split(request, connection, as_json=as_json, quiet=quiet))


def _request(source: str, typed: cuts.TypedCuts, to: str, folder: Path | None) -> Request:
    if to and to.lower() not in format_names():
        raise usage_error(f"--to {to!r} is not a format; use one of {', '.join(format_names())}.")
    try:
        request = Request(source, typed.meant(), to or None, folder)
    except ValueError as error:
        raise usage_error(str(error)) from error
    except OSError as error:
        raise usage_error(f"The cue sheet {error.filename!r} cannot be read: {error.strerror}.") from error
    if not request.is_url and not Path(source).is_file():
        raise usage_error(f"There is no file {source!r}; an address begins with http:// or https://.")
    return request


async def _split(request: Request, connection: Connection, *, as_json: bool, quiet: bool) -> None:
    if request.folder is not None:
        request.folder.mkdir(parents=True, exist_ok=True)
    async with connection.client() as client:
        with open_view(quiet=quiet) as view:
            job = await _create(client, request, view)
            if not quiet:
                say(f"Job {job.id} accepted.")
            async with goes_on_without_us(job.id):
                done = await follow(client, job.id, view)
            paths = await _save(client, done, request.folder, view) if request.folder else []
    _put(done, paths, as_json=as_json, quiet=quiet)
    leave_if_failed(done)
    if not is_whole(done):
        say("Error: the segments are not the whole source.")
        raise typer.Exit(ExitCode.UNEXPECTED)


async def _save(client: AsyncClient, split: Split, folder: Path, view: View) -> list[Path]:
    try:
        return await save_segments(client, split, folder, view)
    except (asyncio.CancelledError, ZerokerfError, OSError):
        say(f"Job {split.id} is {state_name(split.state)}; its links: zerokerf jobs show {split.id}")
        raise


async def _create(client: AsyncClient, request: Request, view: View) -> Split:
    wanted = request.cuts
    return await client.create_split(
        url=request.source if request.is_url else None,
        file=None if request.is_url else Path(request.source),
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
        to=request.to,
        on_progress=view.uploading,
    )


def _put(split: Split, paths: list[Path], *, as_json: bool, quiet: bool) -> None:
    places = [str(path) for path in paths] or [segment.download_url for segment in split.segments]
    if as_json:
        put_json(split_document(split, paths))
        return
    if split.segments and not quiet:
        put_segments(split)
    for place in places:
        put(place)
