"""`zerokerf token`: a token for development, where no identity provider makes them."""

from typing import Annotated

import typer

from zerokerf.cli.account.lifetimes import parse_lifetime
from zerokerf.cli.operators.service import settings_of
from zerokerf.cli.running import run_async, usage_error
from zerokerf.cli.terminal import put


def token(
    context: typer.Context,
    *,
    account: Annotated[str, typer.Option(metavar="ID", help="For this account; else the first one.")] = "",
    lives: Annotated[str, typer.Option(metavar="DURATION", help="How long it is good: 15m, 1h, 30d.")] = "1h",
) -> None:
    """Print a token for development, on the machine of the service. Settings are flags: --data-dir DIR."""
    try:
        lifetime = parse_lifetime(lives)
    except ValueError as error:
        raise usage_error(f"--lives: {error}") from error
    settings = settings_of(context)

    async def command() -> None:
        from zerokerf.cli.operators.operating import development_token  # noqa: PLC0415 - a client needs no service

        put(await development_token(settings, account, lifetime))

    run_async(command())
