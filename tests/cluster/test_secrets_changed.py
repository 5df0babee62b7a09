"""Every secret that processes are given is changed, one process at a time; then the old ones end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import asyncpg  # type: ignore[import-untyped]  # it carries no types
import pytest

from tests.corpus.decoders import decoded_samples
from tests.corpus.recordings import RATE, music, write_wav
from tests.faults.watched import PATIENCE
from tests.services.certificates import make_certificate
from tests.services.cluster import Cluster, running_services
from tests.services.web import Site, whole
from tests.services.zerokerf import API_KEY
from zerokerf.channel import Tls
from zerokerf.client import AsyncClient
from zerokerf.v1.split_pb2 import Split

#: Many processes stop and start, on machines that may be busy.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

#: As docs/operations.md says: whoever trusts a certificate comes before whoever shows it.
ORDER = ("gateway-0", "gateway-1", "server-0", "server-1", "worker-0", "worker-1")
LENGTH_S, SEGMENTS = 600, 20
ENDS_WITHIN_S = 150
#: What tables belong to has no password once it has changed: whoever logs in acts as it.
NEXT_ROLE = """
    CREATE ROLE next LOGIN PASSWORD 'second' IN ROLE records;
    ALTER ROLE next SET role = records;
"""
SESSIONS = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'records'"


@dataclass(frozen=True, slots=True)
class Secrets:
    """What a process is given. `trusted` holds the certificates that a gateway takes for its server's."""

    role: str
    password: str
    access_key: str
    secret_key: str
    certificate: Path
    trusted: Path

    def settings(self, cluster: Cluster) -> dict[str, str]:
        address = cluster.postgres.url.rpartition("@")[2].partition("/")[0]
        return {
            "ZEROKERF_DATABASE_URL": f"postgresql://{self.role}:{self.password}@{address}/records",
            "ZEROKERF_STORAGE_ACCESS_KEY": self.access_key,
            "ZEROKERF_STORAGE_SECRET_KEY": self.secret_key,
            "ZEROKERF_GRPC_TLS_CERT_FILE": str(self.certificate),
            "ZEROKERF_GRPC_TLS_KEY_FILE": str(self.certificate),
            "ZEROKERF_SERVER_CA_FILE": str(self.trusted),
            "ZEROKERF_SERVER_NAME": "localhost",
        }


async def test_passwords_store_keys_and_certificates_are_changed_while_a_job_runs(
    site: Site, folder: Path, tmp_path: Path
) -> None:
    one, other = certificate(tmp_path / "one"), certificate(tmp_path / "other")
    both = tmp_path / "both.pem"
    both.write_bytes(one.read_bytes() + other.read_bytes())
    old = Secrets("records", "first", "test", "testsecret123", one, one)
    new = Secrets("next", "second", "next1", "nextsecret123", other, both)
    url = served(site, folder)

    async with running_services(tmp_path / "cluster", {"ZEROKERF_ENCODE_PARALLEL": "1"}) as cluster:
        await make_role(cluster)
        cluster.make_deployments(2)
        await launch(cluster, old)
        async with client_of(cluster, both) as client:
            job = await client.create_split(url=url, every=timedelta(seconds=LENGTH_S // SEGMENTS), to="mp3")
            await make_next(cluster)
            for name in ORDER:
                await asyncio.to_thread(cluster.processes[name].terminate)
                await launch(cluster, new, name)
            await end_old(cluster)

            await check(client, job.id, tmp_path)
            later = await client.create_split(url=url, parts=SEGMENTS, to="flac")
            await check(client, later.id, tmp_path)


def certificate(folder: Path) -> Path:
    """With its key."""
    folder.mkdir()
    return make_certificate(folder)


async def make_role(cluster: Cluster) -> None:
    """Of the records, with a password that is asked for."""
    rules = cluster.database_dir / "data" / "pg_hba.conf"
    asked = "host all records,next 127.0.0.1/32 scram-sha-256\n"
    rules.write_text(asked + rules.read_text())
    async with superuser(cluster) as connection:
        await connection.execute("SELECT pg_reload_conf()")
        await connection.execute("CREATE ROLE records LOGIN PASSWORD 'first'")
        await connection.execute("CREATE DATABASE records OWNER records")


async def launch(cluster: Cluster, secrets: Secrets, *names: str) -> None:
    """Workers last: they need the tables."""
    for name in names or sorted(ORDER, key=lambda name: not name.startswith("server")):
        process = cluster.launch(name, secrets.settings(cluster))
        await asyncio.to_thread(process.wait_ready)


async def make_next(cluster: Cluster) -> None:
    """A second way in, beside the first."""
    async with superuser(cluster) as connection:
        await connection.execute(NEXT_ROLE)
    await asyncio.to_thread(
        cluster.seaweed.configure, "-user=next -access_key=next1 -secret_key=nextsecret123 -actions=Admin"
    )


async def end_old(cluster: Cluster) -> None:
    """Nobody uses what ends."""
    async with superuser(cluster) as connection:
        assert await connection.fetchval(SESSIONS) == 0
        await connection.execute("ALTER ROLE records NOLOGIN")


@asynccontextmanager
async def superuser(cluster: Cluster) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(cluster.postgres.url)
    try:
        yield connection
    finally:
        await connection.close()


def client_of(cluster: Cluster, trusted: Path) -> AsyncClient:
    tls = Tls(trusted.read_bytes(), "localhost")
    return AsyncClient(cluster.deployments[0].grpc_address, API_KEY, tls=tls, patience=PATIENCE)


def served(site: Site, folder: Path) -> str:
    path = folder / "secrets.wav"
    write_wav(path, music(LENGTH_S * RATE))
    return site.add(f"/{path.name}", whole(path.read_bytes()))


async def check(client: AsyncClient, job_id: str, folder: Path) -> None:
    """Completed, its events without a gap, its files whole."""
    async with asyncio.timeout(ENDS_WITHIN_S):
        events = [event async for event in client.watch(job_id)]
    done = await client.get_split(job_id)
    files = [await client.download(segment, folder) for segment in done.segments]

    assert done.state == Split.STATE_COMPLETED, done.error
    assert [event.sequence for event in events] == list(range(1, len(events) + 1))
    assert [decoded_samples(file) for file in files] == [LENGTH_S // SEGMENTS * RATE] * SEGMENTS
