"""Runs the `zerokerf` lines of a guide, read from stdin, one after the other in this one process.

A line is read as a shell reads it, as far as the guides go: quotes, comments, variables, and a last `> FILE`.
"""

import contextlib
import os
import shlex
import sys
from pathlib import Path
from string import Template

from zerokerf.cli.main import run


def main() -> None:
    """Stops at the first line that fails, with its code."""
    for line in sys.stdin.read().splitlines():
        program, *arguments = shlex.split(Template(line).substitute(os.environ), comments=True)
        assert program == "zerokerf", line
        with contextlib.ExitStack() as stack:
            if arguments[-2:-1] == [">"]:
                file = stack.enter_context(Path(arguments[-1]).open("w", encoding="utf-8"))
                stack.enter_context(contextlib.redirect_stdout(file))
                arguments = arguments[:-2]
            _run(line, arguments)


def _run(line: str, arguments: list[str]) -> None:
    sys.argv = ["zerokerf", *arguments]
    try:
        run()
    except SystemExit as ended:
        if ended.code:
            print("Failed:", line, file=sys.stderr)  # noqa: T201 - a failing example must be found
            raise


if __name__ == "__main__":
    main()
