"""A size limit holds for what is downloaded, and is used."""

from decimal import Decimal
from pathlib import Path

import pytest

from tests.corpus.decoders import decoded_samples
from tests.end_to_end.service import Service

LIMITS = {"wav": 300_000, "flac": 200_000, "mp3": 40_000, "ogg": 30_000}


@pytest.mark.parametrize("output", LIMITS)
def test_no_segment_is_larger_and_all_but_the_last_are_full(
    service: Service, urls: dict[str, str], recordings: Path, output: str, tmp_path: Path
) -> None:
    limit = LIMITS[output]
    job_id = service.rest.create(
        urls["take.wav"], splitMode="fileSize", maxFileSize=limit, outputFormat=output
    )["id"]

    job = service.rest.completed(job_id)
    files = service.download_segments(job, tmp_path)

    sizes = [file.stat().st_size for file in files]
    assert len(sizes) >= 3
    assert max(sizes) <= limit
    assert min(sizes[:-1]) >= 0.98 * limit
    assert sum(map(decoded_samples, files)) == decoded_samples(recordings / "take.wav")
    assert sum(Decimal(segment["duration"]) for segment in job["segments"]) == job["sourceDuration"]


def test_a_limit_larger_than_the_whole_makes_one_segment(service: Service, urls: dict[str, str]) -> None:
    job_id = service.rest.create(urls["take-cbr.mp3"], splitMode="fileSize", maxFileSize=1 << 30)["id"]

    assert len(service.rest.completed(job_id)["segments"]) == 1


def test_a_limit_that_no_segment_can_keep_fails_the_job(service: Service, urls: dict[str, str]) -> None:
    job_id = service.rest.create(
        urls["take.wav"], splitMode="fileSize", maxFileSize=1024, outputFormat="ogg"
    )["id"]

    error = service.rest.failed(job_id)

    assert error["code"] == "SIZE_LIMIT_TOO_SMALL"
    assert "1024" in error["message"]
    assert service.left_of(job_id) == []
