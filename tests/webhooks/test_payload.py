"""Bodies as documented, character by character."""

from datetime import UTC, datetime

from server.webhooks import payload
from server.webhooks.payload import Link, ToldFile, ToldSegment

TIME = datetime(2026, 5, 2, 8, 15, 40, 999_000, UTC)
TOMORROW = datetime(2026, 5, 3, 8, 15, 40, tzinfo=UTC)


def test_a_completed_job_is_told_as_documented() -> None:
    segment = ToldSegment(0, 30_000, 2_611_377, Link("https://cdn.example.com/7k2m-0.flac", TOMORROW))

    data = payload.split_completed("duration", 30_000, [segment], {"lesson": "7"})

    assert payload.job_body("job.completed", "job_7k2m9qx4t1bz", TIME, data) == (
        '{"event":"job.completed","jobId":"job_7k2m9qx4t1bz","timestamp":"2026-05-02T08:15:40Z",'
        '"data":{"status":"completed","splitMode":"duration","segmentCount":1,"totalDuration":30,'
        '"segments":[{"index":0,"downloadUrl":"https://cdn.example.com/7k2m-0.flac","duration":30,'
        '"size":2611377,"expiresAt":"2026-05-03T08:15:40Z"}],"metadata":{"lesson":"7"}}}'
    )


def test_without_metadata_there_is_none_and_without_files_no_links() -> None:
    data = payload.split_completed("fileSize", 1500, [ToldSegment(0, 1500, 7)], None)

    assert payload.job_body("job.completed", "job_1", TIME, data).endswith(
        '"segmentCount":1,"totalDuration":1.5,"segments":[{"index":0,"duration":1.5,"size":7}]}}'
    )


def test_a_segment_of_an_extension_says_what_answers_say() -> None:
    link = Link("https://x/0.mp3", TOMORROW)
    segment = ToldSegment(1, 1000, 7, link, reason="chapter", title="Zwei", overlap_ms=250)

    body = payload.job_body(
        "job.completed", "job_1", TIME, payload.split_completed("cue", 1000, [segment], {})
    )

    assert '"expiresAt":"2026-05-03T08:15:40Z","reason":"chapter","title":"Zwei","overlap":0.25}]' in body
    assert body.endswith('"metadata":{}}}')


def test_failures_and_progress_are_told_as_documented() -> None:
    failed = payload.job_body("job.failed", "job_1", TIME, payload.split_failed("CORRUPT_FILE", "No."))
    progress = payload.job_body("job.progress", "job_1", TIME, payload.split_progress(25))

    assert failed.endswith('"data":{"status":"failed","error":{"code":"CORRUPT_FILE","message":"No."}}}')
    assert progress.endswith('"data":{"status":"processing","progress":25}}')


def test_transcription_jobs_are_told_in_their_own_way() -> None:
    file = ToldFile("srt", Link("https://x/a.srt", TOMORROW))

    done = payload.job_body("batch.done", "a1", TIME, payload.batch_done("a1", [file], {"2": 1, "1": "x"}))
    failed = payload.job_body(
        "batch.failed", "a1", TIME, payload.batch_failed("a1", "JOB_FAILED", "No.", None)
    )

    assert done.endswith(
        '"data":{"job_id":"a1","status":"DONE","metadata":{"1":"x","2":1},"files":'
        '[{"format":"srt","download_url":"https://x/a.srt","expires_at":"2026-05-03T08:15:40Z"}]}}'
    )
    assert failed.endswith(
        '"data":{"job_id":"a1","status":"FAILED","error":{"code":"JOB_FAILED","message":"No."},"files":[]}}'
    )
