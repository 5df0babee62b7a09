"""`zerokerf keys`: make API keys, look at them, change them, end them."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from zerokerf.cli.account.lifetimes import parse_expiry
from zerokerf.cli.account.views import key_document, put_key, put_keys
from zerokerf.cli.connection import Connection
from zerokerf.cli.jobs.commands import Json
from zerokerf.cli.option_groups import grouped
from zerokerf.cli.running import run_async, usage_error
from zerokerf.cli.terminal import put, put_json, say
from zerokerf.v1.account_pb2 import ApiKey

app = typer.Typer(help="Make API keys, look at them, change them, end them.", no_args_is_help=True)

KeyId = Annotated[str, typer.Argument(metavar="ID", help="The key.")]
Scopes = Annotated[
    list[str] | None,
    typer.Option(
        "--scope",
        metavar="SCOPE",
        help="splits:read or :write, batch:read or :write, keys:manage; may be given more than once.",
    ),
]
Expires = Annotated[
    str, typer.Option("--expires", metavar="WHEN", help="From now on, 30d or 12h; or a date, 2027-03-31.")
]
OnlySecret = Annotated[bool, typer.Option("-q", "--quiet", help="Print only the secret.")]


@app.command()
@grouped
def create(
    name: Annotated[str, typer.Argument(metavar="NAME", help="For people to tell keys apart.")],
    *,
    scopes: Scopes = None,
    expires: Expires = "",
    test: Annotated[bool, typer.Option("--test", help="What it does counts for nothing.")] = False,
    as_json: Json = False,
    quiet: OnlySecret = False,
    connection: Connection,
) -> None:
    """Make a key, of every scope unless some are given. Its secret is shown this once."""
    expires_at = _expiry(expires)

    async def command() -> None:
        async with connection.client() as client:
            made = await client.accounts.create_key(
                name, scopes=scopes or (), expires_at=expires_at, test=test
            )
        _put_secret(made.key, made.secret, as_json=as_json, quiet=quiet)

    run_async(command())


@app.command("list")
@grouped
def list_all(
    *,
    as_json: Json = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Print only ids.")] = False,
    connection: Connection,
) -> None:
    """List the keys that are not revoked, oldest first."""

    async def command() -> None:
        async with connection.client() as client:
            keys = await client.accounts.list_keys()
        if as_json:
            put_json({"keys": [key_document(key) for key in keys]})
        elif quiet:
            for key in keys:
                put(key.id)
        else:
            put_keys(keys)

    run_async(command())


@app.command()
@grouped
def show(key_id: KeyId, *, as_json: Json = False, connection: Connection) -> None:
    """Show one key, without its secret."""

    async def command() -> None:
        async with connection.client() as client:
            key = await client.accounts.get_key(key_id)
        _put(key, as_json=as_json)

    run_async(command())


@app.command()
@grouped
def update(
    key_id: KeyId,
    *,
    name: Annotated[str | None, typer.Option("--name", help="Another name.")] = None,
    scopes: Scopes = None,
    expires: Expires = "",
    never_expires: Annotated[bool, typer.Option("--never-expires", help="Let it live for ever.")] = False,
    as_json: Json = False,
    connection: Connection,
) -> None:
    """Change what is given and leave the rest; --scope takes the place of all scopes."""
    if expires and never_expires:
        raise usage_error("--expires does not go with --never-expires.")
    if name is None and not (scopes or expires or never_expires):
        raise usage_error("Say what to change with --name, --scope, --expires or --never-expires.")
    expires_at = _expiry(expires)

    async def command() -> None:
        async with connection.client() as client:
            key = await client.accounts.update_key(
                key_id, name=name, scopes=scopes or None, expires_at=expires_at, never_expires=never_expires
            )
        _put(key, as_json=as_json)

    run_async(command())


@app.command()
@grouped
def revoke(key_id: KeyId, *, connection: Connection) -> None:
    """End a key, for ever, everywhere within a second."""

    async def command() -> None:
        async with connection.client() as client:
            await client.accounts.revoke_key(key_id)
        say(f"Key {key_id} is revoked.")

    run_async(command())


@app.command()
@grouped
def rotate(
    key_id: KeyId, *, as_json: Json = False, quiet: OnlySecret = False, connection: Connection
) -> None:
    """Give a key another secret, shown this once; the old one ends at once."""

    async def command() -> None:
        async with connection.client() as client:
            renewed = await client.accounts.rotate_key(key_id)
        _put_secret(renewed.key, renewed.secret, as_json=as_json, quiet=quiet)

    run_async(command())


def _put(key: ApiKey, *, as_json: bool) -> None:
    if as_json:
        put_json(key_document(key))
    else:
        put_key(key)


def _put_secret(key: ApiKey, secret: str, *, as_json: bool, quiet: bool) -> None:
    if as_json:
        put_json(key_document(key, secret))
        return
    if not quiet:
        put_key(key)
        say("This is its secret, shown only this once:")
    put(secret)


def _expiry(typed: str) -> datetime | None:
    try:
        return parse_expiry(typed, datetime.now(UTC)) if typed else None
    except ValueError as error:
        raise usage_error(f"--expires: {error}") from error
