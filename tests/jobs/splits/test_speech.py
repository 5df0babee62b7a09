"""Records of split jobs that transcribe: both sides count, and what is said is kept with what was cut."""

import json
from dataclasses import replace
from typing import Any

import pytest

from server.database.open import Database
from server.jobs.model import Phase, Progress, SourceFacts, SplitJob, SplitRequest, StoredSegment
from server.jobs.speech_model import (
    PREPARED_PERCENT,
    RECOGNIZED_PERCENT,
    SpeechChunk,
    SpeechRequest,
    StoredTranscript,
)
from server.jobs.splits.manifest import manifest_json
from server.jobs.splits.records import SplitRecords
from server.jobs.splits.rows import request_of
from server.jobs.wakeups.in_process import InProcessWakeups
from server.jobs.wanted import JobNoLongerWanted
from zerokerf.errors import IdempotencyConflict

SPEECH = SpeechRequest(
    model_code="ours/small",
    transcription_config={"language": "en", "operating_point": "standard", "diarization": "none"},
    output_config={"srt_overrides": {"max_lines": 1}},
)
REQUEST = SplitRequest(source_url="https://example.org/a.wav", parts=2, transcribe=SPEECH)
FACTS = SourceFacts("a.wav", 1000, "ab" * 32, "wav", 8000, 1, 300)
SEGMENTS = [StoredSegment(0, 0, 100, 10, "cd" * 32), StoredSegment(1, 100, 200, 10, "cd" * 32)]
CHUNKS = [SpeechChunk(0, index, index * 100, 100, ((0, 50),)) for index in range(4)]
HEARD: dict[str, Any] = {"windows": []}


@pytest.fixture
def records(database: Database) -> SplitRecords:
    return SplitRecords(database, InProcessWakeups())


async def begun(records: SplitRecords) -> SplitJob:
    job = await records.create("acc_a", REQUEST, None)
    await records.begin(job.id)
    return await records.record_source(job.id, FACTS, "wav", manifest_head={"source": {}})


async def cut(records: SplitRecords, job: SplitJob) -> None:
    for segment in SEGMENTS:
        await records.record_segment(job.id, segment, Progress())


def files(name: str) -> tuple[StoredTranscript, ...]:
    return tuple(StoredTranscript(kind, f"{name}.{kind}", 7, "ef" * 32) for kind in ("json", "srt"))


async def test_what_is_asked_of_speech_comes_back_as_it_was_asked(records: SplitRecords) -> None:
    job = await records.create("acc_a", REQUEST, None)

    assert (await records.get("acc_a", job.id)).request == REQUEST


async def test_the_same_cuts_without_a_transcript_are_another_request(records: SplitRecords) -> None:
    await records.create("acc_a", REQUEST, "req-1")

    with pytest.raises(IdempotencyConflict):
        await records.create("acc_a", replace(REQUEST, transcribe=None), "req-1")


def test_a_request_of_a_version_that_only_cut_asks_for_no_transcript() -> None:
    assert request_of({"source_url": "https://example.org/a.wav", "parts": 2}).transcribe is None


async def test_hearing_counts_half_and_leaves_the_numbers_of_segments_alone(records: SplitRecords) -> None:
    job = await begun(records)
    await records.record_progress(job.id, Progress(percent=PREPARED_PERCENT, segments_total=2))

    job = await records.plan_chunks(job.id, CHUNKS, 400, 16_000, "en")
    seen = [job.progress.percent]
    for index in range(4):
        job = await records.record_heard(job.id, 0, index, HEARD)
        seen.append(job.progress.percent)
    job = await records.record_progress(job.id, Progress(cut_percent=99))
    seen.append(job.progress.percent)

    assert seen == sorted(seen)
    assert (seen[0], seen[4], seen[5]) == (
        PREPARED_PERCENT,
        RECOGNIZED_PERCENT // 2,
        (RECOGNIZED_PERCENT + 99) // 2,
    )
    assert (job.progress.segments_done, job.progress.segments_total, job.progress.samples_total) == (0, 2, 0)
    assert job.progress.phase is Phase.TRANSCRIBING


async def test_where_nobody_speaks_hearing_is_done_at_once(records: SplitRecords) -> None:
    job = await begun(records)

    job = await records.plan_chunks(job.id, [], 400, 16_000, "en")

    assert job.progress.heard_percent == RECOGNIZED_PERCENT


async def test_segments_that_are_cut_anew_leave_what_was_heard(records: SplitRecords) -> None:
    job = await begun(records)
    await cut(records, job)
    await records.plan_chunks(job.id, CHUNKS, 400, 16_000, "en")
    await records.record_heard(job.id, 0, 1, HEARD)

    await records.forget_segments(job.id)

    assert await records.segments(job.id) == ()
    assert [chunk.heard for chunk in await records.chunks(job.id)] == [None, HEARD, None, None]


async def test_transcripts_are_kept_with_their_segments_and_the_job(records: SplitRecords) -> None:
    job = await begun(records)
    await cut(records, job)
    said = {0: files("a-0"), 1: files("a-1")}

    for _ in range(2):
        await records.record_transcripts(job.id, files("a"), said, {"word_count": 3, "language": "en"})
    done = await records.complete(job.id)

    segments = await records.segments(job.id)
    assert [segment.transcripts for segment in segments] == [said[0], said[1]]
    assert [replace(segment, transcripts=()) for segment in segments] == SEGMENTS
    assert done.outcome is not None
    assert (done.outcome["word_count"], done.outcome["language"]) == (3, "en")


async def test_the_manifest_lists_transcripts_where_there_are_any(records: SplitRecords) -> None:
    job = await begun(records)
    await cut(records, job)
    before = json.loads(manifest_json(job, await records.segments(job.id)))

    job = await records.record_transcripts(job.id, files("a"), {0: files("a-0"), 1: ()}, {})

    after = json.loads(manifest_json(job, await records.segments(job.id)))
    told = {"format": "json", "fileName": "a-0.json", "sizeBytes": 7, "sha256": "ef" * 32}
    assert "transcripts" not in before
    assert before["segments"] == [{}, {}]
    assert after["segments"][0]["transcripts"][0] == told
    assert after["segments"][1] == {}
    assert [each["fileName"] for each in after["transcripts"]] == ["a.json", "a.srt"]


async def test_storing_a_segment_again_keeps_what_is_said_in_it(records: SplitRecords) -> None:
    job = await begun(records)
    await cut(records, job)
    await records.record_transcripts(job.id, (), {0: files("a-0"), 1: files("a-1")}, {})

    await records.record_segment(job.id, SEGMENTS[0], Progress())

    assert (await records.segments(job.id))[0].transcripts == files("a-0")


async def test_completing_drops_the_chunks_and_keeps_the_segments(records: SplitRecords) -> None:
    job = await begun(records)
    await records.plan_chunks(job.id, CHUNKS, 400, 16_000, "en")
    await cut(records, job)

    await records.complete(job.id)

    assert await records.chunks(job.id) == ()
    assert len(await records.segments(job.id)) == 2


async def test_a_cancelled_job_takes_no_more_of_either_side(records: SplitRecords) -> None:
    job = await begun(records)
    await records.plan_chunks(job.id, CHUNKS, 400, 16_000, "en")
    await records.request_cancel("acc_a", job.id)

    with pytest.raises(JobNoLongerWanted):
        await records.record_heard(job.id, 0, 0, HEARD)
    with pytest.raises(JobNoLongerWanted):
        await records.record_transcripts(job.id, (), {}, {})
