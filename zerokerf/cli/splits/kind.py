"""Jobs that cut a recording, as the command line knows them."""

from collections.abc import AsyncGenerator

from zerokerf.cli.jobs.kind import JobKind
from zerokerf.cli.splits.documents import split_document
from zerokerf.cli.splits.reports import put_job, put_jobs
from zerokerf.client import AsyncClient
from zerokerf.states import state_name
from zerokerf.v1.split_pb2 import Split, SplitEvent

_STATES = {state_name(number): number for number in Split.State.values() if number}


def _list(client: AsyncClient, state: str, page_size: int) -> AsyncGenerator[Split]:
    return client.list_splits(*([_STATES[state]] if state else []), page_size=page_size)


SPLITS: JobKind[Split, SplitEvent] = JobKind(
    commands="jobs",
    states=tuple(_STATES),
    success=state_name(Split.STATE_COMPLETED),
    state_name=lambda split: state_name(split.state),
    list=_list,
    get=AsyncClient.get_split,
    watch=AsyncClient.watch,
    document=split_document,
    put=put_job,
    put_all=put_jobs,
)
