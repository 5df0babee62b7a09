"""Recordings that are cut and transcribed by one job: what is said is in the segments, all of it and once."""

import json
import os
import subprocess
import sys
import uuid
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.polling import until
from tests.end_to_end.service import JOB_WITHIN_S, Json, Service
from tests.services.web import Site
from tests.services.zerokerf import API_KEY
from tests.speech.recordings import load_readings, silence, word_error_rate, words_in, write
from zerokerf.v1.split_pb2 import Split, SplitProgress

FORMATS = ["json", "txt", "srt", "vtt"]
BY_PAUSES: Json = {"splitMode": "silence", "minSilence": 0.2, "maxSegment": 12, "overlap": 0.5}
OF_SEGMENT = ["index", "downloadUrl", "duration", "size", "expiresAt", "reason", "overlap", "transcripts"]


@pytest.fixture(scope="session")
def reading(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("reading") / "two-cities.wav"
    return write(path, load_readings().tale.samples, silence(1.0))


@pytest.fixture(scope="session")
def reading_url(reading: Path, site: Site) -> str:
    return site.add_file(reading)


@pytest.fixture(scope="session")
def transcribed(service: Service, reading_url: str) -> Json:
    job = service.rest.create(reading_url, transcribe={}, **BY_PAUSES)
    return service.rest.completed(job["id"])


def fetch(service: Service, files: list[Json]) -> dict[str, str]:
    """Every format's text, checked against the sizes that the job states."""
    texts = {}
    for file in files:
        answer = service.http.get(file["downloadUrl"])
        assert (answer.status_code, len(answer.content)) == (200, file["size"])
        texts[file["format"]] = answer.text
    return texts


def spoken(document: str) -> list[Any]:
    results: list[Any] = json.loads(document)["results"]
    return [each for each in results if each["type"] == "word"]


def contents(document: str) -> list[str]:
    return [each["alternatives"][0]["content"] for each in spoken(document)]


def test_what_the_segments_say_is_what_the_whole_says(service: Service, transcribed: Json) -> None:
    whole = fetch(service, transcribed["transcripts"])
    segments = [fetch(service, segment["transcripts"]) for segment in transcribed["segments"]]

    assert len(segments) > 2
    assert [list(texts) for texts in (whole, *segments)] == [FORMATS] * (len(segments) + 1)
    said = [word for texts in segments for word in contents(texts["json"])]
    assert said == contents(whole["json"])
    assert words_in(" ".join(texts["txt"] for texts in segments)) == words_in(whole["txt"])
    assert word_error_rate(load_readings().tale.words, words_in(whole["txt"])) < 0.1


def test_times_count_from_the_beginning_of_each_file(service: Service, transcribed: Json) -> None:
    whole = spoken(fetch(service, transcribed["transcripts"])["json"])
    start, place = 0.0, 0
    for segment in transcribed["segments"]:
        duration, overlap = float(segment["duration"]), float(segment.get("overlap", 0))
        words = spoken(fetch(service, segment["transcripts"])["json"])
        assert all(0 <= word["start_time"] <= word["end_time"] <= overlap + duration for word in words)
        for word, same in zip(words[1:-1], whole[place + 1 :], strict=False):
            assert word["start_time"] == pytest.approx(same["start_time"] - start + overlap, abs=0.03)
        start, place = start + duration, place + len(words)
    assert place == len(whole)


def test_a_job_repeats_how_it_transcribes_and_lists_files_beside_its_segments(
    service: Service, transcribed: Json
) -> None:
    config = {"language": "en", "operating_point": "standard", "diarization": "none"}

    assert transcribed["transcribe"] == {
        "model_code": "slng/speechmatics/batch:15.0.0",
        "transcription_config": config,
    }
    assert set(transcribed["segments"][1]) == set(OF_SEGMENT)
    stored = sorted(key.rpartition("/")[2] for key in service.left_of(transcribed["id"]))
    name = transcribed["id"].removeprefix("job_")
    expected = [f"{name}.{kind}" for kind in FORMATS]
    expected += [
        f"{name}-{each['index']}.{kind}" for each in transcribed["segments"] for kind in ["wav", *FORMATS]
    ]
    assert stored == sorted([*expected, "manifest.json", "source"])


async def test_progress_never_goes_down_while_both_sides_work(service: Service, transcribed: Json) -> None:
    async with service.client() as client, aclosing(client.watch(transcribed["id"])) as events:
        seen = [event.progress async for event in events]

    percents = [progress.percent for progress in seen]
    assert percents == sorted(percents)
    assert percents[-1] == 100
    assert SplitProgress.PHASE_TRANSCRIBING in {progress.phase for progress in seen}
    assert seen[-1].audio_done == seen[-1].audio_total


async def test_over_grpc_the_files_come_with_their_digests(
    service: Service, transcribed: Json, tmp_path: Path
) -> None:
    async with service.client() as client:
        split = await client.get_split(transcribed["id"])
        manifest = json.loads(await client.manifest(transcribed["id"]))

    assert [file.format for file in split.transcripts] == FORMATS
    for segment, said in zip(split.segments, manifest["segments"], strict=True):
        told = [(file.format, file.file_name, file.size, file.sha256) for file in segment.transcripts]
        assert told == [
            (each["format"], each["fileName"], each["sizeBytes"], each["sha256"])
            for each in said["transcripts"]
        ]
    assert [each["format"] for each in manifest["transcripts"]] == FORMATS


def test_an_unknown_model_is_refused_by_the_field_that_named_it(service: Service, reading_url: str) -> None:
    body = {
        "sourceUrl": reading_url,
        "splitMode": "parts",
        "parts": 2,
        "transcribe": {"model_code": "nobody/knows"},
    }

    answer = service.rest.call("POST", "/splits", json=body)

    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (400, "INVALID_PARAMS")
    assert list(error["details"]) == ["transcribe.model_code"]


def test_a_language_that_the_model_lacks_is_refused(service: Service, reading_url: str) -> None:
    asked = {"transcription_config": {"language": "de"}}
    body = {"sourceUrl": reading_url, "splitMode": "parts", "parts": 2, "transcribe": asked}

    answer = service.rest.call("POST", "/splits", json=body)

    assert answer.status_code == 400
    assert list(answer.json()["error"]["details"]) == ["transcribe.transcription_config.language"]


def test_a_recording_in_which_nobody_speaks_has_empty_transcripts(
    service: Service, site: Site, tmp_path: Path
) -> None:
    url = site.add_file(write(tmp_path / "quiet.wav", silence(5)))

    job = service.rest.completed(service.rest.create(url, transcribe={})["id"])

    texts = [fetch(service, files["transcripts"]) for files in (job, *job["segments"])]
    assert [each["txt"].strip() for each in texts] == [""] * 4
    assert [contents(each["json"]) for each in texts] == [[]] * 4


async def test_cancelling_ends_both_sides_and_leaves_nothing(
    service: Service, site: Site, tmp_path: Path
) -> None:
    tale = load_readings().tale.samples
    url = site.add_file(write(tmp_path / f"long-{uuid.uuid4().hex}.wav", *[tale] * 10))
    job_id = service.rest.create(url, transcribe={}, segmentDuration=5)["id"]
    async with service.client() as client, aclosing(client.watch(job_id)) as events:
        async for event in events:
            if event.progress.phase == SplitProgress.PHASE_TRANSCRIBING:
                break
        cancelled = await client.cancel_split(job_id)

    assert cancelled.state == Split.STATE_CANCELLED
    until(lambda: service.left_of(job_id) == [], "everything of the cancelled job is gone", within_s=5)


def test_what_fails_one_side_fails_the_job_and_leaves_nothing(service: Service, reading_url: str) -> None:
    job = service.rest.create(reading_url, transcribe={}, splitMode="duration", segmentDuration=3600)

    error = service.rest.failed(job["id"])

    assert error["code"] == "DURATION_TOO_LONG"
    until(lambda: service.left_of(job["id"]) == [], "everything of the failed job is gone")


def test_the_command_line_saves_transcripts_beside_segments(
    service: Service, reading: Path, tmp_path: Path
) -> None:
    command = [str(Path(sys.executable).with_name("zerokerf")), "split", str(reading), "--parts", "3"]
    given = {"ZEROKERF_SERVER": service.deployment.grpc_address, "ZEROKERF_API_KEY": API_KEY}

    done = subprocess.run(
        [*command, "--transcribe", "srt,txt", "-o", str(tmp_path), "-q"],
        env={**os.environ, **given},
        capture_output=True,
        text=True,
        timeout=JOB_WITHIN_S,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    saved = sorted(path.suffix for path in tmp_path.iterdir())
    assert saved == [".srt"] * 4 + [".txt"] * 4 + [".wav"] * 3
    assert sorted(done.stdout.splitlines()) == sorted(map(str, tmp_path.iterdir()))
    texts = {path.stem.rpartition("-")[2]: words_in(path.read_text()) for path in tmp_path.glob("*.txt")}
    whole = next(words for name, words in texts.items() if name not in ("0", "1", "2"))
    assert texts["0"] + texts["1"] + texts["2"] == whole
