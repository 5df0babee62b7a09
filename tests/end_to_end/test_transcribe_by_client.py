"""A reading goes to the running service and comes back as text: by the client, and by the command line."""

import asyncio
import sys
from importlib.resources import as_file, files
from pathlib import Path

import pytest
from google.protobuf.json_format import MessageToDict

from tests.corpus.recordings import ffmpeg
from tests.end_to_end.service import Service
from tests.services.breaking_proxy import breaking_proxy
from tests.services.zerokerf import API_KEY
from zerokerf.client import AsyncClient
from zerokerf.errors import JobExists
from zerokerf.v1.batch_pb2 import BatchJob
from zerokerf.v1.priority_pb2 import PRIORITY_BULK

BREAK_AFTER_BYTES = 300_000
BEGINNING = "it was the best of times. it was the worst of times."


@pytest.fixture(scope="module")
def reading(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first sentences of a tale."""
    path = tmp_path_factory.mktemp("reading") / "two cities.wav"
    with as_file(files("moonshine_voice") / "assets" / "two_cities.wav") as whole:
        ffmpeg("-i", whole, "-t", "8", path)
    return path


async def test_a_reading_is_transcribed_over_a_connection_that_breaks(
    service: Service, reading: Path, tmp_path: Path
) -> None:
    name = f"by{service.deployment.rest_address.rpartition(':')[2]}"
    async with (
        breaking_proxy(service.deployment.grpc_address, BREAK_AFTER_BYTES) as proxy,
        AsyncClient(proxy.address, API_KEY) as client,
    ):
        job = await client.batch.create(
            file=reading, job_id=name, metadata={"show": {"number": 7}}, priority="bulk"
        )
        done = await client.batch.wait(job.id)
        outputs = {file.format: file for file in (await client.batch.files(name)).outputs}
        text = await client.batch.download(outputs["txt"], tmp_path)
        listed = [each.id async for each in client.batch.list(BatchJob.STATE_DONE, page_size=1)]
        with pytest.raises(JobExists):
            await client.batch.create(file=reading, job_id=name)

    assert proxy.breaks == 1
    assert (done.state, done.output.language) == (BatchJob.STATE_DONE, "en")
    assert done.priority == PRIORITY_BULK
    assert MessageToDict(done.metadata) == {"show": {"number": 7}}
    assert set(outputs) == {"json", "txt", "srt", "vtt"}
    assert text.name == f"{name}.txt"
    assert text.read_text().lower().startswith(BEGINNING)
    assert len(listed) == len(set(listed))
    assert name in listed


async def test_the_command_line_saves_what_it_is_told(
    service: Service, reading: Path, tmp_path: Path
) -> None:
    environment = service.deployment.environment() | {
        "ZEROKERF_SERVER": service.deployment.grpc_address,
        "ZEROKERF_API_KEY": API_KEY,
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "zerokerf", "transcribe", str(reading), "--format", "txt,srt", "-o", "out"),
        cwd=tmp_path,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(120):
        out, err = await process.communicate()

    assert process.returncode == 0, err.decode()
    assert out.decode() == "out/two cities.txt\nout/two cities.srt\n"
    assert (tmp_path / "out" / "two cities.txt").read_text().lower().startswith(BEGINNING)
    assert " --> " in (tmp_path / "out" / "two cities.srt").read_text()
