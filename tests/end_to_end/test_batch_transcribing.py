"""Recordings go in as files of every kind, and come out as what was said."""

from pathlib import Path

import pytest

from tests.end_to_end.batch import Batch, batch_of
from tests.end_to_end.batch_recordings import ENCODED, FAR_S
from tests.end_to_end.service import Service
from tests.speech.recordings import TALE, WORSTWARD, word_error_rate, words_in

#: As much of the tale as is on its channel.
OPENING = words_in(TALE)[:42]


@pytest.fixture
def batch(service: Service) -> Batch:
    return batch_of(service)


def test_a_reading_comes_out_as_it_was_written_in_every_format(batch: Batch, spoken: Path) -> None:
    job_id = batch.submit(
        spoken / "tale.wav", {}, metadata='{"team": "north"}', tracking='{"title": "A tale"}'
    )

    job = batch.done(job_id)
    transcript = batch.transcript(job_id)

    assert word_error_rate(words_in(TALE), transcript.words) <= 0.02
    transcript.check(duration_s=44.38)
    assert job["input_metadata"]["duration_seconds"] == pytest.approx(44.374, abs=0.001)
    assert job["output_metadata"]["word_count"] == len(transcript.document_words)
    assert job["job_config"]["metadata"] == {"team": "north"}
    assert transcript.document["job"]["tracking"] == {"title": "A tale"}
    assert transcript.document["job"]["id"] == job_id


def test_subtitles_obey_the_lines_that_are_asked_for(batch: Batch, spoken: Path) -> None:
    narrow = '{"srt_overrides": {"max_line_length": 20, "max_lines": 1}}'
    job_id = batch.submit(spoken / "speech.wav", {}, output_config=narrow)

    batch.done(job_id)
    transcript = batch.transcript(job_id)

    blocks = [block.splitlines()[2:] for block in transcript.srt.strip().split("\n\n")]
    assert all(len(lines) == 1 and len(lines[0]) <= 20 for lines in blocks)
    assert transcript.words == words_in(WORSTWARD)


def test_every_kind_of_file_is_heard(batch: Batch, spoken: Path) -> None:
    jobs = {name: batch.submit(spoken / name) for name in ENCODED}

    for name, job_id in jobs.items():
        duration_s = batch.done(job_id)["input_metadata"]["duration_seconds"]
        transcript = batch.transcript(job_id)
        transcript.check(duration_s)
        assert duration_s == pytest.approx(9.96, abs=0.15), name
        assert word_error_rate(words_in(WORSTWARD), transcript.words) <= ENCODED[name][1], name


def test_channels_are_transcribed_apart(batch: Batch, spoken: Path) -> None:
    job_id = batch.submit(spoken / "conversation.wav", {"diarization": "channel"})

    batch.done(job_id)
    transcript = batch.transcript(job_id)

    transcript.check(duration_s=15.0)
    assert word_error_rate(words_in(WORSTWARD), transcript.words_on("channel_2")) == 0
    assert word_error_rate(OPENING, transcript.words_on("channel_1")) <= 0.05
    assert {line.partition(": ")[0] for line in transcript.txt.splitlines()} == {"channel_1", "channel_2"}


def test_words_behind_a_long_silence_lie_where_they_are_spoken(batch: Batch, spoken: Path) -> None:
    job_id = batch.submit(spoken / "far-apart.flac")

    batch.done(job_id)
    words = batch.transcript(job_id).document_words

    half = len(words) // 2
    shifts_s = [
        second["start_time"] - first["start_time"]
        for first, second in zip(words[:half], words[half:], strict=True)
    ]
    assert words_in(" ".join(word["alternatives"][0]["content"] for word in words)) == words_in(WORSTWARD) * 2
    assert shifts_s == pytest.approx([9.963 + FAR_S] * half, abs=0.5)


def test_a_vocabulary_changes_what_is_written(batch: Batch, spoken: Path) -> None:
    vocabulary = [{"content": "Godot", "sounds_like": ["matter"]}]
    job_id = batch.submit(spoken / "speech.wav", {"additional_vocab": vocabulary})

    batch.done(job_id)

    assert batch.transcript(job_id).words == words_in(WORSTWARD.replace("matter", "Godot"))


@pytest.mark.parametrize(
    ("config", "named"),
    [
        ({"language": "de"}, "language"),
        ({"language": "auto"}, "language"),
        ({"diarization": "speaker"}, "diarization"),
        ({"enable_entities": True}, "enable_entities"),
        ({"domain": "medical"}, "domain"),
    ],
)
def test_what_the_model_cannot_do_is_refused_by_name(
    batch: Batch, spoken: Path, config: dict[str, object], named: str
) -> None:
    answer = batch.send(spoken / "speech.wav", config)

    assert answer.status_code == 400
    assert named in answer.json()["error"]
    assert list(answer.json()) == ["error"]


def test_an_upload_in_three_steps_is_transcribed(batch: Batch, spoken: Path) -> None:
    config = {"transcription_config": {"language": "en"}}
    made = batch.call("POST", "jobs", json={"mode": "presign", "filename": "speech.mp3", **config}).json()

    sent = batch.http.put(
        made["upload"]["url"], content=(spoken / "speech.mp3").read_bytes(), headers=made["upload"]["headers"]
    )
    job_id = batch.create(s3_key=made["upload"]["s3_key"], **config)

    assert sent.status_code == 200
    assert job_id == made["job_id"]
    batch.done(job_id)
    assert word_error_rate(words_in(WORSTWARD), batch.transcript(job_id).words) <= 0.1
