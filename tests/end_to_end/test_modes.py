"""Every way to cut, through the running service: cuts where they were asked for, and not a sample lost."""

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.corpus.decoders import decoded_samples, pcm
from tests.corpus.recordings import RATE
from tests.end_to_end.service import Json, Service
from tests.end_to_end.talks import CHAPTERS, MODES, SHEET, TALK_SAMPLES
from tests.services.web import Site
from zerokerf.v1.split_pb2 import Split

#: What becomes of the pauses by cutting in the middle.
MIDDLES = (3.5, 7.5)
OUTPUTS = (None, "mp3", "flac")
#: The samples at which the segments but the first begin, in the source's own time.
CUTS: dict[str, Sequence[int]] = {
    "parts": [TALK_SAMPLES * number // 7 for number in range(1, 7)],
    "timestamps": [44100, 135056, 436590],
    "silence": [int(middle * RATE) for middle in MIDDLES],
    "cue": [3 * RATE + 37 * RATE // 75],
    "snap": [int(middle * RATE) for middle in MIDDLES],
    "overlap": [TALK_SAMPLES * number // 3 for number in (1, 2)],
    "tail": [5 * RATE],
}
#: How far from it a cut may be, if not a sample: the ends of a pause are a matter of opinion.
FARTHEST: dict[str, int] = {"silence": RATE // 50, "snap": RATE // 50}

Jobs = dict[tuple[str, str | None], str]


@pytest.fixture(scope="module")
def jobs(service: Service, site: Site, talks: Path) -> Jobs:
    """All of them, at once."""
    urls = {name: site.add_file(talks / "talk.wav") for name in MODES}
    urls["chapters"] = site.add_file(talks / "talk.m4a")
    modes: dict[str, Json] = {**MODES, "chapters": {"splitMode": "chapters"}}
    return {
        (name, output): service.rest.create(urls[name], None, **modes[name], **_format(output))["id"]
        for name in modes
        for output in OUTPUTS
    }


@pytest.mark.parametrize("output", OUTPUTS)
@pytest.mark.parametrize("name", MODES)
async def test_cuts_are_where_they_were_asked_for(
    service: Service, jobs: Jobs, name: str, output: str | None
) -> None:
    split = await _split(service, jobs[name, output])

    starts = [segment.first_sample for segment in split.segments[1:]]
    assert len(starts) == len(CUTS[name])
    off_by = np.abs(np.subtract(starts, CUTS[name]))
    assert off_by.max() <= FARTHEST.get(name, 1)


@pytest.mark.parametrize("output", OUTPUTS)
@pytest.mark.parametrize("name", [*MODES, "chapters"])
async def test_files_have_the_samples_of_the_source_and_the_overlap(
    service: Service, jobs: Jobs, name: str, output: str | None, tmp_path: Path
) -> None:
    job = service.rest.completed(jobs[name, output])
    split = await _split(service, jobs[name, output])

    files = service.download_segments(job, tmp_path)

    position = 0
    for segment, file in zip(split.segments, files, strict=True):
        assert segment.first_sample == position
        position += segment.sample_count
        assert decoded_samples(file) == segment.sample_count + segment.overlap_samples
    assert position == split.source.sample_count
    assert sum(Decimal(segment["duration"]) for segment in job["segments"]) == job["sourceDuration"]


@pytest.mark.parametrize("name", MODES)
@pytest.mark.parametrize("output", [None, "flac"])
async def test_what_is_lossless_stays_so(
    service: Service, jobs: Jobs, talks: Path, name: str, output: str | None, tmp_path: Path
) -> None:
    job = service.rest.completed(jobs[name, output])
    split = await _split(service, jobs[name, output])
    frames = np.frombuffer(pcm(talks / "talk.wav"), "<i4")  # a sample of both channels is 4 bytes

    files = service.download_segments(job, tmp_path)

    for segment, file in zip(split.segments, files, strict=True):
        start = segment.first_sample - segment.overlap_samples
        end = segment.first_sample + segment.sample_count
        assert pcm(file) == frames[start:end].tobytes()


@pytest.mark.parametrize("output", OUTPUTS)
def test_files_that_overlap_begin_earlier(service: Service, jobs: Jobs, output: str | None) -> None:
    job = service.rest.completed(jobs["overlap", output])

    assert [segment.get("overlap") for segment in job["segments"]] == [None, Decimal("0.5"), Decimal("0.5")]
    assert job["overlap"] == Decimal("0.5")
    assert [segment["reason"] for segment in job["segments"]] == ["part", "part", "end"]


@pytest.mark.parametrize("output", OUTPUTS)
def test_chapters_are_segments_with_their_titles(service: Service, jobs: Jobs, output: str | None) -> None:
    job = service.rest.completed(jobs["chapters", output])

    assert [segment["title"] for segment in job["segments"]] == [title for title, _, _ in CHAPTERS]
    # Copied AAC is cut between its frames.
    farthest = Decimal("0.024") if output is None else Decimal("0.001")
    for segment, (_, start, end) in list(zip(job["segments"], CHAPTERS, strict=True))[:-1]:
        assert abs(segment["duration"] - Decimal(str(end - start))) <= farthest


def test_tracks_of_a_cue_sheet_keep_their_titles(service: Service, jobs: Jobs) -> None:
    job = service.rest.completed(jobs["cue", None])

    assert [segment["title"] for segment in job["segments"]] == ["One", "Two"]
    assert job["cueSheet"] == SHEET


def test_cuts_say_that_they_fell_into_a_pause(service: Service, jobs: Jobs) -> None:
    for name in ("silence", "snap"):
        job = service.rest.completed(jobs[name, None])

        assert [segment["reason"] for segment in job["segments"]] == ["silence", "silence", "end"]


@pytest.mark.parametrize(
    ("mode", "code", "says"),
    [
        ({"splitMode": "timestamps", "timestamps": [2, 1]}, "INVALID_TIMESTAMPS", "1 s does not come after"),
        (
            {"splitMode": "timestamps", "timestamps": [1, 1e6]},
            "INVALID_TIMESTAMPS",
            "1000000 s is not within",
        ),
        ({"splitMode": "timestamps", "timestamps": [1, 1]}, "INVALID_TIMESTAMPS", "1 s does not come after"),
        ({"splitMode": "chapters"}, "NO_CHAPTERS", "no chapters"),
        ({"splitMode": "cue", "cueSheet": "nonsense"}, "INVALID_CUE_SHEET", "line 1"),
        ({"splitMode": "cue", "cueSheet": SHEET.replace("00:03", "99:03")}, "INVALID_CUE_SHEET", "99:03:37"),
    ],
    ids=lambda value: str(value)[:60],
)
def test_what_the_recording_cannot_give_fails_the_job(
    service: Service, urls: dict[str, str], mode: Json, code: str, says: str
) -> None:
    job_id = service.rest.create(urls["take.wav"], None, **mode)["id"]

    error = service.rest.failed(job_id)

    assert error["code"] == code
    assert says in error["message"]
    assert service.left_of(job_id) == []


@pytest.mark.parametrize(
    ("mode", "field"),
    [
        ({"splitMode": "parts", "parts": 0}, "parts"),
        ({"splitMode": "timestamps", "timestamps": []}, "timestamps"),
        ({"splitMode": "timestamps", "timestamps": [-1]}, "timestamps"),
        ({"splitMode": "timestamps", "timestamps": list(range(5001))}, "timestamps"),
        ({"splitMode": "cue", "cueSheet": " "}, "cueSheet"),
        ({"splitMode": "cue", "cueSheet": "a" * 65_537}, "cueSheet"),
        ({"splitMode": "silence", "minSilence": 0.01}, "minSilence"),
        ({"splitMode": "silence", "minSilence": 1, "minSegment": -1}, "minSegment"),
        ({"splitMode": "silence", "minSilence": 1, "maxSegment": 0.5}, "maxSegment"),
        ({"splitMode": "chapters", "snapToSilence": -1}, "snapToSilence"),
        ({"splitMode": "chapters", "overlap": -1}, "overlap"),
        ({"splitMode": "chapters", "minTail": 1e10}, "minTail"),
        ({"splitMode": "fileSize", "maxFileSize": 5000, "overlap": 1}, "splitMode"),
    ],
    ids=lambda value: str(value)[:60],
)
def test_what_cannot_be_asked_is_refused_at_once(service: Service, mode: Json, field: str) -> None:
    body = {"sourceUrl": "https://media.example.com/a.mp3", **mode}

    answer = service.rest.call("POST", "/splits", json=body)

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "INVALID_PARAMS")
    assert list(answer.json()["error"]["details"]) == [field]


async def _split(service: Service, job_id: str) -> Split:
    service.rest.completed(job_id)
    async with service.client() as client:
        return await client.get_split(job_id)


def _format(output: str | None) -> dict[str, Any]:
    return {"outputFormat": output} if output else {}
