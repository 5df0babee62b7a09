"""`zerokerf doctor`: whether everything that the service needs is there, and what to do where it is not."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated, Any

import typer

from zerokerf.cli.doctor.findings import Finding
from zerokerf.cli.exit_codes import ExitCode
from zerokerf.cli.operators.service import overrides
from zerokerf.cli.running import run_async, usage_error
from zerokerf.cli.terminal import put, put_json
from zerokerf.errors import ConfigError


def doctor(
    context: typer.Context,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Check all that the service needs, and say what to do. Settings are flags: --data-dir DIR.

    Leaves with code 1 if anything is wrong.
    """
    try:
        flags = overrides(context.args)
    except ValueError as error:
        raise usage_error(str(error)) from error
    run_async(_run(flags, as_json=as_json))


async def _run(flags: dict[str, str], *, as_json: bool) -> None:
    findings = []
    async with aclosing(_examine(flags)) as found:
        async for finding in found:
            findings.append(finding)
            if not as_json:
                _show(finding)
    if as_json:
        put_json([_document(finding) for finding in findings])
    if not all(finding.is_ok for finding in findings):
        raise typer.Exit(ExitCode.UNEXPECTED)


async def _examine(flags: dict[str, str]) -> AsyncGenerator[Finding, None]:
    from server.settings import load_settings  # noqa: PLC0415 - a client needs no service
    from zerokerf.cli.doctor.checks import examine  # noqa: PLC0415 - as above

    try:
        settings = load_settings(flags)
    except ConfigError as error:
        yield Finding("settings", str(error), "Mend it; 'zerokerf config' lists all settings.")
        return
    yield Finding("settings", f"Data in {settings.data_dir.absolute()}.")
    async with aclosing(examine(settings)) as found:
        async for finding in found:
            yield finding


def _show(finding: Finding) -> None:
    put(f"{'ok  ' if finding.is_ok else 'FAIL'}  {finding.check:<11} {finding.found}")
    if finding.to_do:
        put(f"      {'':<11} {finding.to_do}")


def _document(finding: Finding) -> dict[str, Any]:
    return {
        "check": finding.check,
        "ok": finding.is_ok,
        "found": finding.found,
        "toDo": finding.to_do or None,
    }
