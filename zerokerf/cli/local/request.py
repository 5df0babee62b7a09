"""What was asked for of `zerokerf cut`, checked as far as it can be without the recording."""

from dataclasses import dataclass
from pathlib import Path

from zerokerf.cli.splits.outputs import Output
from zerokerf.requests import Cuts
from zerokerf.template import Template


@dataclass(frozen=True, slots=True, kw_only=True)
class CutRequest:
    """`ffmpeg` and `parallel` are left to us where they are None."""

    source: Path
    cuts: Cuts
    output: Output
    template: Template
    plot: Path | None
    ffmpeg: Path | None
    parallel: int | None
    as_json: bool
    quiet: bool

    @property
    def has_titles(self) -> bool:
        """Whether the mode itself names segments."""
        return has_titles(self.cuts)


def has_titles(cuts: Cuts) -> bool:
    return cuts.get("chapters", False) or cuts.get("cue") is not None
