"""A Temporal server behind TLS, with an authority of its own, that lets in whom it knows by certificate."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from server.parts import connect_engine
from server.settings import Settings, load_settings
from server.workflows.embedded.engine import EngineAddress
from tests.services.authority import Authority
from tests.services.temporal import TemporalServer
from zerokerf.errors import ConfigError

pytestmark = pytest.mark.slow


async def test_an_engine_is_reached_with_the_right_files_and_only_so(tmp_path: Path) -> None:
    authority, stranger = Authority(tmp_path / "own"), Authority(tmp_path / "stranger")
    cert, key = authority.issue("worker")
    right = {"temporal_ca_file": authority.ca_file, "temporal_cert_file": cert, "temporal_key_file": key}
    other_cert, other_key = stranger.issue("worker")
    async with behind_tls(authority, tmp_path) as address:
        client = await connect_engine(settings(tmp_path, right), address)
        assert (await client.count_workflows()).count == 0

        wrong: list[Mapping[str, object]] = [
            {"temporal_tls": "true"},
            {"temporal_ca_file": authority.ca_file},
            {**right, "temporal_ca_file": stranger.ca_file},
            {**right, "temporal_cert_file": other_cert, "temporal_key_file": other_key},
        ]
        for each in wrong:
            with pytest.raises(ConfigError, match="does not answer"):
                await connect_engine(settings(tmp_path, each), address)


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ({"temporal_ca_file": "missing.pem"}, "cannot be read"),
        ({"temporal_cert_file": "cert.pem"}, "go together"),
    ],
)
async def test_files_that_cannot_serve_stop_the_start(
    tmp_path: Path, files: dict[str, str], sentence: str
) -> None:
    with pytest.raises(ConfigError, match=sentence):
        await connect_engine(settings(tmp_path, files), EngineAddress("127.0.0.1:1", "zerokerf"))


def settings(folder: Path, files: Mapping[str, object]) -> Settings:
    return load_settings({"data_dir": str(folder), **{name: str(value) for name, value in files.items()}}, {})


@asynccontextmanager
async def behind_tls(authority: Authority, folder: Path) -> AsyncIterator[EngineAddress]:
    engine = TemporalServer(folder / "engine")
    try:
        await engine.start()
        async with asyncio.TaskGroup() as pipes:
            door = await _door(authority, engine.address, pipes)
            port = door.sockets[0].getsockname()[1]
            yield EngineAddress(f"localhost:{port}", engine.namespace)
            door.close()
            engine.kill()  # which ends what goes through the door
    finally:
        engine.kill()


async def _door(authority: Authority, inside: str, pipes: asyncio.TaskGroup) -> asyncio.Server:
    cert, key = authority.issue("localhost")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(authority.ca_file))
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_cert_chain(cert, key)
    context.set_alpn_protocols(["h2"])
    host, _, port = inside.partition(":")

    async def let_in(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        to_read, to_write = await asyncio.open_connection(host, int(port))
        pipes.create_task(_pipe(reader, to_write))
        pipes.create_task(_pipe(to_read, writer))

    return await asyncio.start_server(let_in, "127.0.0.1", 0, ssl=context)


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()
