"""`zerokerf transcripts` and `zerokerf models`."""

import asyncio
import json
from pathlib import Path

import pytest

from tests.cli.conftest import Cli
from tests.client.state import Service
from zerokerf.errors import CorruptFile
from zerokerf.v1.batch_pb2 import BatchJob
from zerokerf.v1.batch_service_pb2 import CreateBatchJobRequest


def create(service: Service, file_name: str = "talk.wav") -> str:
    """A job at work."""
    jobs = service.transcription
    work = jobs.add(CreateBatchJobRequest(), file_name)
    service.own(asyncio.create_task(jobs.run(work, service.faults.finish)))
    return work.job.id


async def done(service: Service, cli: Cli, file_name: str = "talk.wav") -> str:
    job_id = create(service, file_name)
    assert (await cli("transcripts", "watch", job_id)).code == 0
    return job_id


async def test_jobs_are_listed_newest_first(service: Service, cli: Cli) -> None:
    for _ in range(3):
        create(service)

    table = await cli("transcripts", "list")
    ids = await cli("transcripts", "list", "-q", "--limit", "2")
    document = json.loads((await cli("transcripts", "list", "--json")).out)

    rows = [line.split() for line in table.out.splitlines()]
    assert rows[0] == ["id", "state", "%", "source", "length", "created"]
    assert [row[0] for row in rows[1:]] == ["call3", "call2", "call1"]
    assert ids.out == "call3\ncall2\n"
    assert [job["id"] for job in document["jobs"]] == ["call3", "call2", "call1"]


async def test_jobs_can_be_listed_by_state(service: Service, cli: Cli) -> None:
    await done(service, cli)
    service.faults.finish.clear()
    create(service)

    assert (await cli("transcripts", "list", "-q", "--state", "done")).out == "call1\n"
    assert (await cli("transcripts", "list", "--state", "completed")).code == 2


async def test_a_job_is_shown(service: Service, cli: Cli) -> None:
    job_id = await done(service, cli)

    result = await cli("transcripts", "show", job_id)

    assert result.out.startswith("call1: done, 100%\nTranscribed by tiny, ")
    assert result.out.endswith("6 words (en) in 0:01:00.\n")
    assert json.loads((await cli("transcripts", "show", job_id, "--json")).out)["id"] == job_id


async def test_links_to_every_file_are_printed(service: Service, cli: Cli) -> None:
    job_id = await done(service, cli)

    result = await cli("transcripts", "files", job_id)
    document = json.loads((await cli("transcripts", "files", job_id, "--json")).out)

    rows = [line.split() for line in result.out.splitlines()]
    assert [row[0] for row in rows] == ["recording", "json", "txt", "srt", "vtt"]
    assert rows[-1][1] == f"{service.files.base_url}/call1.vtt"
    assert [file["format"] for file in document["outputs"]] == ["json", "txt", "srt", "vtt"]


async def test_a_transcript_is_printed_or_saved_under_the_name_of_its_recording(
    service: Service, cli: Cli, tmp_path: Path
) -> None:
    job_id = await done(service, cli, "../../My talk.mp3")

    printed = await cli("transcripts", "get", job_id, "--format", "vtt")
    saved = await cli("transcripts", "get", job_id, "--format", "txt,srt", "-o", "out")
    again = await cli("transcripts", "get", job_id, "--format", "json,srt", "-o", "out")

    assert printed.out.encode() == service.transcription.texts["vtt"]
    assert saved.out == "out/My talk.txt\nout/My talk.srt\n"
    assert (again.code, again.out) == (1, "")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["My talk.srt", "My talk.txt"]


async def test_a_job_that_is_not_done_has_no_text(service: Service, cli: Cli) -> None:
    service.faults.finish.clear()

    result = await cli("transcripts", "get", create(service))

    assert (result.code, result.out) == (1, "")
    assert result.err == "Error: Job call1 has no txt transcript: only jobs that are done have one.\n"


async def test_what_is_not_kept_any_more_is_said_to_be_gone(service: Service, cli: Cli) -> None:
    job_id = await done(service, cli)
    service.transcription.jobs[job_id].job.expire_time.FromJsonString("2026-01-03T03:04:05Z")

    shown = await cli("transcripts", "show", job_id)
    text = await cli("transcripts", "get", job_id)
    files = await cli("transcripts", "files", job_id, "--json")

    gone = "The files are not kept any more, since 2026-01-03 03:04:05Z: only this record stays.\n"
    assert shown.out.endswith(gone)
    assert (text.code, text.out) == (1, "")
    assert text.err.startswith("Error: The txt transcript of job call1 is not kept any more")
    assert (files.err, json.loads(files.out)) == (gone, {"inputs": [], "outputs": []})


async def test_watching_prints_every_event_as_a_line_of_json(service: Service, cli: Cli) -> None:
    result = await cli("transcripts", "watch", create(service), "--json", "--after", "2")

    events = [json.loads(line) for line in result.out.splitlines()]
    assert [event["sequence"] for event in events] == [3, 4, 5, 6]
    assert events[1]["progress"]["audio_done_s"] == 20
    assert [event["progress"]["chunks_done"] for event in events] == [0, 1, 2, 3]
    assert {event["progress"]["chunks_total"] for event in events} == {3}
    assert events[-1]["state"] == "done"


async def test_watching_a_job_that_fails_is_code_3(service: Service, cli: Cli) -> None:
    service.transcription.failure = CorruptFile("frame 7 ends early")

    result = await cli("transcripts", "watch", create(service))

    assert result.code == 3
    assert "frame 7 ends early" in result.err


async def test_a_job_is_cancelled_and_deleted(service: Service, cli: Cli) -> None:
    service.faults.finish.clear()
    job_id = create(service)

    early = await cli("transcripts", "delete", job_id)
    cancelled = await cli("transcripts", "cancel", job_id)
    deleted = await cli("transcripts", "delete", job_id)

    assert early.code == 1
    assert (cancelled.code, cancelled.err) == (0, "Job call1 is cancelled.\n")
    assert (deleted.code, deleted.err) == (0, "Job call1 is deleted.\n")
    assert service.transcription.jobs[job_id].job.state == BatchJob.STATE_DELETED


@pytest.mark.parametrize("command", ["show", "files", "get", "watch", "cancel", "delete"])
async def test_a_missing_job_is_code_4(cli: Cli, command: str) -> None:
    result = await cli("transcripts", command, "nope")

    assert (result.code, result.out, result.err) == (4, "", "Error: Job nope not found\n")


async def test_names_from_strangers_cannot_command_the_terminal(service: Service, cli: Cli) -> None:
    create(service, "\x1b]0;owned\x07[bold]x")

    result = await cli("transcripts", "list")

    assert "\x1b" not in result.out
    assert "[bold]x" in result.out


async def test_models_are_listed_with_their_languages(cli: Cli) -> None:
    table = await cli("models")
    document = json.loads((await cli("models", "--json")).out)

    assert [line.split() for line in table.out.splitlines()][1] == ["tiny", "zerokerf/tiny", "en", "default"]
    assert [model["languages"] for model in document["models"]] == [["en"], ["de", "en"]]
