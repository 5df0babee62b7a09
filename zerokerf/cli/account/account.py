"""`zerokerf account`: what an owner does with the own account: look at it, take everything along, end it."""

import asyncio
import sys
from pathlib import Path
from typing import Annotated

import typer

from zerokerf.cli.account.views import account_document, export_document, put_account
from zerokerf.cli.connection import Connection
from zerokerf.cli.exit_codes import ExitCode
from zerokerf.cli.jobs.commands import Json
from zerokerf.cli.jobs.views import open_view, waiting
from zerokerf.cli.option_groups import grouped
from zerokerf.cli.running import run_async, usage_error
from zerokerf.cli.splits.reports import format_time
from zerokerf.cli.terminal import put, put_json, say
from zerokerf.client import AsyncClient
from zerokerf.errors import LinkRefused, Unauthenticated, Unavailable
from zerokerf.v1.account_pb2 import Account, AccountExport

app = typer.Typer(help="Look at your account, take along what is on record, end it.", no_args_is_help=True)

CONFIRMATION = "DELETE MY ACCOUNT"
_FORMATS = {"json": AccountExport.FORMAT_JSON, "csv": AccountExport.FORMAT_CSV}


@app.command()
@grouped
def show(*, as_json: Json = False, connection: Connection) -> None:
    """Show the account, and what its plan allows."""

    async def command() -> None:
        async with connection.client() as client:
            account = await client.accounts.get()
        if as_json:
            put_json(account_document(account))
        else:
            put_account(account)

    run_async(command())


@app.command()
@grouped
def export(
    *,
    form: Annotated[
        str, typer.Option("--format", metavar="FORMAT", help="Of its tables: json, as usual, or csv.")
    ] = "",
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE", help="Save it so, or into this folder; else here."),
    ] = None,
    export_id: Annotated[
        str, typer.Option("--id", metavar="ID", help="Save an archive that was begun before.")
    ] = "",
    as_json: Json = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Print only the file's name.")] = False,
    connection: Connection,
) -> None:
    """Save all that is on record of the account as a zip, without recordings and secrets."""
    if form and export_id:
        raise usage_error("--format does not go with --id: that archive has its format already.")
    if (form or "json") not in _FORMATS:
        raise usage_error(f"--format {form!r} is not possible; use one of {', '.join(_FORMATS)}.")

    async def command() -> None:
        async with connection.client() as client:
            begun = export_id or (await client.accounts.export(_FORMATS[form or "json"])).id
            made = await _made(client, begun, quiet=quiet)
            path = await _save(client, made, output or Path(), quiet=quiet)
        if as_json:
            put_json(export_document(made, path))
        else:
            put(str(path))

    run_async(command())


@app.command()
@grouped
def delete(
    *,
    confirmation: Annotated[
        str,
        typer.Option("--confirm", metavar="PHRASE", help=f"'{CONFIRMATION}': do not ask for it."),
    ] = "",
    connection: Connection,
) -> None:
    """End the account, for ever: its keys at once, its jobs and files soon, its records within 30 days."""
    if not confirmation:
        _ask_for_confirmation(connection)
    elif confirmation != CONFIRMATION:
        raise usage_error(f"--confirm must be exactly '{CONFIRMATION}'. Nothing was deleted.")

    async def command() -> None:
        async with connection.client() as client:
            account = await client.accounts.get()
            await _delete(client, account)

    run_async(command())


async def _made(client: AsyncClient, export_id: str, *, quiet: bool) -> AccountExport:
    """The archive once it is there. Raises typer.Exit when it could not be made."""
    try:
        with waiting(f"Archive {export_id} is being made.", quiet=quiet):
            made = await client.accounts.wait_export(export_id)
    except (asyncio.CancelledError, Unavailable):
        say(f"Archive {export_id} goes on being made. Save it: zerokerf account export --id {export_id}")
        raise
    if made.state != AccountExport.STATE_COMPLETED:
        say(f"Error: archive {export_id} could not be made. Ask for another one.")
        raise typer.Exit(ExitCode.JOB_FAILED)
    return made


async def _save(client: AsyncClient, made: AccountExport, dest: Path, *, quiet: bool) -> Path:
    try:
        with open_view(quiet=quiet) as view:
            path = await client.accounts.download_export(made, dest, view.downloading)
    except (asyncio.CancelledError, LinkRefused, Unavailable, OSError):
        until = format_time(made.expire_time)
        say(f"Archive {made.id} is kept until {until}. Save it: zerokerf account export --id {made.id}")
        raise
    return path


def _ask_for_confirmation(connection: Connection) -> None:
    """Blocking. Raises typer.Exit unless somebody at a terminal types the phrase."""
    if not sys.stdin.isatty():
        raise usage_error(f"Without a terminal this needs --confirm '{CONFIRMATION}'.")
    run_async(_say_what_goes(connection))
    say(f"Type {CONFIRMATION} to go on:")
    try:
        typed = sys.stdin.readline().rstrip("\r\n")
    except KeyboardInterrupt as error:
        raise typer.Exit(ExitCode.INTERRUPTED) from error
    if typed != CONFIRMATION:
        raise usage_error("That is something else. Nothing was deleted.")


async def _say_what_goes(connection: Connection) -> None:
    async with connection.client() as client:
        account = await client.accounts.get()
    say(f"This ends the account {account.id} ({account.display_name}), with all its keys, jobs and files.")
    say("There is no way back. 'zerokerf account export' saves what is on record of it.")


async def _delete(client: AsyncClient, account: Account) -> None:
    try:
        purged = await client.accounts.delete(CONFIRMATION)
    except Unauthenticated:
        # The account was there a moment ago, so an answer must have got lost on the way.
        say(f"Account {account.id} seems to be deleted: its keys have ended.")
        raise
    say(f"Account {account.id} is deleted; its last records go on {purged.ToDatetime():%Y-%m-%d}.")
