"""What a list of transcription jobs may be asked for."""

from datetime import UTC, datetime

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from server.api import batch_rules
from server.jobs.batch.model import BatchQuery, BatchState, SortBy
from zerokerf.errors import InvalidParams
from zerokerf.v1 import batch_pb2
from zerokerf.v1 import batch_service_pb2 as pb


def test_a_list_without_wishes_is_the_first_twenty() -> None:
    assert batch_rules.list_query(pb.ListBatchJobsRequest()) == BatchQuery()


def test_every_wish_for_a_list_is_understood() -> None:
    request = pb.ListBatchJobsRequest(
        page=3,
        page_size=100,
        states=[batch_pb2.BatchJob.STATE_DONE, batch_pb2.BatchJob.STATE_POST_PROCESSING],
        model_code="ours/large",
        created_after=Timestamp(seconds=1, nanos=5000),
        created_before=Timestamp(seconds=2),
        sort_by=pb.ListBatchJobsRequest.SORT_BY_MODEL_CODE,
        ascending=True,
    )

    assert batch_rules.list_query(request) == BatchQuery(
        page=3,
        page_size=100,
        states=frozenset({BatchState.DONE, BatchState.POST_PROCESSING}),
        model_code="ours/large",
        created_after=datetime(1970, 1, 1, 0, 0, 1, 5, UTC),
        created_before=datetime(1970, 1, 1, 0, 0, 2, 0, UTC),
        sort_by=SortBy.MODEL_CODE,
        is_ascending=True,
    )


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (pb.ListBatchJobsRequest(page=-1), "page"),
        (pb.ListBatchJobsRequest(page_size=-1), "page_size"),
        (pb.ListBatchJobsRequest(page_size=101), "page_size"),
        (pb.ListBatchJobsRequest(states=[batch_pb2.BatchJob.STATE_UNSPECIFIED]), "states"),
        (pb.ListBatchJobsRequest(model_code="\0"), "model_code"),
        (pb.ListBatchJobsRequest(created_after=Timestamp(seconds=2**60)), "created_after"),
        (pb.ListBatchJobsRequest(created_before=Timestamp(seconds=1, nanos=-1)), "created_before"),
        (pb.ListBatchJobsRequest(sort_by=99), "sort_by"),  # type: ignore[arg-type]  # a newer client's
    ],
    ids=str,
)
def test_a_list_that_cannot_be_is_refused(request_: pb.ListBatchJobsRequest, field: str) -> None:
    with pytest.raises(InvalidParams) as raised:
        batch_rules.list_query(request_)

    assert list(raised.value.violations) == [field]
