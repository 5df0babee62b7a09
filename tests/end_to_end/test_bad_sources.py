"""Files that cannot be cut fail with a code and a sentence to act on, and leave nothing behind."""

from pathlib import Path

import pytest

from tests.corpus.decoders import decoded_samples
from tests.corpus.hostile import ACCEPTED, REFUSED, make_hostile
from tests.end_to_end.service import Service
from tests.services.web import Site

Jobs = dict[str, str]
BY_SIZE = {"splitMode": "fileSize", "maxFileSize": 20_000_000}


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
