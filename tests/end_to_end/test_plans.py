"""A plan is what the job of the same request then does, and leaves nothing behind."""

import threading
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import httpx
import pytest

from tests.corpus.hostile import HTML
from tests.end_to_end.polling import until
from tests.end_to_end.service import Json, Service
from tests.end_to_end.talks import CHAPTERS, MODES, TALKS
from tests.services.folders import paths_in
from tests.services.web import Site, gated, noticing, status, whole
from tests.services.zerokerf import API_KEY

BY_CHAPTERS: Json = {"splitMode": "chapters"}


def by_size(kind: str) -> Json:
    """A few segments of this format."""
    return {"splitMode": "fileSize", "maxFileSize": 400_000 if kind in ("wav", "flac") else 60_000}


#: Each: the recording and what is asked. Every mode by copying and by encoding, and every format.
CASES: dict[str, tuple[str, Json]] = {
    **{f"{name}, mp3 copied": ("talk.mp3", mode) for name, mode in MODES.items()},
    **{f"{name}, wav to mp3": ("talk.wav", {**mode, "outputFormat": "mp3"}) for name, mode in MODES.items()},
    "chapters, m4a copied": ("talk.m4a", BY_CHAPTERS),
    "chapters, m4a to flac": ("talk.m4a", {**BY_CHAPTERS, "outputFormat": "flac"}),
    **{f"parts, {talk} copied": (talk, MODES["parts"]) for talk in TALKS},
    **{f"size, {talk} copied": (talk, by_size(talk.rpartition(".")[2])) for talk in TALKS},
    **{
        f"size, {talk} to {to}": (talk, {**by_size(to), "outputFormat": to})
        for talk, to in (("talk.wav", "flac"), ("talk.mp3", "wav"), ("talk.flac", "ogg"), ("talk.wav", "aac"))
    },
    "snap, resampled": (
        "talk.flac",
        {**MODES["snap"], "outputFormat": "wav", "encoding": {"sampleRate": 16_000, "channels": 1}},
    ),
}

Jobs = dict[str, str]


@pytest.fixture(scope="module")
def talk_urls(site: Site, talks: Path) -> dict[str, str]:
    return {name: site.add_file(talks / name) for name in (*TALKS, "talk.m4a")}


@pytest.fixture(scope="module")
def jobs(service: Service, talk_urls: dict[str, str]) -> Jobs:
    """All of them, at once. Without tags, for with them sizes are estimates."""
    return {
        name: service.rest.create(talk_urls[talk], None, **fields, tags="none")["id"]
        for name, (talk, fields) in CASES.items()
    }


def plan(service: Service, source_url: str, **fields: object) -> Json:
    answer = service.rest.call("POST", "/splits/plan", json={"sourceUrl": source_url, **fields}, timeout=120)
    assert answer.status_code == 200, answer.text
    planned: Json = answer.json(parse_float=Decimal)
    return planned


@pytest.mark.parametrize("name", CASES)
async def test_a_job_does_what_its_plan_says(
    service: Service, jobs: Jobs, talk_urls: dict[str, str], name: str
) -> None:
    talk, fields = CASES[name]

    planned = plan(service, talk_urls[talk], **fields, tags="none")
    job = service.rest.completed(jobs[name])
    async with service.client() as client:
        split = await client.get_split(job["id"])

    told = [
        (each["firstSample"], each["sampleCount"], each["reason"], each["shiftedSamples"], each.get("title"))
        for each in planned["segments"]
    ]
    assert told == [
        (each.first_sample, each.sample_count, each.reason, each.shifted_samples, each.title or None)
        for each in split.segments
    ]
    overlaps = [each["overlap"] * split.source.sample_rate for each in planned["segments"]]
    assert overlaps == pytest.approx([each.overlap_samples for each in split.segments])
    assert sum(each["duration"] for each in planned["segments"]) == planned["sourceDuration"]
    assert planned["outputFormat"] == job["outputFormat"]
    assert planned["notes"] == list(split.notes)


