"""Links end with the files that they lead to; what is gone is named still, and not linked."""

from dataclasses import replace
from datetime import UTC, timedelta

import pytest

from server.api.batch_files import BatchFiles
from server.api.link_life import link_life
from server.api.segment_files import SegmentFiles
from server.jobs.batch.model import BatchJob, BatchRequest
from server.jobs.model import Job, Phase, Progress, SplitJob
from server.jobs.speech_model import StoredTranscript
from server.jobs.states import State
from storage.signed_links import LocalSigner
from tests.jobs.splits.work import FACTS, REQUEST, segment
from tests.retention.kept import NOW, at
from zerokerf.v1 import split_pb2

HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)
SIGNER = LocalSigner("http://files.test", b"k" * 32, at(NOW))
SPLIT: SplitJob = Job(
    "job_1", "acc_a", State.COMPLETED, REQUEST, Progress(), NOW, source=FACTS, output_format="mp3"
)
BATCH: BatchJob = Job(
    "job_2",
    "acc_a",
    State.COMPLETED,
    BatchRequest(model_code="ours/small"),
    Progress(phase=Phase.WRITING),
    NOW,
    source=FACTS,
    public_id="call17",
)


@pytest.mark.parametrize(
    ("left", "life"),
    [
        (None, 24 * HOUR),
        (48 * HOUR, 24 * HOUR),
        (HOUR, HOUR),
        (SECOND, SECOND),
        (SECOND / 2, None),
        (-HOUR, None),
    ],
)
def test_a_link_lives_for_a_day_or_until_the_files_go(left: timedelta | None, life: timedelta | None) -> None:
    job = replace(SPLIT, files_expire_at=None if left is None else NOW + left)

    assert link_life(job, 24 * HOUR, NOW) == life


async def test_segments_are_linked_until_their_files_go() -> None:
    job = replace(SPLIT, files_expire_at=NOW + HOUR)

    (found,) = await _segments(job)
    (transcript,) = found.transcripts

    for linked in (found, transcript):
        assert linked.download_url.startswith("http://files.test/files/t/acc_a/j/job_1/out/1-0.")
        assert linked.expire_time.ToDatetime(UTC) == NOW + HOUR


@pytest.mark.parametrize(
    "job",
    [replace(SPLIT, files_expire_at=NOW), replace(SPLIT, files_removed_at=NOW)],
    ids=["expired", "removed"],
)
async def test_segments_whose_files_are_gone_stay_without_links(job: SplitJob) -> None:
    (found,) = await _segments(job)
    (transcript,) = found.transcripts

    assert (found.index, found.size, found.sha256) == (0, 10, "cd" * 32)
    assert (transcript.format, transcript.size) == ("txt", 5)
    for linked in (found, transcript):
        assert linked.download_url == ""
        assert not linked.HasField("expire_time")


async def test_files_of_a_transcription_job_are_linked_until_they_go() -> None:
    job = replace(BATCH, files_expire_at=NOW + timedelta(minutes=10))
    files = BatchFiles(SIGNER, str, at(NOW))

    found = [each async for each in files.inputs(job)]
    found += [each async for each in files.outputs(job, with_vtt=False)]

    assert [each.format for each in found] == ["", "json", "txt", "srt"]
    assert {each.expire_time.ToDatetime(UTC) for each in found} == {NOW + timedelta(minutes=10)}


@pytest.mark.parametrize(
    "job",
    [replace(BATCH, files_expire_at=NOW), replace(BATCH, files_removed_at=NOW)],
    ids=["expired", "removed"],
)
async def test_files_of_a_transcription_job_that_are_gone_are_left_out(job: BatchJob) -> None:
    files = BatchFiles(SIGNER, str, at(NOW))

    assert [each async for each in files.inputs(job)] == []
    assert [each async for each in files.outputs(job, with_vtt=True)] == []


async def _segments(job: SplitJob) -> list[split_pb2.Segment]:
    spoken = StoredTranscript("txt", "1-0.txt", 5, "ef" * 32)
    stored = replace(segment(0, 0, 300), transcripts=(spoken,))
    return [each async for each in SegmentFiles(SIGNER, at(NOW)).segments(job, (stored,))]
