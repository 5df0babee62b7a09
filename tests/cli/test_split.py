"""`zerokerf split`: what it sends, prints, saves and returns."""

import asyncio
import json
import os
import pty
from pathlib import Path

import pytest

from tests.cli.conftest import Cli, Start
from tests.cli.processes import interrupt, read_until
from tests.client.state import Service
from zerokerf.errors import CorruptFile
from zerokerf.v1.priority_pb2 import PRIORITY_BULK, PRIORITY_INTERACTIVE
from zerokerf.v1.split_pb2 import Split

URL = "https://example.org/talk.wav"


@pytest.fixture
def talk(tmp_path: Path) -> Path:
    path = tmp_path / "talk.wav"
    path.write_bytes(os.urandom(2**20 + 3))
    return path


async def test_a_file_is_uploaded_cut_and_saved(
    service: Service, cli: Cli, talk: Path, tmp_path: Path
) -> None:
    result = await cli("split", "talk.wav", "--every", "10m", "--to", "wav", "-o", "deep/out")

    assert result.code == 0
    (request, _), *_ = service.requests.values()
    assert service.contents[request.source.upload_id] == talk.read_bytes()
    assert request.mode.duration.segment_duration.seconds == 600
    saved = sorted((tmp_path / "deep/out").iterdir())
    assert [path.name for path in saved] == ["talk_000.wav", "talk_001.wav", "talk_002.wav"]
    assert [path.read_bytes() for path in saved] == service.segments


async def test_segments_are_listed_with_the_proof_that_they_are_the_source(cli: Cli) -> None:
    result = await cli("split", URL, "--every", "10m")

    assert "sum of segments = source: 5010 samples" in result.out
    assert "3 segments, 0:00:00.626, 4.9 KB" in result.out
    rows = [line.split() for line in result.out.splitlines()]
    assert ["1", "0:00:00.375", "0:00:00.250", "2.0", "KB"] in [row[:5] for row in rows]
    assert result.out.splitlines()[-1].endswith("/talk_002.wav")


async def test_without_a_terminal_progress_is_plain_lines_on_stderr(cli: Cli, talk: Path) -> None:
    result = await cli("split", str(talk), "--max-size", "25MB")

    assert "100% uploading, 1.0 MB of 1.0 MB" in result.err
    assert " 20% processing, 0 of 3 segments" in result.err
    assert "100% completed\n" in result.err
    assert "\x1b" not in result.err + result.out


async def test_json_is_one_document_and_nothing_else(service: Service, cli: Cli) -> None:
    result = await cli("split", URL, "--max-size", "25MB", "--json", "-o", "out")

    document = json.loads(result.out)
    assert document["state"] == "completed"
    assert document["mode"] == {"max_size_bytes": 26214400}
    assert document["source"]["sample_count"] == 5010
    assert [each["path"] for each in document["segments"]] == [f"out/talk_00{n}.wav" for n in range(3)]
    assert [each["size_bytes"] for each in document["segments"]] == [3000, 2000, 10]


async def test_quiet_prints_only_links_or_file_names(service: Service, cli: Cli) -> None:
    links = await cli("split", URL, "--every", "10m", "-q")
    files = await cli("split", URL, "--every", "10m", "-q", "-o", "out")

    assert links.out.splitlines() == [f"{service.files.base_url}/talk_00{n}.wav" for n in range(3)]
    assert files.out.splitlines() == [f"out/talk_00{n}.wav" for n in range(3)]
    assert links.err == files.err == ""


async def test_links_that_expire_while_saving_are_renewed(service: Service, cli: Cli, tmp_path: Path) -> None:
    service.files.statuses.extend([403])

    result = await cli("split", URL, "--every", "10m", "-q", "-o", "out")

    assert result.code == 0
    assert len(list((tmp_path / "out").iterdir())) == 3


