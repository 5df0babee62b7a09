"""The options that say where the results of a cut on this machine go, and with what they are made."""

from pathlib import Path
from typing import Annotated

import typer

_RESULTS = "Results"
_MEANS = "Means"


def _option(names: str, metavar: str, sentence: str) -> object:
    return typer.Option(names, metavar=metavar, help=sentence, rich_help_panel=_RESULTS)


def _switch(names: str, *more: str, sentence: str) -> object:
    return typer.Option(names, *more, help=sentence, rich_help_panel=_RESULTS)


Source = Annotated[Path, typer.Argument(metavar="FILE", help="The recording.", show_default=False)]
Folder = Annotated[
    Path | None,
    typer.Option(
        "-o",
        "--output",
        metavar="DIR",
        help="Where segments go; else FILE's name and '-segments'.",
        rich_help_panel=_RESULTS,
    ),
]
Names = Annotated[str, _option("--template", "TEMPLATE", "Names of files, as '{n:02} {title}'.")]
Force = Annotated[bool, _switch("--force", sentence="Replace files of the same names.")]
Plan = Annotated[bool, _switch("--plan", sentence="Show where the cuts would be, and write no segment.")]
Plot = Annotated[Path | None, _option("--plot", "PNG", "Draw the waveform with its pauses and the cuts.")]
Json = Annotated[bool, _switch("--json", sentence="Print one JSON document.")]
Quiet = Annotated[bool, _switch("-q", "--quiet", sentence="Print only file names.")]
Parallel = Annotated[
    int | None,
    typer.Option(
        "--jobs",
        metavar="N",
        min=1,
        max=256,
        help="So many segments at a time; else one for each core.",
        rich_help_panel=_MEANS,
    ),
]
Ffmpeg = Annotated[
    Path | None,
    typer.Option(
        "--ffmpeg",
        metavar="PROGRAM",
        envvar="ZEROKERF_FFMPEG",
        help="An ffmpeg in place of the pinned one.",
        rich_help_panel=_MEANS,
    ),
]
