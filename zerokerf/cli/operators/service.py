"""`zerokerf serve` and the other commands that run a part of the service, configured by flags."""

import importlib
from collections.abc import Sequence
from typing import Any

import typer
from rich.table import Table

from zerokerf.cli.running import fail, run_async, usage_error
from zerokerf.cli.terminal import console, printable
from zerokerf.errors import ConfigError

# Every setting is a flag of the same name, so the flags are not listed here a second time.
ANY_FLAGS = {"allow_extra_args": True, "ignore_unknown_options": True}


def serve(context: typer.Context) -> None:
    """Run everything here: server, gateway and worker. Settings are flags: --data-dir DIR."""
    _run("serve", context)


def server(context: typer.Context) -> None:
    """Run only the gRPC server. Settings are flags, as 'zerokerf config' lists them."""
    _run("server", context)


def gateway(context: typer.Context) -> None:
    """Run only the REST gateway. Settings are flags, as 'zerokerf config' lists them."""
    _run("gateway", context)


def worker(context: typer.Context) -> None:
    """Run only a worker. Settings are flags, as 'zerokerf config' lists them."""
    _run("worker", context)


def config(context: typer.Context) -> None:
    """Print every setting with its value and source; secrets are masked."""
    settings = settings_of(context)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in ("setting", "value", "source"):
        table.add_column(name, overflow="fold")
    for row in importlib.import_module("server.settings").describe(settings):
        table.add_row(*(printable(str(cell)) for cell in row))
    console().print(table)


def overrides(arguments: Sequence[str]) -> dict[str, str]:
    """Settings by name from `--kebab-name value` and `--kebab-name=value`. Raises ValueError."""
    found: dict[str, str] = {}
    rest = iter(arguments)
    for argument in rest:
        flag, equals, value = argument.partition("=")
        if not flag.startswith("--") or len(flag) == 2:
            raise ValueError(f"{argument!r} is not a setting; write settings as --data-dir DIR.")
        if not equals:
            value = next(rest, "")
        if not value or (not equals and value.startswith("--")):
            raise ValueError(f"{flag} needs a value.")
        found[flag[2:].replace("-", "_")] = value
    return found


def settings_of(context: typer.Context) -> Any:  # noqa: ANN401 - handed through unread, its type is the service's
    """What the service would be configured with. Raises typer.Exit, having said what is wrong."""
    try:
        flags = overrides(context.args)
    except ValueError as error:
        raise usage_error(str(error)) from error
    try:
        return importlib.import_module("server.settings").load_settings(flags)
    except ConfigError as error:
        fail(error)


def _run(part: str, context: typer.Context) -> None:
    settings = settings_of(context)
    # The service is only imported by the commands that run it: a client needs none of it.
    run_async(getattr(importlib.import_module("server.main"), part)(settings))
