"""`zerokerf cut`: a recording of this machine into segments, without a service."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from zerokerf.cli import cut_options as options
from zerokerf.cli.cut_folder import open_target
from zerokerf.cli.cut_names import template_of
from zerokerf.cli.cut_request import CutRequest, has_titles
from zerokerf.cli.cuts import TypedCuts
from zerokerf.cli.option_groups import grouped
from zerokerf.cli.outputs import TypedOutput
from zerokerf.cli.running import run_async, usage_error
from zerokerf.errors import InvalidParams

T = TypeVar("T")


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
    meant = _meant(cuts.meant)
    request = CutRequest(
        source=source,
        cuts=meant,
        output=_meant(output.meant),
        template=_meant(lambda: template_of(template, has_titles=has_titles(meant))),
        plot=plot,
        ffmpeg=ffmpeg,
        parallel=parallel,
        as_json=as_json,
        quiet=quiet,
    )
    _check_files(request)
    if plan:
        _plan(request)
    else:
        _cut(request, folder or Path(f"{source.stem}-segments"), force=force)


def _cut(request: CutRequest, folder: Path, *, force: bool) -> None:
    from zerokerf.cli.cut_work import cut_recording  # noqa: PLC0415 - the media core takes a while to load

    # The folder is cleared after the loop has ended: until then a thread may still be writing into it.
    with open_target(folder, request.source, force=force) as target:
        run_async(cut_recording(request, target))


def _plan(request: CutRequest) -> None:
    from zerokerf.cli.cut_work import plan_recording  # noqa: PLC0415 - the media core takes a while to load

    with tempfile.TemporaryDirectory(prefix="zerokerf-", ignore_cleanup_errors=True) as scratch:
        run_async(plan_recording(request, Path(scratch)))


def _meant(meaning: Callable[[], T]) -> T:
    try:
        return meaning()
    except InvalidParams as error:
        raise usage_error(f"--template: {error}") from error
    except ValueError as error:
        raise usage_error(str(error)) from error
    except OSError as error:
        raise usage_error(f"The cue sheet {error.filename!r} cannot be read: {error.strerror}.") from error


def _check_files(request: CutRequest) -> None:
    if not request.source.is_file():
        raise usage_error(f"There is no file {str(request.source)!r}.")
    plot = request.plot
    if plot is not None and (plot.suffix.lower() != ".png" or not plot.parent.is_dir()):
        raise usage_error(f"--plot {str(plot)!r} must be a name ending in .png, in a folder that exists.")
