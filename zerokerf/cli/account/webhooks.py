"""`zerokerf webhooks`: what became of webhooks, sending them again, and the secret that signs them."""

from typing import Annotated

import typer

from zerokerf.cli.account.webhook_views import (
    delivery_document,
    endpoint_document,
    put_deliveries,
    put_delivery,
    put_endpoints,
    state_name,
)
from zerokerf.cli.connection import Connection
from zerokerf.cli.jobs.commands import Json
from zerokerf.cli.option_groups import grouped
from zerokerf.cli.pages import MOST_OF_A_PAGE, first_of
from zerokerf.cli.running import run_async, usage_error
from zerokerf.cli.splits.reports import format_time
from zerokerf.cli.terminal import put, put_json, say
from zerokerf.client import AsyncClient
from zerokerf.errors import Unavailable
from zerokerf.v1.webhook_pb2 import WebhookDelivery

app = typer.Typer(
    help="See what became of webhooks, send them again, get the secret that signs them.", no_args_is_help=True
)

_STATES = {state_name(number): number for number in WebhookDelivery.State.values() if number}

DeliveryId = Annotated[str, typer.Argument(metavar="ID", help="The delivery.")]
Limit = Annotated[int, typer.Option(min=1, help="How many, newest first.")]


@app.command("list")
@grouped
def list_all(
    *,
    job: Annotated[str, typer.Option(metavar="ID", help="Only about this job.")] = "",
    state: Annotated[str, typer.Option(metavar="STATE", help=f"Only {', '.join(_STATES)}.")] = "",
    limit: Limit = 20,
    as_json: Json = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Print only ids.")] = False,
    connection: Connection,
) -> None:
    """List deliveries, newest first."""
    if state and state not in _STATES:
        raise usage_error(f"--state {state!r} is not a state; use one of {', '.join(_STATES)}.")

    async def command() -> None:
        async with connection.client() as client:
            deliveries = await _newest(client, job, state, limit)
        if as_json:
            put_json({"deliveries": [delivery_document(each) for each in deliveries]})
        elif quiet:
            for each in deliveries:
                put(each.id)
        else:
            put_deliveries(deliveries)

    run_async(command())


@app.command()
@grouped
def show(delivery_id: DeliveryId, *, as_json: Json = False, connection: Connection) -> None:
    """Show one delivery: its attempts, what was answered, and what is sent."""

    async def command() -> None:
        async with connection.client() as client:
            delivery = await client.webhooks.get(delivery_id)
        if as_json:
            put_json(delivery_document(delivery))
        else:
            put_delivery(delivery)

    run_async(command())


@app.command()
@grouped
def redeliver(delivery_id: DeliveryId, *, connection: Connection) -> None:
    """Send a delivery that has ended once more: the same id, the same bytes."""

    async def command() -> None:
        async with connection.client() as client:
            delivery = await client.webhooks.redeliver(delivery_id)
        say(f"Delivery {delivery_id} is {state_name(delivery.state)}.")

    run_async(command())


@app.command()
@grouped
def endpoints(*, as_json: Json = False, connection: Connection) -> None:
    """List the addresses that fail, and since when they are disabled."""

    async def command() -> None:
        async with connection.client() as client:
            found = await client.webhooks.endpoints()
        if as_json:
            put_json({"endpoints": [endpoint_document(each) for each in found]})
        else:
            put_endpoints(found)

    run_async(command())


@app.command()
@grouped
def enable(
    url: Annotated[str, typer.Argument(metavar="URL", help="The address.")], *, connection: Connection
) -> None:
    """Send to an address again that was disabled."""

    async def command() -> None:
        async with connection.client() as client:
            await client.webhooks.enable(url)
        say(f"{url} is enabled.")

    run_async(command())


@app.command()
@grouped
def secret(
    *,
    rotate: Annotated[bool, typer.Option("--rotate", help="Make another one.")] = False,
    end_previous_now: Annotated[
        bool,
        typer.Option("--end-previous-now", help="With --rotate: for a secret that has become known."),
    ] = False,
    connection: Connection,
) -> None:
    """Print the secret that signs webhooks; a rotated one signs on for 24 hours beside the new one."""
    if end_previous_now and not rotate:
        raise usage_error("--end-previous-now goes with --rotate.")

    async def command() -> None:
        async with connection.client() as client:
            if rotate:
                put(await _rotated(client, end_previous_now=end_previous_now))
            else:
                put(await client.webhooks.secret())

    run_async(command())


async def _newest(client: AsyncClient, job_id: str, state: str, limit: int) -> list[WebhookDelivery]:
    states = [_STATES[state]] if state else []
    page_size = min(limit, MOST_OF_A_PAGE)
    return await first_of(client.webhooks.list(*states, job_id=job_id, page_size=page_size), limit)


async def _rotated(client: AsyncClient, *, end_previous_now: bool) -> str:
    try:
        rotated = await client.webhooks.rotate_secret(end_previous_now=end_previous_now)
    except Unavailable:
        say("Whether there is another secret now, 'zerokerf webhooks secret' tells.")
        raise
    if rotated.HasField("previous_expire_time"):
        say(f"The secret before it signs too until {format_time(rotated.previous_expire_time)}.")
    return rotated.secret
