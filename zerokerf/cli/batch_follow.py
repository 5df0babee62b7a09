"""Follows a transcription job to its end."""

from contextlib import aclosing

import typer

from zerokerf.batch_states import state_name
from zerokerf.cli.exit_codes import ExitCode
from zerokerf.cli.terminal import say
from zerokerf.cli.views import View
from zerokerf.client import AsyncClient
from zerokerf.v1.batch_pb2 import BatchJob


async def follow(client: AsyncClient, job_id: str, view: View, after_sequence: int = 0) -> BatchJob:
    """The job in its final state."""
    async with aclosing(client.batch.watch(job_id, after_sequence)) as events:
        async for event in events:
            view.event(event)
    return await client.batch.get(job_id)


def leave_if_failed(job: BatchJob) -> None:
    """Say why a job was not done and leave with the code for that."""
    if job.state != BatchJob.STATE_DONE:
        reason = f" {job.error.reason}: {job.error.message}" if job.HasField("error") else ""
        say(f"Error: job {job.id} ended as {state_name(job.state)}.{reason}")
        raise typer.Exit(ExitCode.JOB_FAILED)
