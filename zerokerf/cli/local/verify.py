"""`zerokerf verify`: whether the files in a folder are still those that a manifest describes."""

from pathlib import Path
from typing import Annotated

import typer

from zerokerf.cli.exit_codes import ExitCode
from zerokerf.cli.local.view import open_work_view
from zerokerf.cli.running import run_async, usage_error
from zerokerf.cli.terminal import put, put_json


def verify(
    manifest: Annotated[Path, typer.Argument(metavar="MANIFEST", help="The manifest.json of a cut.")],
    folder: Annotated[
        Path | None, typer.Argument(metavar="DIR", help="Its segments; else the manifest's folder.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Print only what is wrong.")] = False,
) -> None:
    """Prove segments again: every byte, the count of samples in each, and their sum."""
    place = folder or manifest.parent
    if not manifest.is_file():
        raise usage_error(f"There is no manifest {str(manifest)!r}.")
    if not place.is_dir():
        raise usage_error(f"There is no folder {str(place)!r}.")
    run_async(_verify(manifest, place, as_json=as_json, quiet=quiet))


async def _verify(path: Path, folder: Path, *, as_json: bool, quiet: bool) -> None:
    from zerokerf.cli.local.proving import findings, read_manifest  # noqa: PLC0415 - the core takes a while to load

    manifest = await read_manifest(path)
    with open_work_view(quiet=quiet or as_json) as view:
        found = [each async for each in findings(manifest, folder, view)]
    if as_json:
        wrong = [{"index": each.index, "sentence": each.sentence} for each in found]
        put_json({"segments": len(manifest.segments), "findings": wrong})
    else:
        for each in found:
            put(each.sentence)
        if not quiet and not found:
            samples = sum(segment.sample_count for segment in manifest.segments)
            put(f"{len(manifest.segments)} segments, {samples} samples: all of it is there, byte for byte.")
    if found:
        raise typer.Exit(ExitCode.JOB_FAILED)
