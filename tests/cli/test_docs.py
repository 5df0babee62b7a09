"""The examples of the guides run as they are printed."""

import asyncio
import os
import re
import sys
from pathlib import Path

import pytest

from server.accounts.account_records import AccountRecords
from server.accounts.bootstrap import ACCOUNT_ID
from server.accounts.key_creation import KeyWish
from server.accounts.key_records import KeyRecords
from server.accounts.model import ALL_SCOPES, Caller
from server.accounts.operators import Operators
from server.accounts.plans import read_plans
from server.webhooks.delivery_log import DeliveryLog
from tests.cli.conftest import ROOT
from tests.client.account_house import SECRET, House
from tests.client.state import Service
from zerokerf.v1.batch_pb2 import BatchJob
from zerokerf.v1.split_service_pb2 import CreateSplitRequest

PLANS = read_plans(None, "unlimited")
SPLIT_COMMANDS = re.compile(r"zerokerf (split|jobs (?!cancel))")
MANAGING_COMMANDS = re.compile(r"zerokerf (keys|usage|webhooks|account|accounts|token)\b")
ENDING = "zerokerf account delete"
SPEECH_COMMANDS = re.compile(r"zerokerf (transcribe|models|transcripts (?!cancel))")


def blocks(guide: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", (ROOT / "docs" / guide).read_text(), re.DOTALL)


@pytest.fixture
def managing_environment(house: House, environment: dict[str, str]) -> dict[str, str]:
    return environment | {
        "ZEROKERF_SERVER": house.target,
        "ZEROKERF_API_KEY": SECRET,
        "ZEROKERF_DATA_DIR": str(house.data_dir),
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "talk.wav").write_bytes(os.urandom(1000))
    (tmp_path / "talk.cue").write_text("TRACK 01 AUDIO")
    return tmp_path


def commands_of(guide: str, wanted: re.Pattern[str]) -> list[str]:
    lines = [line for block in blocks(guide, "sh") for line in block.splitlines()]
    return [line for line in lines if wanted.match(line)]


async def run_lines(folder: Path, environment: dict[str, str], lines: list[str]) -> str:
    """In one process: starting one for each would take most of the time."""
    program = "\n".join(lines)
    await run(folder, environment, "sh", "-n", "-c", program)
    return await run(folder, environment, sys.executable, "-m", "tests.cli.examples", typed=program)


async def run(folder: Path, environment: dict[str, str], *command: str, typed: str = "") -> str:
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=folder,
        env=environment,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(60):
        out, err = await process.communicate(typed.encode())
    assert process.returncode == 0, err.decode()
    return out.decode()


async def test_the_python_examples_run(service: Service, folder: Path, environment: dict[str, str]) -> None:
    first, plan, errors, patience = (
        block.replace("127.0.0.1:50051", service.target)
        for block in blocks("python.md", "python")
        if "client.batch" not in block and "client.accounts" not in block
    )

    assert "talk_002.wav" in await run(folder, environment, sys.executable, "-c", first)
    assert await run(folder, environment, sys.executable, "-c", plan) == ""
    assert (folder / "manifest.json").read_text() == service.manifest
    assert "JOB_NOT_FOUND job_gone" in await run(folder, environment, sys.executable, "-c", errors)
    assert await run(folder, environment, sys.executable, "-c", patience) == ""


async def test_the_command_line_examples_run(
    service: Service, folder: Path, environment: dict[str, str]
) -> None:
    for _ in range(2):
        request = CreateSplitRequest()
        request.mode.duration.segment_duration.seconds = 600
        service.start(request)
    service.faults.finish.set()
    commands = commands_of("cli.md", SPLIT_COMMANDS)

    out = await run_lines(folder, environment, commands)

    assert len(commands) == 22
    assert "segments/talk_002.wav" in out
    assert (folder / "result.json").exists()
    assert (folder / "talk.json").read_text() == service.manifest


async def test_the_python_example_of_transcribing_runs(
    service: Service, folder: Path, environment: dict[str, str]
) -> None:
    (example,) = (block for block in blocks("python.md", "python") if "client.batch" in block)
    program = example.replace("127.0.0.1:50051", service.target)

    out = await run(folder, environment, sys.executable, "-c", program)

    assert "0:00:40 of 0:01:00\n" in out
    assert "It was the best of times." in out
    assert (folder / "talk.txt").read_bytes() == service.transcription.texts["txt"]


async def test_the_command_line_examples_of_transcribing_run(
    service: Service, folder: Path, environment: dict[str, str]
) -> None:
    commands = commands_of("cli.md", SPEECH_COMMANDS)

    out = await run_lines(folder, environment, commands)

    assert len(commands) == 12
    assert "transcripts/talk.json\n" in out
    assert (folder / "talk.srt").read_bytes() == service.transcription.texts["srt"]
    assert service.transcription.jobs["call17"].job.state == BatchJob.STATE_DELETED


async def test_the_python_example_of_managing_runs(
    house: House, folder: Path, managing_environment: dict[str, str]
) -> None:
    delivery_id = await house.delivery(state="failed")
    (example,) = (block for block in blocks("python.md", "python") if "client.accounts" in block)
    program = example.replace("127.0.0.1:50051", house.target)

    out = await run(folder, managing_environment, sys.executable, "-c", program)

    assert out.startswith("key_")
    assert "0.0 minutes of any number\n" in out
    assert house.calls.count("RedeliverWebhook") == 1
    assert (await DeliveryLog(house.database).get(ACCOUNT_ID, delivery_id)).state == "pending"


async def test_the_command_line_examples_of_managing_run(
    house: House, folder: Path, managing_environment: dict[str, str]
) -> None:
    account = await Operators(house.database, PLANS).create("Other")
    mine = Caller(ACCOUNT_ID, account.account.plan, ALL_SCOPES)
    made = await KeyRecords(house.database).create(mine, KeyWish("CI"))
    ids = {
        "KEY": made.key.id,
        "DELIVERY": await house.delivery(state="failed"),
        "ACCOUNT": account.account.id,
    }
    house.archivist.may_make.set()
    commands = [
        line.replace("/srv/zerokerf", str(house.data_dir))
        for line in commands_of("cli.md", MANAGING_COMMANDS)
    ]
    commands.sort(key=lambda line: line.startswith(ENDING))  # behind it nothing works any more

    out = await run_lines(folder, managing_environment | ids, commands)

    assert len(commands) == 28
    assert (folder / "account.zip").exists()
    assert "as_test_sk_" in out
    assert house.calls.count("RotateWebhookSecret") == 2
    for account_id in (ACCOUNT_ID, account.account.id):
        assert (await AccountRecords(house.database, PLANS).get(account_id)).closed_at is not None
