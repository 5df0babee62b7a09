"""Servers that refuse, lie, hang or never end: the job fails in time, with a reason, and leaves nothing."""

from pathlib import Path

import pytest

from tests.end_to_end.service import Service
from tests.services.web import Answer, Site, endless, hanging, lying, redirect, status, whole

INWARD = "http://10.0.0.1/secret.wav"

NAMES = (
    *("404", "403", "redirect-inward", "redirect-to-a-file", "redirect-in-a-circle", "never-ends"),
    *("announces-too-much", "sends-less-than-announced", "hangs"),
)
CODES = {"never-ends": "FILE_TOO_LARGE", "announces-too-much": "FILE_TOO_LARGE"}

Jobs = dict[str, str]


@pytest.fixture(scope="module")
def jobs(service: Service, site: Site, recordings: Path) -> Jobs:
    """All of them, at once."""
    answers = _answers(site, (recordings / "take.wav").read_bytes())
    return {name: service.rest.create(site.add(f"/{name}", answers[name]))["id"] for name in NAMES}


@pytest.mark.parametrize("name", NAMES)
def test_a_source_that_cannot_be_fetched_fails_its_job(service: Service, jobs: Jobs, name: str) -> None:
    error = service.rest.failed(jobs[name])

    assert error["code"] == CODES.get(name, "DOWNLOAD_FAILED")
    assert len(error["message"]) > 30
    assert "10.0.0.1" not in error["message"]
    assert service.left_of(jobs[name]) == []


def test_a_port_where_nobody_listens_fails_the_job(service: Service) -> None:
    job_id = service.rest.create("http://127.0.0.1:9/talk.wav")["id"]

    assert service.rest.failed(job_id)["code"] == "DOWNLOAD_FAILED"


def test_a_host_that_leads_nowhere_fails_the_job(service: Service) -> None:
    job_id = service.rest.create("http://nowhere.invalid/talk.wav")["id"]

    assert service.rest.failed(job_id)["code"] == "DOWNLOAD_FAILED"


def test_a_few_redirects_are_followed_and_the_first_name_is_kept(
    service: Service, site: Site, recordings: Path
) -> None:
    content = (recordings / "take.ogg").read_bytes()
    site.add("/moved/3", whole(content))
    site.add("/moved/2", redirect("/moved/3"))
    url = site.add("/moved/talk.ogg", redirect(f"{site.url}/moved/2"))

    job = service.rest.completed(service.rest.create(url)["id"])

    assert (job["sourceFileName"], job["sourceSize"]) == ("talk.ogg", len(content))


def _answers(site: Site, content: bytes) -> dict[str, Answer]:
    return {
        "404": status(404),
        "403": status(403),
        "redirect-inward": redirect(INWARD),
        "redirect-to-a-file": redirect("file:///etc/passwd"),
        "redirect-in-a-circle": redirect("/redirect-in-a-circle"),
        "never-ends": endless(site.closed),
        "announces-too-much": lying(content, 1 << 40),
        "sends-less-than-announced": lying(content, len(content) + 1000),
        "hangs": hanging(site.closed),
    }
