"""Jobs that transcribe a recording, as the command line knows them."""

from collections.abc import AsyncGenerator

from zerokerf.batch_states import state_name
from zerokerf.cli.jobs.kind import JobKind
from zerokerf.cli.transcripts.documents import job_document
from zerokerf.cli.transcripts.reports import put_job, put_jobs
from zerokerf.client import AsyncClient
from zerokerf.v1.batch_pb2 import BatchEvent, BatchJob

_STATES = {state_name(number): number for number in BatchJob.State.values() if number}


def _list(client: AsyncClient, state: str, page_size: int) -> AsyncGenerator[BatchJob]:
    return client.batch.list(*([_STATES[state]] if state else []), page_size=page_size)


TRANSCRIPTIONS: JobKind[BatchJob, BatchEvent] = JobKind(
    commands="transcripts",
    states=tuple(_STATES),
    success=state_name(BatchJob.STATE_DONE),
    state_name=lambda job: state_name(job.state),
    list=_list,
    get=lambda client, job_id: client.batch.get(job_id),
    watch=lambda client, job_id, after: client.batch.watch(job_id, after),
    document=job_document,
    put=put_job,
    put_all=put_jobs,
)
