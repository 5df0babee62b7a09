"""A service that lets in only who shows a certificate of its own authority."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.services.authority import Authority
from tests.services.zerokerf import API_KEY, Deployment, running
from zerokerf.calls import Patience
from zerokerf.channel import Tls
from zerokerf.client import AsyncClient
from zerokerf.errors import ServiceUnreachable

IMPATIENT = Patience(call_timeout_s=5, call_attempts=2, first_pause_s=0.01)


@dataclass(frozen=True, slots=True)
class House:
    deployment: Deployment
    authority: Authority
    shown: tuple[Path, Path]

    @property
    def target(self) -> str:
        return f"localhost:{self.deployment.grpc_address.rpartition(':')[2]}"

    def tls(self, shown: tuple[Path, Path] | None) -> Tls:
        chain, key = (path.read_bytes() for path in shown) if shown else (None, None)
        roots = self.authority.ca_file.read_bytes()
        return Tls(root_certificates=roots, certificate_chain=chain, private_key=key)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("mutual")
    authority = Authority(folder / "authority")
    (cert, key), shown = authority.issue("localhost"), authority.issue("a client")
    settings = {
        "ZEROKERF_GRPC_TLS_CERT_FILE": str(cert),
        "ZEROKERF_GRPC_TLS_KEY_FILE": str(key),
        "ZEROKERF_GRPC_TLS_CLIENT_CA_FILE": str(authority.ca_file),
        "ZEROKERF_SERVER_CA_FILE": str(authority.ca_file),
        "ZEROKERF_SERVER_NAME": "localhost",
        "ZEROKERF_CLIENT_CERT_FILE": str(shown[0]),
        "ZEROKERF_CLIENT_KEY_FILE": str(shown[1]),
    }
    deployment = Deployment(folder / "data", extra=settings)
    with running(deployment, "serve"):
        yield House(deployment, authority, shown)


async def test_who_shows_a_certificate_is_let_in(house: House) -> None:
    async with AsyncClient(house.target, API_KEY, tls=house.tls(house.shown), patience=IMPATIENT) as client:
        assert [split async for split in client.list_splits()] == []


async def test_the_gateway_shows_its_own(house: House) -> None:
    url = f"{house.deployment.rest_url}/api/v1/splits"
    async with httpx.AsyncClient() as http:
        answer = await http.get(url, headers={"X-API-Key": API_KEY})

    assert answer.status_code == 200, answer.text


async def test_an_api_key_without_a_certificate_is_not_enough(house: House) -> None:
    async with AsyncClient(house.target, API_KEY, tls=house.tls(None), patience=IMPATIENT) as client:
        with pytest.raises(ServiceUnreachable):
            await anext(client.list_splits())


async def test_a_certificate_of_another_authority_is_not_let_in(house: House, tmp_path: Path) -> None:
    strange = Authority(tmp_path / "another").issue("a client")

    async with AsyncClient(house.target, API_KEY, tls=house.tls(strange), patience=IMPATIENT) as client:
        with pytest.raises(ServiceUnreachable):
            await anext(client.list_splits())


async def test_the_command_line_shows_one(house: House) -> None:
    cert, key = map(str, house.shown)
    ca = str(house.authority.ca_file)
    options = ["--server", house.target, "--api-key", API_KEY, "--ca-file", ca]
    program = [
        sys.executable,
        "-m",
        "zerokerf",
        "jobs",
        "list",
        *options,
        "--client-cert",
        cert,
        "--client-key",
        key,
    ]

    done = await asyncio.to_thread(subprocess.run, program, capture_output=True, text=True, timeout=60)

    assert done.returncode == 0, done.stderr
