"""`zerokerf usage`: what the account used in a month, and what its plan allows."""

from typing import Annotated

import typer

from zerokerf.cli.account.views import put_usage, usage_document
from zerokerf.cli.connection import Connection
from zerokerf.cli.jobs.commands import Json
from zerokerf.cli.option_groups import grouped
from zerokerf.cli.running import run_async
from zerokerf.cli.terminal import put_json

Period = Annotated[
    str, typer.Option("--period", metavar="MONTH", help="current, previous or a month as 2026-05.")
]


@grouped
def usage(*, period: Period = "current", as_json: Json = False, connection: Connection) -> None:
    """Show what was used in a month, and what the plan allows."""

    async def command() -> None:
        async with connection.client() as client:
            used = await client.accounts.usage(period)
        if as_json:
            put_json(usage_document(used))
        else:
            put_usage(used)

    run_async(command())
