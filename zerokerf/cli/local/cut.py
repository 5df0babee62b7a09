"""`zerokerf cut`: a recording of this machine into segments, without a service."""

import tempfile
from pathlib import Path

from zerokerf.cli.local import options
from zerokerf.cli.local.folder import open_target
from zerokerf.cli.local.names import template_of
from zerokerf.cli.local.request import CutRequest, has_titles
from zerokerf.cli.option_groups import grouped
from zerokerf.cli.running import run_async, usage_error
from zerokerf.cli.splits.cuts import TypedCuts
from zerokerf.cli.splits.outputs import TypedOutput
from zerokerf.errors import InvalidParams
from zerokerf.requests import Cuts
from zerokerf.template import Template


@grouped
def cut(
    source: options.Source,
    *,
    cuts: TypedCuts,
    output: TypedOutput,
    folder: options.Folder = None,
    template: options.Names = "",
    force: options.Force = False,
    plan: options.Plan = False,
    plot: options.Plot = None,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
    parallel: options.Parallel = None,
    ffmpeg: options.Ffmpeg = None,
) -> None:
    """Cut a recording on this machine, without a service; every segment is proven."""
    try:
        where = cuts.meant()
        request = CutRequest(
            source=source,
            cuts=where,
            output=output.meant(),
            template=_template(template, where),
            plot=plot,
            ffmpeg=ffmpeg,
            parallel=parallel,
            as_json=as_json,
            quiet=quiet,
        )
    except ValueError as error:
        raise usage_error(str(error)) from error
    _check_files(request)
    if plan:
        _plan(request)
    else:
        _cut(request, folder or Path(f"{source.stem}-segments"), force=force)


def _cut(request: CutRequest, folder: Path, *, force: bool) -> None:
    from zerokerf.cli.local.work import cut_recording  # noqa: PLC0415 - the media core takes a while to load

    # The folder is cleared after the loop has ended: until then a thread may still be writing into it.
    with open_target(folder, request.source, force=force) as target:
        run_async(cut_recording(request, target))


def _plan(request: CutRequest) -> None:
    from zerokerf.cli.local.work import plan_recording  # noqa: PLC0415 - the media core takes a while to load

    with tempfile.TemporaryDirectory(prefix="zerokerf-", ignore_cleanup_errors=True) as scratch:
        run_async(plan_recording(request, Path(scratch)))


def _template(typed: str, cuts: Cuts) -> Template:
    try:
        return template_of(typed, has_titles=has_titles(cuts))
    except InvalidParams as error:
        raise ValueError(f"--template: {error}") from error


def _check_files(request: CutRequest) -> None:
    if not request.source.is_file():
        raise usage_error(f"There is no file {str(request.source)!r}.")
    plot = request.plot
    if plot is not None and (plot.suffix.lower() != ".png" or not plot.parent.is_dir()):
        raise usage_error(f"--plot {str(plot)!r} must be a name ending in .png, in a folder that exists.")
