"""`zerokerf jobs` and the exit codes that scripts rely on."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Cli
from tests.client.state import Service
from zerokerf.errors import CorruptFile
from zerokerf.v1.split_pb2 import Split
from zerokerf.v1.split_service_pb2 import CreateSplitRequest


def create(service: Service) -> str:
    request = CreateSplitRequest()
    request.mode.duration.segment_duration.seconds = 600
    return service.start(request).split.id


async def test_jobs_are_listed_newest_first(service: Service, cli: Cli) -> None:
    for _ in range(3):
        create(service)

    table = await cli("jobs", "list")
    ids = await cli("jobs", "list", "-q", "--limit", "2")
    document = json.loads((await cli("jobs", "list", "--json")).out)

    assert [line.split()[0] for line in table.out.splitlines() if "job" in line] == ["job3", "job2", "job1"]
    assert ids.out == "job3\njob2\n"
    assert [job["id"] for job in document["jobs"]] == ["job3", "job2", "job1"]


async def test_jobs_can_be_listed_by_state(service: Service, cli: Cli) -> None:
    create(service)

    assert (await cli("jobs", "list", "-q", "--state", "failed")).out == ""
    assert (await cli("jobs", "list", "-q", "--state", "completed")).out == "job1\n"


async def test_a_job_is_shown_with_its_segments_and_links(service: Service, cli: Cli) -> None:
    job_id = create(service)
    assert (await cli("jobs", "watch", job_id)).code == 0

    result = await cli("jobs", "show", job_id)

    assert result.out.startswith("job1: completed, 100%\nCut every 0:10:00, created 2026-01-02 03:04:05Z\n")
    assert "sum of segments = source: 5010 samples" in result.out
    assert result.out.endswith(f"{service.files.base_url}/talk_002.wav\n")
    assert json.loads((await cli("jobs", "show", job_id, "--json")).out)["id"] == job_id


async def test_it_is_said_until_when_links_work_and_what_is_not_kept_any_more(
    service: Service, cli: Cli
) -> None:
    job_id = create(service)
    await cli("jobs", "watch", job_id)
    kept = await cli("jobs", "show", job_id)
    for segment in service.jobs[job_id].split.segments:
        segment.ClearField("download_url")
        segment.ClearField("expire_time")

    gone = await cli("jobs", "show", job_id)
    document = json.loads((await cli("jobs", "show", job_id, "--json")).out)

    assert "\nLinks work until 2026-01-03 03:04:05Z; 'zerokerf jobs show job1' makes fresh ones" in kept.out
    assert gone.out.endswith("\nThe files are not kept any more: only this record of them stays.\n")
    assert [each["download_url"] for each in document["segments"]] == [None] * 3


async def test_a_manifest_is_printed_or_saved_byte_for_byte(
    service: Service, cli: Cli, tmp_path: Path
) -> None:
    service.manifest = '{\n  "title": "Größe \x85\u2028 \\u00e9"\n}\n'
    job_id = create(service)
    await cli("jobs", "watch", job_id)

    printed = await cli("jobs", "manifest", job_id)
    saved = await cli("jobs", "manifest", job_id, "-o", "manifest.json")

    assert printed.out == service.manifest
    assert saved.out == "manifest.json\n"
    assert (tmp_path / "manifest.json").read_bytes() == service.manifest.encode()


async def test_a_job_that_is_not_completed_has_no_manifest(service: Service, cli: Cli) -> None:
    service.faults.finish.clear()

    result = await cli("jobs", "manifest", create(service))

    assert (result.code, result.out) == (1, "")
    assert "only completed jobs have one" in result.err


async def test_watching_prints_every_event_as_a_line_of_json(service: Service, cli: Cli) -> None:
    result = await cli("jobs", "watch", create(service), "--json", "--after", "2")

    events = [json.loads(line) for line in result.out.splitlines()]
    assert [event["sequence"] for event in events] == [3, 4, 5, 6]
    assert events[-1]["state"] == "completed"
    assert [event["progress"]["segments_done"] for event in events] == [0, 1, 2, 3]
    assert {event["progress"]["segments_total"] for event in events} == {3}


async def test_watching_a_job_that_fails_is_code_3(service: Service, cli: Cli) -> None:
    service.failure = CorruptFile("frame 7 ends early")

    result = await cli("jobs", "watch", create(service))

    assert result.code == 3
    assert "frame 7 ends early" in result.err


async def test_a_job_is_cancelled_and_deleted(service: Service, cli: Cli) -> None:
    service.faults.finish.clear()
    job_id = create(service)

    cancelled = await cli("jobs", "cancel", job_id)
    state = service.jobs[job_id].split.state
    deleted = await cli("jobs", "delete", job_id)

    assert (cancelled.code, cancelled.err) == (0, "Job job1 is cancelled.\n")
    assert state == Split.STATE_CANCELLED
    assert (deleted.code, deleted.err) == (0, "Job job1 is deleted.\n")
    assert service.jobs == {}


@pytest.mark.parametrize("command", ["show", "manifest", "watch", "cancel", "delete"])
async def test_a_missing_job_is_code_4(cli: Cli, command: str) -> None:
    result = await cli("jobs", command, "nope")

    assert (result.code, result.out, result.err) == (4, "", "Error: Job nope not found\n")


async def test_a_wrong_key_is_code_5(cli: Cli) -> None:
    result = await cli("jobs", "list", "--api-key", "wrong")

    assert result.code == 5
    assert "--api-key or in ZEROKERF_API_KEY" in result.err
    assert result.err.count("\n") == 1


async def test_a_key_that_no_header_can_carry_is_code_5(cli: Cli) -> None:
    assert (
        await cli("jobs", "list", "--api-key", "schl\N{LATIN SMALL LETTER U WITH DIAERESIS}ssel\n1")
    ).code == 5


async def test_nobody_listening_is_code_6(cli: Cli, unused_tcp_port: int) -> None:
    result = await cli("jobs", "list", "--server", f"127.0.0.1:{unused_tcp_port}")

    assert result.code == 6
    assert f"No answer from 127.0.0.1:{unused_tcp_port}; 'zerokerf serve'" in result.err


async def test_a_missing_certificate_file_is_one_sentence(cli: Cli) -> None:
    result = await cli("jobs", "list", "--ca-file", "none.pem")

    assert (result.code, result.err) == (1, "Error: none.pem: No such file or directory.\n")


async def test_names_from_strangers_cannot_command_the_terminal(service: Service, cli: Cli) -> None:
    service.faults.finish.clear()
    job_id = create(service)
    service.jobs[job_id].split.source.file_name = "\x1b]0;owned\x07[bold]x"

    result = await cli("jobs", "list")

    assert "\x1b" not in result.out
    assert "[bold]x" in result.out
