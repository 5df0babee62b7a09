"""The manifest of a job speaks the truth about the files that are downloaded, and finds what was changed."""

import hashlib
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from server.media.manifest.check import Finding, reprove
from server.media.manifest.document import Manifest, from_json
from tests.end_to_end.service import Json, Service
from tests.end_to_end.talks import MODES, TALKS
from tests.services.web import Site

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((ROOT / "docs/manifest.schema.json").read_text())

#: Each: the recording and what is asked besides segments of two seconds.
CASES: dict[str, tuple[str, Json]] = {
    **{f"{talk} copied": (talk, {}) for talk in TALKS},
    **{
        f"{talk} to {to}": (talk, {"outputFormat": to})
        for talk, to in (
            ("talk.wav", "flac"),
            ("talk.flac", "mp3"),
            ("talk.mp3", "ogg"),
            ("talk.opus", "aac"),
        )
    },
    "overlap": ("talk.mp3", {**MODES["overlap"], "tags": {"title": "Part {n} of {count}"}}),
    "by size": ("talk.flac", {"splitMode": "fileSize", "maxFileSize": 60_000, "outputFormat": "mp3"}),
    "full": ("talk.mp3", {"verification": "full"}),
}

Jobs = dict[str, str]


@pytest.fixture(scope="module")
def jobs(service: Service, site: Site, talks: Path) -> Jobs:
    """All of them, at once."""
    urls = {talk: site.add_file(talks / talk) for talk in TALKS}
    return {
        name: service.rest.create(urls[talk], None, **fields)["id"] for name, (talk, fields) in CASES.items()
    }


@pytest.mark.parametrize("name", CASES)
def test_a_manifest_keeps_to_its_schema(service: Service, jobs: Jobs, name: str) -> None:
    text = document(service, jobs[name])

    jsonschema.validate(json.loads(text), SCHEMA)


@pytest.mark.parametrize("name", CASES)
def test_downloads_are_those_of_the_manifest(service: Service, jobs: Jobs, name: str, tmp_path: Path) -> None:
    manifest = from_json(document(service, jobs[name]))

    files = downloads(service, jobs[name], manifest, tmp_path)

    assert [sha256(file) for file in files] == [segment.sha256 for segment in manifest.segments]
    assert findings(manifest, tmp_path) == []


@pytest.mark.parametrize("name", CASES)
def test_one_flipped_bit_is_found(service: Service, jobs: Jobs, name: str, tmp_path: Path) -> None:
    manifest = from_json(document(service, jobs[name]))
    changed = downloads(service, jobs[name], manifest, tmp_path)[1]

    content = bytearray(changed.read_bytes())
    content[len(content) // 2] ^= 1
    changed.write_bytes(content)

    assert [finding.index for finding in findings(manifest, tmp_path)] == [1]


@pytest.mark.parametrize("name", ["talk.mp3 copied", "talk.flac to mp3"])
async def test_every_way_to_ask_gives_the_stored_document(service: Service, jobs: Jobs, name: str) -> None:
    text = document(service, jobs[name])

    async with service.client() as client:
        assert (await client.manifest(jobs[name])).encode() == text
    assert any(key.endswith("/manifest.json") and jobs[name] in key for key in service.stored())


def test_a_manifest_says_what_was_asked_and_how_it_was_made(service: Service, jobs: Jobs) -> None:
    copied = parsed(service, jobs["talk.mp3 copied"])
    encoded = parsed(service, jobs["talk.flac to mp3"])
    overlap = parsed(service, jobs["overlap"])

    assert copied["options"] == {"mode": "duration", "segmentDuration": "2s"}
    assert (copied["output"]["method"], encoded["output"]["method"]) == ("copy", "encode")
    assert levels(copied) == {"edges"}
    assert levels(encoded) == {"decoded"}
    assert overlap["options"] == {
        "mode": "parts",
        "count": 3,
        "overlap": "0.5s",
        "title": "Part {n} of {count}",
    }
    assert [segment["overlapSamples"] for segment in overlap["segments"]] == [0, 22050, 22050]


def test_full_verification_is_said_of_every_segment(service: Service, jobs: Jobs) -> None:
    manifest = parsed(service, jobs["full"])

    assert levels(manifest) == {"full"}
    assert manifest["options"]["verification"] == "full"


def test_the_documented_job_has_no_field_for_it(service: Service, jobs: Jobs) -> None:
    plain, full = (service.rest.completed(jobs[name]) for name in ("talk.mp3 copied", "full"))

    assert list(full) == list(plain)
    assert [list(segment) for segment in full["segments"]] == [list(segment) for segment in plain["segments"]]
    assert "manifest" not in str(list(plain)).lower()


async def test_a_job_that_failed_has_no_manifest(service: Service, site: Site, talks: Path) -> None:
    url = site.add_file(talks / "talk.wav")
    job_id = service.rest.create(url, segmentDuration=600)["id"]
    service.rest.failed(job_id)

    answer = service.rest.call("GET", f"/splits/{job_id}/manifest")

    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "MANIFEST_NOT_READY")


async def test_nobody_elses_manifest_can_be_read(service: Service, jobs: Jobs) -> None:
    service.rest.completed(jobs["full"])
    stranger = await service.add_account("manifests")

    answer = service.http.get(f"/api/v1/splits/{jobs['full']}/manifest", headers={"X-API-Key": stranger})

    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "JOB_NOT_FOUND")


def document(service: Service, job_id: str) -> bytes:
    service.rest.completed(job_id)
    answer = service.rest.call("GET", f"/splits/{job_id}/manifest")
    assert answer.status_code == 200, answer.text
    return answer.content


def parsed(service: Service, job_id: str) -> dict[str, Any]:
    manifest: dict[str, Any] = json.loads(document(service, job_id))
    return manifest


def downloads(service: Service, job_id: str, manifest: Manifest, folder: Path) -> list[Path]:
    """Under the names that the manifest knows."""
    files = service.download_segments(service.rest.get(job_id), folder)
    names = [segment.file_name for segment in manifest.segments]
    return [file.rename(folder / name) for file, name in zip(files, names, strict=True)]


def findings(manifest: Manifest, folder: Path) -> list[Finding]:
    return [finding for finding in reprove(manifest, folder) if finding is not None]


def levels(manifest: dict[str, Any]) -> set[str]:
    return {segment["proof"]["level"] for segment in manifest["segments"]}


def sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
