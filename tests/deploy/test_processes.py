"""The services of the compose file, started as processes: they find each other, and a job gets done."""

import asyncio
import json
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import asyncpg  # type: ignore[import-untyped]  # it carries no types
import httpx
import pytest
import yaml

from tests.corpus.recordings import SAMPLES, music, write_wav
from tests.deploy.compose_file import ROOT, Service, services_of
from tests.deploy.containers import Place, finish, is_healthy, started, wait_healthy
from tests.services.ports import lasting_port
from tests.services.postgres import running_postgres
from tests.services.seaweed import _free_ports
from zerokerf.client import AsyncClient
from zerokerf.v1.split_pb2 import Split

pytestmark = pytest.mark.slow


@dataclass(frozen=True, slots=True)
class House:
    """Everything of the compose file, running."""

    place: Place
    services: dict[str, Service]
    grpc_address: str
    rest_url: str
    server: subprocess.Popen[bytes]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, variables: dict[str, str]) -> Iterator[House]:
    services = services_of(variables)
    folder = tmp_path_factory.mktemp("containers")
    with ExitStack() as stack:
        records = stack.enter_context(running_postgres())
        asyncio.run(_make_role(records, services["records"]["environment"]))
        ports = _free_ports(5)
        grpc, rest, engine = (f"127.0.0.1:{lasting_port()}" for _ in range(3))
        place = Place(folder, _addresses(grpc, rest, engine, f"127.0.0.1:{ports[3]}", records))
        stack.enter_context(_store(place, services["s3"], ports))
        stack.enter_context(_engine(place, engine, services["engine-namespace"]))
        finish(place, services["migrate"])
        server, *_ = _all_healthy(stack, place, [services["server"]])
        workers = [services["worker"]] * int(services["worker"]["deploy"]["replicas"])
        _all_healthy(stack, place, [services["gateway"], *workers])
        yield House(place, services, grpc, f"http://{rest}", server)


def _addresses(grpc: str, rest: str, engine: str, s3: str, records: str) -> dict[str, str]:
    return {
        "server:50051": grpc,
        "0.0.0.0:50051": grpc,
        "127.0.0.1:50051": grpc,
        "0.0.0.0:8080": rest,
        "127.0.0.1:8080": rest,
        "engine:7233": engine,
        "s3:8333": s3,
        "127.0.0.1:8333": s3,
        "records:5432": records.rpartition("@")[2].partition("/")[0],
        "-ip=s3": "-ip=127.0.0.1",
        "-ip.bind=0.0.0.0": "-ip.bind=127.0.0.1",
        "-s3.port=8333": f"-s3.port={s3.rpartition(':')[2]}",
    }


async def _make_role(server: str, given: dict[str, str]) -> None:
    """What the image of PostgreSQL makes out of its environment."""
    connection = await asyncpg.connect(server)
    user, password, name = (given[f"POSTGRES_{what}"] for what in ("USER", "PASSWORD", "DB"))
    await connection.execute(f"CREATE ROLE {user} LOGIN PASSWORD '{password}'")
    await connection.execute(f"CREATE DATABASE {name} OWNER {user}")
    await connection.close()


@contextmanager
def _store(place: Place, service: Service, ports: list[int]) -> Iterator[None]:
    master, volume, filer, _, admin = ports
    moved = [f"-master.port={master}", f"-volume.port={volume}"]
    moved += [f"-filer.port={filer}", f"-admin.port={admin}"]
    with started(place, service, *moved, program="weed") as process:
        wait_healthy(place, service, process)
        yield


@contextmanager
def _engine(place: Place, address: str, namespace: Service) -> Iterator[None]:
    """The development server with the cluster's flags; the namespace is made as it is there."""
    flags = yaml.safe_load((ROOT / "deploy/temporal/dynamicconfig.yaml").read_text())
    host, _, port = address.partition(":")
    command = ["server", "start-dev", "--headless", "--ip", host, "--port", port, "--log-level", "error"]
    for name, entries in flags.items():
        command += ["--dynamic-config-value", f"{name}={json.dumps(entries[0]['value'])}"]
    with started(place, {"command": command}, program="temporal"):
        finish(place, namespace)
        finish(place, namespace)  # as after the next start of everything
        yield


def _all_healthy(stack: ExitStack, place: Place, services: list[Service]) -> list[subprocess.Popen[bytes]]:
    """Started together, and waited for."""
    # Each container has a loopback of its own; processes share one.
    free = [f"127.0.0.1:{lasting_port()}" for _ in services]
    places = [place.but({"0.0.0.0:9464": own, "127.0.0.1:9464": own}) for own in free]
    processes = [stack.enter_context(started(*each)) for each in zip(places, services, strict=True)]
    for where, service, process in zip(places, services, processes, strict=True):
        wait_healthy(where, service, process)
    return processes


def test_everything_is_ready_when_every_health_check_passes(house: House) -> None:
    answer = httpx.get(f"{house.rest_url}/readyz")

    assert answer.status_code == 200
    assert answer.json()["status"] == "ready"
    assert set(answer.json()["checks"]) == {"database", "engine", "server", "storage"}


async def test_a_job_is_done_and_its_segments_come_by_the_public_address(
    house: House, variables: dict[str, str], tmp_path: Path
) -> None:
    write_wav(tmp_path / "take.wav", music(SAMPLES))
    async with AsyncClient(house.grpc_address, variables["ZEROKERF_BOOTSTRAP_API_KEY"]) as client:
        job = await client.create_split(file=tmp_path / "take.wav", every=timedelta(seconds=2), to="mp3")

        done = await client.wait(job.id)

        assert done.state == Split.STATE_COMPLETED, done.error
        assert len(done.segments) == 3
        for segment in done.segments:
            path = await client.download(segment, tmp_path)
            assert path.stat().st_size == segment.size


def test_objects_cannot_be_had_without_the_keys(house: House) -> None:
    address = house.place.addresses["s3:8333"]

    assert httpx.get(f"http://{address}/zerokerf?list-type=2").status_code == 403


def test_migrating_again_changes_nothing(house: House) -> None:
    finish(house.place, house.services["migrate"])


def test_the_checks_fail_when_the_server_is_gone(house: House) -> None:
    """The last test here: nothing works afterwards."""
    house.server.kill()
    house.server.wait()

    assert not is_healthy(house.place, house.services["server"])
    assert not is_healthy(house.place, house.services["gateway"])
