"""Jobs as messages: what was asked is repeated, and lists stay small."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict

from server.api.convert import listed_message, plan_message, split_message
from server.api.grpc_server import OPTIONS
from server.api.mode_rules import MAX_CUE_BYTES, MAX_POSITIONS
from server.jobs.model import (
    Job,
    PlannedSegment,
    Progress,
    Scalar,
    SourceFacts,
    SplitJob,
    SplitPlan,
    SplitRequest,
)
from server.jobs.splits.lists import MAX_PAGE_SIZE
from server.jobs.states import State
from zerokerf.encoding import Encoding
from zerokerf.v1.priority_pb2 import PRIORITY_BULK
from zerokerf.v1.split_service_pb2 import ListSplitsResponse

URL = "https://example.com/talk.mp3"


def job(**asked: Any) -> SplitJob:  # noqa: ANN401 - the request's own fields
    return Job(
        id="job_1",
        account_id="acc",
        state=State.QUEUED,
        request=SplitRequest(source_url=URL, **asked),
        progress=Progress(),
        created_at=datetime(2026, 1, 2, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("asked", "repeated"),
    [
        ({}, {"tags": {"policy": "POLICY_COPY"}, "verification": "VERIFICATION_EDGES"}),
        (
            {"encoding": Encoding(quality=0, channels=1)},
            {"encoding": {"quality": 0.0, "channels": 1}},
        ),
        ({"title_template": "{n}"}, {"tags": {"policy": "POLICY_COPY", "title": "{n}"}}),
        ({"tag_policy": "none"}, {"tags": {"policy": "POLICY_NONE"}}),
        ({"verification": "full", "is_strict": True}, {"verification": "VERIFICATION_FULL", "strict": True}),
    ],
    ids=str,
)
def test_a_job_repeats_what_was_asked(asked: dict[str, Any], repeated: dict[str, Any]) -> None:
    message = MessageToDict(split_message(job(parts=3, **asked)))

    usual = {"tags": {"policy": "POLICY_COPY"}, "verification": "VERIFICATION_EDGES"}
    kept = ("encoding", "tags", "verification", "strict")
    assert {name: message[name] for name in kept if name in message} == usual | repeated


@pytest.mark.parametrize(
    ("asked", "mode"),
    [({"timestamps_ns": tuple(range(MAX_POSITIONS))}, "timestamps"), ({"cue_sheet": "TRACK"}, "cue")],
)
def test_lists_say_the_mode_and_leave_out_what_may_be_long(asked: dict[str, Any], mode: str) -> None:
    listed, whole = listed_message(job(**asked)), split_message(job(**asked))

    assert MessageToDict(listed)["mode"] == {mode: {}}
    assert MessageToDict(whole)["mode"][mode] != {}
    whole.mode.CopyFrom(listed.mode)
    assert listed == whole


def test_the_largest_page_fits_into_a_message() -> None:
    metadata: dict[str, Scalar] = {"note": "x" * 16_000}
    largest = job(timestamps_ns=tuple(10**15 + n for n in range(MAX_POSITIONS)), metadata=metadata)
    sheet = replace(largest, request=SplitRequest(cue_sheet="x" * MAX_CUE_BYTES, metadata=metadata))

    page = ListSplitsResponse(
        splits=[listed_message(each) for each in (largest, sheet) * (MAX_PAGE_SIZE // 2)]
    )

    most_bytes = 4 * 2**20  # what gRPC clients take unless they are told otherwise
    assert page.ByteSize() < most_bytes < dict(OPTIONS)["grpc.max_send_message_length"]


def test_durations_of_a_plan_add_up_to_the_nanosecond() -> None:
    rate, samples = 44_100, 1_000_003
    bounds = [samples * number // 7 for number in range(8)]
    plan = SplitPlan(
        source=SourceFacts("talk.mp3", sample_rate=rate, sample_count=samples),
        output_format="mp3",
        copies_frames=True,
        segments=tuple(
            PlannedSegment(index, bounds[index], bounds[index + 1] - bounds[index], "part")
            for index in range(7)
        ),
    )

    message = plan_message(plan)

    total = sum(segment.duration.ToNanoseconds() for segment in message.segments)
    assert total == message.source.duration.ToNanoseconds()
    assert not any(segment.HasField("expected_size") for segment in message.segments)


def test_a_job_says_until_when_its_files_are_kept_and_how_soon_it_was_wanted() -> None:
    until = datetime(2026, 1, 9, tzinfo=UTC)
    kept = split_message(replace(job(is_bulk=True), files_expire_at=until))

    assert kept.files_expire_time.ToDatetime(UTC) == until
    assert kept.priority == PRIORITY_BULK
    assert not split_message(job()).HasField("files_expire_time")
