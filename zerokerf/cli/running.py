"""Runs a command to its end and turns whatever goes wrong into one clear sentence and an exit code."""

import asyncio
import os
import sys
import traceback
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, NoReturn

import typer

from zerokerf.cli.exit_codes import ExitCode, exit_code_of
from zerokerf.cli.terminal import say
from zerokerf.errors import InvalidParams, Kind, ZerokerfError


def run_async(command: Coroutine[Any, Any, None]) -> None:
    """Raises typer.Exit with the code for whatever happened."""
    try:
        asyncio.run(command)
    except ZerokerfError as error:
        fail(error)
    except BrokenPipeError as error:
        _silence_stdout()
        raise typer.Exit(ExitCode.UNEXPECTED) from error
    except OSError as error:
        say(f"Error: {_os_sentence(error)}")
        raise typer.Exit(ExitCode.UNEXPECTED) from error
    except KeyboardInterrupt as error:
        raise typer.Exit(ExitCode.INTERRUPTED) from error


def fail(error: ZerokerfError) -> NoReturn:
    """Say what is wrong and leave with its code."""
    for sentence in _sentences(error):
        say(f"Error: {sentence}")
    raise typer.Exit(exit_code_of(error)) from error


def usage_error(sentence: str) -> typer.Exit:
    """To be raised for what was typed and cannot be meant."""
    say(f"Error: {sentence}")
    return typer.Exit(ExitCode.USAGE)


def say_bug(error: Exception) -> None:
    """One line for a failure nobody foresaw, with the place a report needs."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    say(
        f"Error: this is a mistake in Zerokerf, please report it: {type(error).__name__} at "
        f"{Path(frame.filename).name}:{frame.lineno}: {error}"
    )


def _sentences(error: ZerokerfError) -> list[str]:
    if isinstance(error, InvalidParams) and error.violations:
        return [f"{field}: {sentence}" for field, sentence in error.violations.items()]
    if error.kind is Kind.UNAUTHENTICATED:
        return [f"{error} Give it with --api-key or in ZEROKERF_API_KEY."]
    return [str(error)]


def _os_sentence(error: OSError) -> str:
    what = error.strerror or str(error)
    return f"{error.filename}: {what}." if error.filename else f"{what}."


def _silence_stdout() -> None:
    # The reader of our output has left; without this Python complains when it flushes at exit.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