@pytest.mark.parametrize("name", CASES)
async def test_a_size_that_is_said_to_be_exact_is_exact(
    service: Service, jobs: Jobs, talk_urls: dict[str, str], name: str
) -> None:
    talk, fields = CASES[name]

    planned = plan(service, talk_urls[talk], **fields, tags="none")
    job = service.rest.completed(jobs[name])

    for expected, made in zip(planned["segments"], job["segments"], strict=True):
        if expected["sizeIsExact"]:
            assert expected["expectedSize"] == made["size"]
    # What is copied or has been encoded to be measured is known to the byte, and so is plain WAV.
    is_known = planned["copiesFrames"] or fields["splitMode"] == "fileSize" or job["outputFormat"] == "wav"
    assert all(each["sizeIsExact"] for each in planned["segments"]) == is_known
    assert planned["copiesFrames"] == ("copied" in name)


def test_chapters_are_planned_with_their_titles(service: Service, talk_urls: dict[str, str]) -> None:
    planned = plan(service, talk_urls["talk.m4a"], **BY_CHAPTERS)

    assert [segment["title"] for segment in planned["segments"]] == [title for title, _, _ in CHAPTERS]


@pytest.mark.parametrize("name", ["parts, talk.flac copied", "size, talk.wav to flac", "silence, mp3 copied"])
def test_a_plan_leaves_nothing_behind(
    service: Service, jobs: Jobs, talk_urls: dict[str, str], name: str
) -> None:
    talk, fields = CASES[name]
    for job_id in jobs.values():
        service.rest.completed(job_id)
    until(lambda: scratch(service) == [], "an empty scratch folder")
    before = service.stored()

    plan(service, talk_urls[talk], **fields)

    assert sorted(service.stored()) == sorted(before)
    assert scratch(service) == []


async def test_an_upload_can_be_planned_and_then_split(service: Service, talks: Path) -> None:
    async with service.client() as client:
        upload = await client.upload(talks / "talk.flac")
        planned = await client.plan_split(upload_id=upload.id, every=timedelta(seconds=2))
        job = await client.create_split(upload_id=upload.id, every=timedelta(seconds=2))
        done = await client.wait(job.id)

    assert [each.sample_count for each in planned.segments] == [each.sample_count for each in done.segments]
    assert (planned.source.file_name, planned.source.sha256) == ("talk.flac", done.source.sha256)


@pytest.mark.parametrize(
    ("content", "fields", "code"),
    [
        (None, {"splitMode": "parts", "parts": 2}, "DOWNLOAD_FAILED"),
        (HTML.encode(), {"splitMode": "parts", "parts": 2}, "UNSUPPORTED_FORMAT"),
        ("talk.wav", {"splitMode": "chapters"}, "NO_CHAPTERS"),
        ("talk.wav", {"splitMode": "duration", "segmentDuration": 600}, "DURATION_TOO_LONG"),
        ("talk.wav", {"splitMode": "timestamps", "timestamps": [2, 1]}, "INVALID_TIMESTAMPS"),
        (
            "talk.wav",
            {"splitMode": "fileSize", "maxFileSize": 1024, "outputFormat": "ogg"},
            "SIZE_LIMIT_TOO_SMALL",
        ),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_would_fail_the_job_fails_the_plan(
    service: Service, site: Site, talks: Path, content: bytes | str | None, fields: Json, code: str
) -> None:
    if isinstance(content, str):
        content = (talks / content).read_bytes()
    url = site.add("/odd/talk", status(404) if content is None else whole(content))

    answer = service.rest.call("POST", "/splits/plan", json={"sourceUrl": url, **fields}, timeout=120)

    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (422, code)
    assert error["message"].endswith(".")
    assert str(service.deployment.data_dir) not in error["message"]
    assert scratch(service) == []


def test_a_client_that_leaves_stops_the_work_on_its_plan(service: Service, site: Site, talks: Path) -> None:
    gate, left = threading.Event(), threading.Event()
    answer = gated((talks / "talk.wav").read_bytes(), gate)
    url = site.add("/gated/talk.wav", noticing(answer, left))
    body = {"sourceUrl": url, "splitMode": "parts", "parts": 2}

    with pytest.raises(httpx.ReadTimeout):
        service.http.post("/api/v1/splits/plan", json=body, headers={"X-API-Key": API_KEY}, timeout=2)

    try:
        assert left.wait(30), "the source is fetched still"
        until(lambda: scratch(service) == [], "an empty scratch folder")
    finally:
        gate.set()


def scratch(service: Service) -> list[str]:
    """What plans have in scratch."""
    found = paths_in(service.deployment.data_dir / "scratch")
    return [str(path) for path in found if path.name.startswith("plan_")]
