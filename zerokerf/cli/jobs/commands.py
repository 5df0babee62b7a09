"""The commands that are the same for both kinds of jobs, and their options."""

from dataclasses import dataclass
from typing import Annotated

import typer

from zerokerf.cli.connection import Connection
from zerokerf.cli.jobs.kind import Event, Job, JobKind
from zerokerf.cli.jobs.views import open_view
from zerokerf.cli.running import run_async, usage_error
from zerokerf.cli.terminal import put, put_json

JobId = Annotated[str, typer.Argument(metavar="ID", help="The job.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """How many jobs to list, and how."""

    limit: Annotated[int, typer.Option(min=1, help="How many, newest first.")] = 20
    as_json: Json = False
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Print only ids.")] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Watching:
    """From where to watch a job, and how."""

    after: Annotated[int, typer.Option(min=0, help="Only events after this sequence number.")] = 0
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document a line and event.")] = False


def state_option(kind: JobKind[Job, Event]) -> object:
    return typer.Option(metavar="STATE", help=f"Only {', '.join(kind.states)}.")


def list_jobs(kind: JobKind[Job, Event], state: str, listing: Listing, connection: Connection) -> None:
    if state and state not in kind.states:
        raise usage_error(f"--state {state!r} is not a state; use one of {', '.join(kind.states)}.")

    async def command() -> None:
        async with connection.client() as client:
            jobs = await kind.newest(client, state, listing.limit)
        if listing.as_json:
            put_json({"jobs": [kind.document(job) for job in jobs]})
        elif listing.quiet:
            for job in jobs:
                put(job.id)
        else:
            kind.put_all(jobs)

    run_async(command())


def watch_job(kind: JobKind[Job, Event], job_id: str, watching: Watching, connection: Connection) -> None:
    async def command() -> None:
        async with connection.client() as client, kind.goes_on_without_us(job_id):
            if watching.as_json:
                job = await kind.put_events(client, job_id, watching.after)
            else:
                with open_view(quiet=False) as view:
                    job = await kind.follow(client, job_id, view, watching.after)
                kind.put(job)
        kind.leave_if_failed(job)

    run_async(command())
