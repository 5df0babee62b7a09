"""Recordings without a word have empty transcripts; what cannot be heard fails with a sentence."""

from pathlib import Path

import pytest

from tests.end_to_end.batch import Batch, batch_of, scratch_of
from tests.end_to_end.batch_recordings import REFUSED, SPEECHLESS
from tests.end_to_end.polling import until
from tests.end_to_end.service import Service
from tests.speech.recordings import TALE, word_error_rate, words_in

Jobs = dict[str, str]


@pytest.fixture
def batch(service: Service) -> Batch:
    return batch_of(service)


@pytest.fixture(scope="module")
def jobs(service: Service, spoken: Path) -> Jobs:
    """All of them, at once."""
    return {name: batch_of(service).submit(spoken / name) for name in (*REFUSED, *SPEECHLESS)}


@pytest.mark.parametrize("name", SPEECHLESS)
def test_where_nobody_speaks_every_file_is_there_and_empty(batch: Batch, jobs: Jobs, name: str) -> None:
    job = batch.done(jobs[name])

    transcript = batch.transcript(jobs[name])

    transcript.check(SPEECHLESS[name])
    assert transcript.document["results"] == []
    assert (transcript.txt, transcript.srt) == ("", "")
    assert job["output_metadata"]["word_count"] == 0


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_heard_fails_with_a_sentence_and_leaves_nothing(
    service: Service, batch: Batch, jobs: Jobs, name: str
) -> None:
    message = batch.failed(jobs[name])

    assert REFUSED[name] in message
    assert str(service.deployment.data_dir) not in message
    files = batch.files(jobs[name])
    assert (files["inputs"], files["outputs"]) == ([], [])
    until(lambda: scratch_of(service) == [], "scratch is empty")


def test_a_file_without_a_byte_is_refused(batch: Batch, tmp_path: Path) -> None:
    empty = tmp_path / "empty.wav"
    empty.touch()
    uploaded = batch.create(s3_key=_uploaded(batch, b""))

    answers = [
        batch.send(empty),
        batch.call("POST", "jobs", json={"transcription_config": {}, "input_base64": ""}),
    ]

    assert [answer.status_code for answer in answers] == [400, 400]
    assert all("empty" in answer.json()["error"] for answer in answers)
    assert "empty" in batch.failed(uploaded)


def test_a_recording_that_ends_too_early_is_transcribed_as_far_as_it_goes(batch: Batch, spoken: Path) -> None:
    job_id = batch.submit(spoken / "cut.wav")

    job = batch.done(job_id)
    words = batch.transcript(job_id).words

    assert job["input_metadata"]["duration_seconds"] == pytest.approx(20, abs=0.01)
    assert any("cut short" in note for note in job["input_metadata"]["notes"])
    assert 0 < len(words) < len(words_in(TALE))
    assert word_error_rate(words_in(TALE)[: len(words)], words) <= 0.1


def _uploaded(batch: Batch, content: bytes) -> str:
    request = {"mode": "presign", "filename": "speech.wav", "transcription_config": {}}
    upload = batch.call("POST", "jobs", json=request).json()["upload"]
    assert batch.http.put(upload["url"], content=content, headers=upload["headers"]).status_code == 200
    key: str = upload["s3_key"]
    return key
