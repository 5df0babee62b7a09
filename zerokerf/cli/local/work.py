"""Cuts a recording on this machine, or shows where it would be cut: the media core without a service."""

import asyncio
import hashlib
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import typer

from server.media.cutter import Tools
from server.media.manifest.document import Manifest, to_json
from server.media.manifest.making import manifest_output, manifest_segment, manifest_source
from server.media.preview import preview
from server.media.recipe import Recipe, recipe_json
from server.media.splitting import split
from server.media.threads import in_thread
from zerokerf.cli.exit_codes import ExitCode
from zerokerf.cli.local.documents import manifest_document, plan_document
from zerokerf.cli.local.drawing import CutRecording, draw
from zerokerf.cli.local.folder import TargetFolder
from zerokerf.cli.local.names import MANIFEST_NAME, name_in_manifest
from zerokerf.cli.local.recipe import recipe_of
from zerokerf.cli.local.request import CutRequest
from zerokerf.cli.local.sink import FolderSink
from zerokerf.cli.local.tables import put_manifest, put_plan
from zerokerf.cli.local.tools import local_tools
from zerokerf.cli.local.view import WorkView, open_work_view
from zerokerf.cli.running import usage_error
from zerokerf.cli.terminal import put, put_json, say
from zerokerf.errors import ConfigError, TargetExists, ZerokerfError

_CHUNK_BYTES = 1 << 20


async def cut_recording(request: CutRequest, target: TargetFolder) -> None:
    """Raises typer.Exit with the code for what the recording refuses, and for being stopped."""
    recipe = _recipe(request)
    with _stopped_by_signals(), _refusals(), open_work_view(quiet=request.quiet) as view:
        manifest, paths = await _cut(request, recipe, target, view)
    if request.as_json:
        put_json(manifest_document(manifest, paths))
    elif request.quiet:
        for path in paths[:-1]:
            put(str(path))
    else:
        put_manifest(manifest)
        put(f"Written to {target.path}, with {MANIFEST_NAME}.")


async def plan_recording(request: CutRequest, scratch: Path) -> None:
    """The same, without a file."""
    recipe = _recipe(request)
    with _stopped_by_signals(), _refusals(), open_work_view(quiet=request.quiet) as view:
        view.moved("planning", 0, 0, "")
        async with local_tools(request.ffmpeg, request.parallel) as tools:
            plan = await preview(request.source, recipe, scratch, tools, lambda _size_bytes: None)
            cuts = [segment.cut for segment in plan.segments]
            cut = CutRecording(
                source=request.source, recipe=recipe, facts=plan.facts, making=plan.making, cuts=cuts
            )
            await _write_picture(request, await _picture(request, cut, scratch, tools, view))
    if request.as_json:
        put_json(plan_document(plan, name_in_manifest(request.source)))
    elif not request.quiet:
        put_plan(plan)


async def _cut(
    request: CutRequest, recipe: Recipe, target: TargetFolder, view: WorkView
) -> tuple[Manifest, list[Path]]:
    async with local_tools(request.ffmpeg, request.parallel) as tools:
        sink = FolderSink(request, recipe, target, tools, view)
        hashing = asyncio.create_task(in_thread(_sha256, request.source))
        try:
            await split(request.source, recipe, target.scratch, tools, sink)
            picture = await _picture(request, sink.recording(), target.scratch, tools, view)
            outcome = await _publish(request, recipe, target, sink, await hashing)
            await _write_picture(request, picture)
            return outcome
        finally:
            hashing.cancel()
            await asyncio.gather(hashing, return_exceptions=True)


async def _publish(
    request: CutRequest, recipe: Recipe, target: TargetFolder, sink: FolderSink, sha256: str
) -> tuple[Manifest, list[Path]]:
    """Everything into the folder, the manifest last."""
    segments = sink.named()
    manifest = Manifest(
        source=manifest_source(sink.opened_as, name_in_manifest(request.source), sha256),
        options=recipe_json(recipe),
        output=manifest_output(sink.opened_as),
        segments=tuple(manifest_segment(segment, name) for segment, _, name in segments),
        notes=sink.opened_as.notes,
    )
    written = target.scratch / MANIFEST_NAME
    await asyncio.to_thread(written.write_bytes, to_json(manifest))
    files = [(path, name) for _, path, name in segments]
    return manifest, await asyncio.to_thread(target.publish, [*files, (written, MANIFEST_NAME)])


async def _picture(
    request: CutRequest, cut: CutRecording, scratch: Path, tools: Tools, view: WorkView
) -> bytes | None:
    if request.plot is None:
        return None
    return await draw(cut, scratch, tools, view)


async def _write_picture(request: CutRequest, picture: bytes | None) -> None:
    if request.plot is not None and picture is not None:
        await asyncio.to_thread(request.plot.write_bytes, picture)


def _recipe(request: CutRequest) -> Recipe:
    try:
        return recipe_of(request.cuts, request.output)
    except ValueError as error:
        raise usage_error(f"This cannot be meant: {error}.") from error


def _sha256(path: Path, stop: threading.Event) -> str:
    digest = hashlib.sha256()
    with path.open("rb", buffering=0) as file:
        while not stop.is_set() and (chunk := file.read(_CHUNK_BYTES)):
            digest.update(chunk)
    return digest.hexdigest()


@contextmanager
def _refusals() -> Iterator[None]:
    """What a recording refuses has the code of a job that failed for the same reason."""
    try:
        yield
    except ZerokerfError as error:
        if error.is_transient or isinstance(error, ConfigError | TargetExists):
            raise
        say(f"Error: {error}")
        raise typer.Exit(ExitCode.JOB_FAILED) from error


@contextmanager
def _stopped_by_signals() -> Iterator[None]:
    """Everything that was begun is cleared away before we go, whoever ends us."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    for number in (signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, lambda: task and task.cancel())
    try:
        yield
    except asyncio.CancelledError as error:
        raise typer.Exit(ExitCode.INTERRUPTED) from error
    finally:
        for number in (signal.SIGTERM, signal.SIGHUP):
            loop.remove_signal_handler(number)
