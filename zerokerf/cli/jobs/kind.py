"""What both kinds of jobs have in common on the command line: how they are listed, followed and ended."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import Generic, TypeVar

import typer

from zerokerf.cli.exit_codes import ExitCode
from zerokerf.cli.jobs.views import View
from zerokerf.cli.pages import MOST_OF_A_PAGE, first_of
from zerokerf.cli.splits.documents import event_document
from zerokerf.cli.splits.modes import Document
from zerokerf.cli.terminal import put_json, say
from zerokerf.client import AsyncClient
from zerokerf.errors import Unavailable
from zerokerf.v1.batch_pb2 import BatchEvent, BatchJob
from zerokerf.v1.split_pb2 import Split, SplitEvent

Job = TypeVar("Job", Split, BatchJob)
Event = TypeVar("Event", SplitEvent, BatchEvent)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobKind(Generic[Job, Event]):
    """How the service is asked for jobs of one kind, and how they look."""

    #: The group of commands for them.
    commands: str
    states: Sequence[str]
    #: The state of one that did what it was for.
    success: str
    state_name: Callable[[Job], str]
    #: Newest first, in the state of this name or any, by pages of this size.
    list: Callable[[AsyncClient, str, int], AsyncGenerator[Job]]
    get: Callable[[AsyncClient, str], Awaitable[Job]]
    watch: Callable[[AsyncClient, str, int], AsyncGenerator[Event]]
    document: Callable[[Job], Document]
    put: Callable[[Job], None]
    put_all: Callable[[Iterable[Job]], None]

    async def newest(self, client: AsyncClient, state: str, limit: int) -> Sequence[Job]:
        return await first_of(self.list(client, state, min(limit, MOST_OF_A_PAGE)), limit)

    async def follow(self, client: AsyncClient, job_id: str, view: View, after_sequence: int = 0) -> Job:
        """The job in its final state."""
        async with aclosing(self.watch(client, job_id, after_sequence)) as events:
            async for event in events:
                view.event(event)
        return await self.get(client, job_id)

    async def put_events(self, client: AsyncClient, job_id: str, after_sequence: int) -> Job:
        """The job in its final state; each event is a line of JSON."""
        async with aclosing(self.watch(client, job_id, after_sequence)) as events:
            async for event in events:
                put_json(event_document(event), indent=None)
        return await self.get(client, job_id)

    @asynccontextmanager
    async def goes_on_without_us(self, job_id: str) -> AsyncIterator[None]:
        """Whoever stops looking, or has to, is told that the job goes on and how to come back to it."""
        try:
            yield
        except (asyncio.CancelledError, Unavailable):
            say(f"Job {job_id} goes on. Follow it: zerokerf {self.commands} watch {job_id}")
            say(f"Stop it: zerokerf {self.commands} cancel {job_id}")
            raise

    def leave_if_failed(self, job: Job) -> None:
        """Say why a job did not succeed and leave with the code for that."""
        if self.state_name(job) != self.success:
            reason = f" {job.error.reason}: {job.error.message}" if job.HasField("error") else ""
            say(f"Error: job {job.id} ended as {self.state_name(job)}.{reason}")
            raise typer.Exit(ExitCode.JOB_FAILED)
