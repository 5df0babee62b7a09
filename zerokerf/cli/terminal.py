"""Where text goes: results to stdout, everything else to stderr, nothing that could command the terminal."""

import json
import shutil
import sys
from pathlib import Path

from rich.console import Console


def printable(text: str) -> str:
    """The text without control characters: names and sentences may come from strangers."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)


def say(sentence: str) -> None:
    """One line for the person at the terminal."""
    print(printable(sentence), file=sys.stderr, flush=True)  # noqa: T201 - printing is this program's work


def put(line: str) -> None:
    """One line of the result."""
    print(printable(line), flush=True)  # noqa: T201 - printing is this program's work


def put_json(document: object, *, indent: int | None = 2) -> None:
    print(json.dumps(document, indent=indent), flush=True)  # noqa: T201 - printing is this program's work


def put_file(path: Path) -> None:
    """Blocking. Text, byte for byte but for what could command a terminal."""
    if sys.stdout.isatty():
        with path.open(encoding="utf-8", errors="replace") as text:
            for line in text:
                put(line.rstrip("\n"))
    else:
        with path.open("rb") as file:
            shutil.copyfileobj(file, sys.stdout.buffer)
        sys.stdout.flush()


def console(*, stderr: bool = False) -> Console:
    """A console that takes text as it is. Without a terminal nothing is cut to the width of one."""
    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else 200
    return Console(file=stream, width=width, markup=False, highlight=False, emoji=False)
