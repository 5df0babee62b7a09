"""`zerokerf accounts`: make accounts, give them plans, close them; for operators, beside the service."""

from typing import Annotated

import typer

from zerokerf.cli.jobs.commands import Json
from zerokerf.cli.operators.service import settings_of
from zerokerf.cli.operators.settings_command import SettingsCommand
from zerokerf.cli.running import run_async, usage_error
from zerokerf.cli.terminal import put, put_json, say

app = typer.Typer(
    help="Make accounts, give them plans, close them. On the machine of the service; settings are flags.",
    no_args_is_help=True,
)

AccountId = Annotated[str, typer.Argument(metavar="ID", help="The account.")]


@app.command(cls=SettingsCommand)
def create(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="For people to tell accounts apart.")],
    *,
    plan: Annotated[str, typer.Option(metavar="PLAN", help="Its id; else the default plan.")] = "",
    as_json: Json = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Print only the key's secret.")] = False,
) -> None:
    """Make an account with a first key, of every scope. Its secret is shown this once."""
    settings = settings_of(context)

    async def command() -> None:
        from zerokerf.cli.operators import operating, views  # noqa: PLC0415 - a client needs no service

        async with operating.open_operators(settings) as operators:
            made = await operators.create(name, plan or None)
        if as_json:
            put_json(views.new_account_document(made))
        elif quiet:
            put(made.key.secret)
        else:
            views.put_new_account(made)

    run_async(command())


@app.command("list", cls=SettingsCommand)
def list_all(
    context: typer.Context,
    *,
    as_json: Json = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Print only ids.")] = False,
) -> None:
    """List accounts, oldest first, also those that are closed."""
    settings = settings_of(context)

    async def command() -> None:
        from zerokerf.cli.operators import operating, views  # noqa: PLC0415 - a client needs no service

        async with operating.open_operators(settings) as operators:
            found = await operators.list()
        if as_json:
            put_json({"accounts": [views.account_document(each) for each in found]})
        elif quiet:
            for each in found:
                put(each.id)
        else:
            views.put_accounts(found)

    run_async(command())


@app.command("plan", cls=SettingsCommand)
def set_plan(
    context: typer.Context,
    account_id: AccountId,
    plan: Annotated[str, typer.Argument(metavar="[PLAN]", help="Its id, such as plan_pro.")] = "",
    *,
    default: Annotated[
        bool, typer.Option("--default", help="The service's default plan, also when that becomes another.")
    ] = False,
) -> None:
    """Give an account another plan. Holds within a second."""
    if bool(plan) == default:
        raise usage_error("Say which plan: its id, or --default.")
    settings = settings_of(context)

    async def command() -> None:
        from zerokerf.cli.operators import operating  # noqa: PLC0415 - a client needs no service

        async with operating.open_operators(settings) as operators:
            account = await operators.set_plan(account_id, plan or None)
        say(f"Account {account.id} has the plan {account.plan.name}.")

    run_async(command())


@app.command(cls=SettingsCommand)
def close(context: typer.Context, account_id: AccountId) -> None:
    """End an account: its keys at once, its jobs and files soon, its records within 30 days."""
    settings = settings_of(context)

    async def command() -> None:
        from zerokerf.cli.operators import operating  # noqa: PLC0415 - a client needs no service

        async with operating.open_operators(settings) as operators:
            purged_at = await operators.close(account_id)
        say(f"Account {account_id} is closed; its last records go on {purged_at:%Y-%m-%d}.")

    run_async(command())
