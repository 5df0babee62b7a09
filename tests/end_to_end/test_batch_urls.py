"""Recordings that the service fetches itself, over https only."""

import ssl
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.end_to_end.batch import Batch
from tests.services.certificates import make_certificate
from tests.services.web import Site, redirect, running_site, status, whole
from tests.services.zerokerf import Deployment, running
from tests.speech.recordings import WORSTWARD, words_in


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def tls_site(certificate: Path) -> Iterator[Site]:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    with running_site(context) as site:
        yield site


@pytest.fixture(scope="module")
def batch(certificate: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Batch]:
    """Of a service that trusts the certificate."""
    data_dir = tmp_path_factory.mktemp("trusting") / "data"
    deployment = Deployment(data_dir, extra={"SSL_CERT_FILE": str(certificate)})
    with running(deployment), httpx.Client(base_url=deployment.rest_url, timeout=30) as http:
        yield Batch(http)


def test_a_recording_is_fetched_and_transcribed(batch: Batch, tls_site: Site, spoken: Path) -> None:
    job_id = batch.create(input_url=tls_site.add_file(spoken / "speech.wav"))

    job = batch.done(job_id)

    assert batch.transcript(job_id).words == words_in(WORSTWARD)
    assert job["input_metadata"]["source"] == "url"
    assert batch.transcript(job_id).document["job"]["data_name"] == "speech.wav"


def test_what_cannot_be_fetched_fails_its_job(batch: Batch, tls_site: Site) -> None:
    inward = tls_site.add("/inward.wav", redirect("https://10.0.0.1/secret.wav"))
    missing = tls_site.add("/missing.wav", status(404))
    page = tls_site.add("/page.wav", whole(b"<!DOCTYPE html><html></html>"))
    untrusted = missing.replace("localhost", "127.0.0.1")

    said = {url: batch.failed(batch.create(input_url=url)) for url in (inward, missing, page, untrusted)}

    assert "10.0.0.1" not in said[inward]
    assert "404" in said[missing]
    assert "not a supported" in said[page]
    assert "certificate" in said[untrusted]


@pytest.mark.parametrize("url", ["http://localhost/a.wav", "ftp://localhost/a.wav", "speech.wav", ""])
def test_only_https_is_fetched(batch: Batch, url: str) -> None:
    answer = batch.call("POST", "jobs", json={"transcription_config": {}, "input_url": url})

    assert (answer.status_code, list(answer.json())) == (400, ["error"])
