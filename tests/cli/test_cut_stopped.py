"""Whoever stops `zerokerf cut` finds nothing that is half done, and nothing that still runs."""

import asyncio
import signal
from pathlib import Path

import psutil
import pytest

from tests.cli.conftest import Cli, Start
from tests.cli.local import names_in
from tests.corpus.recordings import RATE, music, write_wav


@pytest.fixture
def talk(tmp_path: Path) -> Path:
    """Long enough to be stopped in the midst of it."""
    write_wav(tmp_path / "talk.wav", music(RATE * 120))
    return tmp_path


async def line_with(process: asyncio.subprocess.Process, sign: bytes) -> None:
    assert process.stderr is not None
    async with asyncio.timeout(60):
        while sign not in await process.stderr.readline():
            pass


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
async def test_stopping_leaves_no_file_and_no_process(
    start: Start, talk: Path, number: signal.Signals
) -> None:
    process = await start(
        *("cut", "talk.wav", "--every", "4s", "--to", "opus", "-o", "deep/er", "--jobs", "2")
    )
    await line_with(process, b" proven")
    children = psutil.Process(process.pid).children(recursive=True)
    assert children, "there was nothing to stop"

    process.send_signal(number)
    async with asyncio.timeout(60):
        _, err = await process.communicate()

    assert process.returncode == 130
    assert b"Traceback" not in err
    assert names_in(talk) == ["talk.wav"]
    assert not [child for child in children if child.is_running() and child.status() != "zombie"]


async def test_the_folder_that_was_there_stays(start: Start, talk: Path) -> None:
    (talk / "out").mkdir()
    (talk / "out/mine.txt").write_text("mine")
    process = await start("cut", "talk.wav", "--every", "4s", "--to", "opus", "-o", "out", "--jobs", "2")
    await line_with(process, b" proven")

    process.send_signal(signal.SIGINT)
    await process.communicate()

    assert names_in(talk / "out") == ["mine.txt"]


async def test_stopping_a_plan_leaves_nothing(start: Start, environment: dict[str, str], talk: Path) -> None:
    scratch = talk / "tmp"
    scratch.mkdir()
    environment["TMPDIR"] = str(scratch)
    process = await start("cut", "talk.wav", "--max-size", "100k", "--to", "aac", "--plan")
    await line_with(process, b"planning")

    process.send_signal(signal.SIGINT)
    await process.communicate()

    assert process.returncode == 130
    assert names_in(scratch) == []


async def test_the_command_works_as_a_process_of_its_own(cli: Cli, talk: Path) -> None:
    result = await cli("cut", "talk.wav", "--parts", "2")

    assert result.code == 0, result.err
    assert len(names_in(talk / "talk-segments")) == 3