async def test_files_that_are_not_kept_any_more_are_said_to_be_gone(
    service: Service, cli: Cli, tmp_path: Path
) -> None:
    service.keeps_files = False

    saved = await cli("split", URL, "--every", "10m", "-o", "out")
    links = await cli("split", URL, "--every", "10m", "-q")

    assert (saved.code, list((tmp_path / "out").iterdir())) == (1, [])
    assert saved.err.endswith(
        "\nError: talk_000.wav is not kept any more: its account's plan keeps files no longer.\n"
    )
    assert "its links" not in saved.err
    assert links.out == ""


async def test_the_address_of_a_webhook_is_passed_on(service: Service, cli: Cli) -> None:
    await cli("split", URL, "--every", "10m", "--webhook-url", "https://hooks.example.com/a")

    (request, _), *_ = service.requests.values()
    assert request.webhook_url == "https://hooks.example.com/a"


async def test_a_job_that_nobody_waits_for_is_sent_and_shown_as_one(service: Service, cli: Cli) -> None:
    sent = await cli("split", URL, "--every", "10m", "--bulk", "--json")
    usual = await cli("split", URL, "--every", "10m", "--json")

    bulk, interactive = (request.priority for request, _ in service.requests.values())
    assert (bulk, interactive) == (PRIORITY_BULK, PRIORITY_INTERACTIVE)
    assert [json.loads(each.out)["priority"] for each in (sent, usual)] == ["bulk", "interactive"]
    assert (await cli("jobs", "show", "job1")).out.splitlines()[1].endswith("Z, bulk")


async def test_a_plan_is_no_job_to_wait_for(service: Service, cli: Cli) -> None:
    result = await cli("split", URL, "--every", "10m", "--plan", "--bulk")

    assert (result.code, service.plan_requests) == (2, [])
    assert "--plan makes no job" in result.err


async def test_a_failed_job_is_code_3_with_its_reason(service: Service, cli: Cli) -> None:
    service.failure = CorruptFile("frame 7 ends early")

    plain = await cli("split", URL, "--every", "10m")
    as_json = await cli("split", URL, "--every", "10m", "--json")

    assert (plain.code, as_json.code) == (3, 3)
    assert "CORRUPT_FILE: The source could not be decoded: frame 7 ends early" in plain.err
    assert json.loads(as_json.out)["error"]["reason"] == "CORRUPT_FILE"


async def test_segments_that_do_not_add_up_are_not_called_a_success(service: Service, cli: Cli) -> None:
    service.lost_samples = 1

    result = await cli("split", URL, "--every", "10m")

    assert result.code == 1
    assert "the segments hold 5010 samples and the source 5011" in result.out
    assert "not the whole source" in result.err


async def test_a_broken_stream_is_not_noticed(service: Service, cli: Cli) -> None:
    service.faults.watch_breaks.extend([1, 0, 2])

    assert (await cli("split", URL, "--every", "10m")).code == 0


async def test_interrupting_leaves_the_job_running_and_says_how_to_come_back(
    service: Service, start: Start
) -> None:
    service.faults.finish.clear()
    process = await start("split", URL, "--every", "10m")
    err = await interrupt(process)

    assert process.returncode == 130
    assert b"zerokerf jobs watch job1" in err
    assert b"zerokerf jobs cancel job1" in err
    assert b"Traceback" not in err
    assert service.jobs["job1"].split.state == Split.STATE_PROCESSING


async def test_on_a_terminal_there_is_a_bar(service: Service, start: Start) -> None:
    service.faults.finish.clear()
    ours, theirs = pty.openpty()
    process = await start("split", URL, "--every", "10m", stderr=theirs)
    os.close(theirs)
    shown = await asyncio.to_thread(read_until, ours, b"segments")
    service.faults.finish.set()
    drain = asyncio.create_task(asyncio.to_thread(read_until, ours, None))
    async with asyncio.timeout(120):
        await process.communicate()
        await drain
    os.close(ours)

    assert process.returncode == 0
    assert "\N{BOX DRAWINGS HEAVY HORIZONTAL}".encode() in shown
    assert b"of 3 segments" in shown
