"""Files that cannot be cut fail with a code and a sentence to act on, and leave nothing behind.

Those that are damaged are split as far as they go and say so, unless the job is strict.
"""

import json
import re
from pathlib import Path

import pytest

from tests.corpus.decoders import decoded_samples
from tests.corpus.hostile import ACCEPTED, DAMAGED, REFUSED, make_hostile
from tests.end_to_end.service import Service
from tests.services.web import Site

Jobs = dict[str, str]
BY_SIZE = {"splitMode": "fileSize", "maxFileSize": 20_000_000}
PARTS = {"splitMode": "parts", "parts": 3}
#: Those of the damaged whose headers tell how long they were.
TOLD_BY_THEIR_HEADERS = ("cut-take.wav", "cut-take.flac", "cut-take-vbr.mp3")


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory, recordings: Path) -> Path:
    folder = tmp_path_factory.mktemp("hostile")
    make_hostile(folder, recordings)
    return folder


@pytest.fixture(scope="module")
def jobs(service: Service, site: Site, hostile: Path) -> Jobs:
    """All of them, at once."""
    return {
        name: service.rest.create(site.add_file(hostile / name), None, **BY_SIZE, outputFormat="wav")["id"]
        for name in (*REFUSED, *ACCEPTED)
    }


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_that_cannot_be_cut_fails_its_job(service: Service, jobs: Jobs, name: str) -> None:
    error = service.rest.failed(jobs[name])

    assert error["code"] == REFUSED[name]
    assert error["message"].startswith("The source ")
    assert error["message"].endswith(".")
    assert str(service.deployment.data_dir) not in error["message"]
    assert service.left_of(jobs[name]) == []


@pytest.mark.parametrize("name", ACCEPTED)
def test_an_unusual_recording_is_cut_like_any_other(
    service: Service, jobs: Jobs, name: str, tmp_path: Path
) -> None:
    job = service.rest.completed(jobs[name])

    files = service.download_segments(job, tmp_path)

    assert [decoded_samples(file) for file in files] == [ACCEPTED[name]]


@pytest.fixture(scope="module")
def damaged_jobs(service: Service, site: Site, hostile: Path) -> Jobs:
    """All of them, at once, in their own formats."""
    return {name: service.rest.create(site.add_file(hostile / name), None, **PARTS)["id"] for name in DAMAGED}


@pytest.mark.parametrize("name", DAMAGED)
async def test_a_damaged_source_is_split_as_far_as_it_goes_and_says_so(
    service: Service, damaged_jobs: Jobs, name: str, tmp_path: Path
) -> None:
    job = service.rest.completed(damaged_jobs[name])
    async with service.client() as client:
        split = await client.get_split(job["id"])
        manifest = json.loads(await client.manifest(job["id"]))

    files = service.download_segments(job, tmp_path)

    assert [decoded_samples(file) for file in files] == [
        segment.sample_count + segment.excess_samples for segment in split.segments
    ]
    assert any(re.match(r"The source is (cut short|not whole|damaged)", note) for note in split.notes)
    assert manifest["notes"] == list(split.notes)
    integrity = manifest["source"]["integrity"]
    assert integrity["foundSamples"] == split.source.sample_count
    assert integrity["isTruncated"] or integrity["resyncs"] or integrity["isGarbled"]


@pytest.mark.parametrize("name", TOLD_BY_THEIR_HEADERS)
async def test_a_truncated_source_says_how_much_is_missing(
    service: Service, damaged_jobs: Jobs, recordings: Path, name: str
) -> None:
    service.rest.completed(damaged_jobs[name])
    async with service.client() as client:
        integrity = json.loads(await client.manifest(damaged_jobs[name]))["source"]["integrity"]

    assert integrity["isTruncated"]
    assert integrity["expectedSamples"] == decoded_samples(recordings / name.removeprefix("cut-"))
    assert 0.5 < integrity["foundSamples"] / integrity["expectedSamples"] < 0.7


@pytest.mark.parametrize("name", DAMAGED)
def test_a_strict_job_refuses_a_damaged_source_with_the_numbers(
    service: Service, site: Site, hostile: Path, name: str
) -> None:
    url = site.add_file(hostile / name)
    job_id = service.rest.create(url, None, **PARTS, strict=True)["id"]

    error = service.rest.failed(job_id)

    assert error["code"] == "CORRUPT_FILE"
    assert error["message"].startswith("The source could not be decoded: it is ")
    assert re.search(r"\d", error["message"])
    assert service.left_of(job_id) == []


@pytest.mark.parametrize("name", ["take.wav", "take.flac", "take-vbr.mp3", "take.opus", "take.m4a"])
def test_a_strict_job_takes_a_whole_source(service: Service, urls: dict[str, str], name: str) -> None:
    job_id = service.rest.create(urls[name], None, **PARTS, strict=True)["id"]

    assert len(service.rest.completed(job_id)["segments"]) == 3


def test_a_strict_plan_refuses_what_the_job_refuses(service: Service, site: Site, hostile: Path) -> None:
    url = site.add_file(hostile / "cut-take.wav")

    strict = service.rest.call("POST", "/splits/plan", json={"sourceUrl": url, **PARTS, "strict": True})
    lenient = service.rest.call("POST", "/splits/plan", json={"sourceUrl": url, **PARTS})

    assert (strict.status_code, strict.json()["error"]["code"]) == (422, "CORRUPT_FILE")
    assert lenient.status_code == 200
    assert any("cut short" in note for note in lenient.json()["notes"])


@pytest.mark.parametrize("output", ["mp3", "ogg", "aac", "flac"])
@pytest.mark.parametrize("name", ["eight-channels.wav", "192-khz.flac", "hundredth.wav"])
def test_what_a_format_cannot_carry_is_changed_and_said(
    service: Service, site: Site, hostile: Path, name: str, output: str
) -> None:
    url = site.add_file(hostile / name)

    job = service.rest.completed(service.rest.create(url, None, **BY_SIZE, outputFormat=output)["id"])

    assert sum(segment["duration"] for segment in job["segments"]) == job["sourceDuration"]


@pytest.mark.parametrize("length", [1, 6, 1_000_000_000])
def test_segments_longer_than_the_source_fail_the_job(
    service: Service, site: Site, hostile: Path, urls: dict[str, str], length: int
) -> None:
    url = site.add_file(hostile / "hundredth.wav") if length == 1 else urls["take.wav"]
    job_id = service.rest.create(url, segmentDuration=length)["id"]

    error = service.rest.failed(job_id)

    assert error["code"] == "DURATION_TOO_LONG"
    assert str(length) in error["message"]
    assert service.left_of(job_id) == []
