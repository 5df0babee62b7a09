"""Every input to every output: no sample lost, none doubled, and lengths that add up as printed."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.corpus.decoders import decoded_samples, pcm
from tests.corpus.recordings import RECORDINGS
from tests.end_to_end.service import Service

OUTPUTS = ("wav", "flac", "mp3", "ogg", "aac", "same")
LOSSLESS = {"take.wav", "take.flac"}

Jobs = dict[tuple[str, str], str]


@pytest.fixture(scope="module")
def jobs(service: Service, urls: dict[str, str]) -> Jobs:
    """All of them, at once."""
    return {
        (name, output): service.rest.create(urls[name], **_format(output))["id"]
        for name in RECORDINGS
        for output in OUTPUTS
    }


@pytest.fixture(scope="session")
def true_samples(recordings: Path) -> dict[str, int]:
    return {name: decoded_samples(recordings / name) for name in RECORDINGS}


@pytest.mark.parametrize("output", OUTPUTS)
@pytest.mark.parametrize("name", RECORDINGS)
async def test_segments_joined_have_the_samples_of_the_source(
    service: Service, jobs: Jobs, true_samples: dict[str, int], name: str, output: str, tmp_path: Path
) -> None:
    job = service.rest.completed(jobs[name, output])
    async with service.client() as client:
        split = await client.get_split(job["id"])

    files = service.download_segments(job, tmp_path)
    counted = [decoded_samples(file) for file in files]

    assert split.source.sample_count == true_samples[name]
    assert sum(segment.sample_count for segment in split.segments) == true_samples[name]
    excess = [segment.excess_samples for segment in split.segments]
    assert counted == [
        segment.sample_count + more for segment, more in zip(split.segments, excess, strict=True)
    ]
    # An encoder's priming cannot be hidden in ADTS; frames that are copied bring none.
    is_encoded_adts = files[0].suffix == ".aac" and not name.endswith(".aac")
    assert all(more > 0 for more in excess) if is_encoded_adts else not any(excess)


#: Where packets and frames are copied, cuts fall between them: each end is off by half of one at most.
FARTHEST_OFF = {"take.ogg": Decimal("0.024"), "take.aac": Decimal("0.024")}


@pytest.mark.parametrize("output", OUTPUTS)
@pytest.mark.parametrize("name", RECORDINGS)
async def test_durations_add_up_to_the_printed_digit(
    service: Service, jobs: Jobs, name: str, output: str
) -> None:
    job = service.rest.completed(jobs[name, output])
    async with service.client() as client:
        split = await client.get_split(job["id"])

    printed = sum(Decimal(segment["duration"]) for segment in job["segments"])
    exact_ns = sum(segment.duration.ToNanoseconds() for segment in split.segments)

    assert printed == job["sourceDuration"]
    assert exact_ns == split.source.duration.ToNanoseconds()
    off_by = [abs(segment["duration"] - 2) for segment in job["segments"][:-1]]
    assert max(off_by) <= (FARTHEST_OFF.get(name, Decimal(0)) if output in {"same", name[-3:]} else 0)


@pytest.mark.parametrize("output", ["wav", "flac"])
@pytest.mark.parametrize("name", sorted(LOSSLESS))
def test_lossless_segments_joined_are_the_source_bit_by_bit(
    service: Service, jobs: Jobs, recordings: Path, name: str, output: str, tmp_path: Path
) -> None:
    job = service.rest.completed(jobs[name, output])

    files = service.download_segments(job, tmp_path)

    assert b"".join(map(pcm, files)) == pcm(recordings / name)


@pytest.mark.parametrize("name", RECORDINGS)
def test_without_an_output_format_segments_have_that_of_the_source(
    service: Service, jobs: Jobs, name: str
) -> None:
    job = service.rest.completed(jobs[name, "same"])

    assert job["outputFormat"] == name.rpartition(".")[2]


def _format(output: str) -> dict[str, Any]:
    return {} if output == "same" else {"outputFormat": output}
