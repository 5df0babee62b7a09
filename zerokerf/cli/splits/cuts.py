"""The options that say where to cut, and what is meant by them together."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from zerokerf.cli.quantities import parse_duration, parse_size
from zerokerf.requests import Cuts, Silence

DEFAULT_PAUSE = "0.5s"
_MAX_SHEET_BYTES = 64 * 1024
_MODES = "Where to cut (one of)"
_OPTIONS = "Cuts"


def _option(names: str, metavar: str, sentence: str, panel: str = _MODES) -> object:
    return typer.Option(names, metavar=metavar, help=sentence, rich_help_panel=panel)


Every = Annotated[str, _option("--every", "TIME", "Length of a segment: 90s, 10m, 1:30:00.")]
MaxSize = Annotated[str, _option("--max-size", "SIZE", "Most bytes of a segment: 25MB is 25 * 2**20.")]
Parts = Annotated[
    int | None,
    typer.Option("--parts", metavar="N", min=1, max=2**31 - 1, help="Equal parts.", rich_help_panel=_MODES),
]
At = Annotated[str, _option("--at", "TIME,TIME…", "Positions: 1:02,5:30.")]
Chapters = Annotated[
    bool, typer.Option("--chapters", help="A segment for each chapter.", rich_help_panel=_MODES)
]
Cue = Annotated[Path | None, _option("--cue", "SHEET", "A segment for each track of a cue sheet.")]
Pauses = Annotated[
    str, _option("--silence", "[TIME]", f"In each pause of at least this length, or {DEFAULT_PAUSE}.")
]
MinLength = Annotated[
    str, _option("--min-length", "TIME", "With --silence: shorter pieces join a neighbour.", _OPTIONS)
]
MaxLength = Annotated[
    str,
    _option(
        "--max-length", "TIME", "With --silence: longer pieces are cut where they are quietest.", _OPTIONS
    ),
]
Snap = Annotated[str, _option("--snap", "TIME", "How far a cut may move to fall into a pause.", _OPTIONS)]
Overlap = Annotated[
    str, _option("--overlap", "TIME", "How much earlier each segment but the first begins.", _OPTIONS)
]
MinTail = Annotated[
    str, _option("--min-tail", "TIME", "A shorter last segment joins the one before.", _OPTIONS)
]


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedCuts:
    """The options as typed; what is empty was not given."""

    every: Every = ""
    max_size: MaxSize = ""
    parts: Parts = None
    at: At = ""
    chapters: Chapters = False
    cue: Cue = None
    silence: Pauses = ""
    min_length: MinLength = ""
    max_length: MaxLength = ""
    snap: Snap = ""
    overlap: Overlap = ""
    min_tail: MinTail = ""

    def meant(self) -> Cuts:
        """Raises ValueError for what cannot be meant."""
        self._check_together()
        return Cuts(
            every=_duration(self.every),
            max_size=parse_size(self.max_size) if self.max_size else None,
            parts=self.parts,
            at=[parse_duration(text) for text in self.at.split(",")] if self.at else None,
            chapters=self.chapters,
            cue=read_sheet(self.cue) if self.cue else None,
            silence=self._silence() if self.silence else None,
            snap=_duration(self.snap),
            overlap=_duration(self.overlap),
            min_tail=_duration(self.min_tail),
        )

    def _check_together(self) -> None:
        modes = (self.every, self.max_size, self.parts, self.at, self.chapters, self.cue, self.silence)
        if sum(map(bool, modes)) != 1:
            raise ValueError(
                "Say how to cut with one of --every, --max-size, --parts, --at, --chapters, --cue, --silence."
            )
        if (self.min_length or self.max_length) and not self.silence:
            raise ValueError("--min-length and --max-length go with --silence.")
        if self.max_size and (self.snap or self.overlap or self.min_tail):
            raise ValueError("--snap, --overlap and --min-tail do not go with --max-size.")

    def _silence(self) -> Silence:
        return Silence(
            min_silence=parse_duration(self.silence),
            min_segment=_duration(self.min_length),
            max_segment=_duration(self.max_length),
        )


class CutCommand(TyperCommand):
    """A command whose `--silence` needs no value, which the framework itself has no way to say."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401 - the framework keeps its type
        return super().parse_args(ctx, with_pause(args))


def with_pause(arguments: Sequence[str]) -> list[str]:
    """The arguments, with the usual pause behind a `--silence` that no length follows."""
    return with_value(arguments, "--silence", DEFAULT_PAUSE, _is_duration)


def with_value(arguments: Sequence[str], flag: str, usual: str, is_value: Callable[[str], bool]) -> list[str]:
    """The arguments, with the usual value behind a flag that none follows."""
    spelled = list(arguments)
    for position, argument in enumerate(arguments):
        if argument == "--":
            break
        if argument == flag and not is_value("".join(arguments[position + 1 : position + 2])):
            spelled[position] = f"{flag}={usual}"
    return spelled


def read_sheet(path: Path) -> str:
    """The text, in UTF-8 or as older Windows programs write it. Raises ValueError."""
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_SHEET_BYTES + 1)
    except OSError as error:
        raise ValueError(f"The cue sheet {str(path)!r} cannot be read: {error.strerror}.") from error
    if len(content) > _MAX_SHEET_BYTES:
        raise ValueError(f"{str(path)!r} is no cue sheet: it is longer than {_MAX_SHEET_BYTES} bytes.")
    with suppress(UnicodeDecodeError):
        return content.decode("utf-8-sig")
    return content.decode("cp1252", errors="replace")


def _is_duration(text: str) -> bool:
    with suppress(ValueError):
        return bool(parse_duration(text))
    return False


def _duration(text: str) -> timedelta | None:
    return parse_duration(text) if text else None
