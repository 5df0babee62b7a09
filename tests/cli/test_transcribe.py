"""`zerokerf transcribe`: what it sends, prints, saves and returns."""

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
from zerokerf.v1.batch_pb2 import BatchJob, TranscriptionConfig
from zerokerf.v1.batch_service_pb2 import CreateBatchJobRequest
from zerokerf.v1.priority_pb2 import PRIORITY_BULK

URL = "https://example.org/shows/My%20talk.mp3?key=1"


@pytest.fixture
def talk(tmp_path: Path) -> Path:
    path = tmp_path / "talk.wav"
    path.write_bytes(os.urandom(2**20 + 3))
    return path


def asked(service: Service) -> CreateBatchJobRequest:
    ((request, _),) = service.transcription.requests.values()
    return request


async def test_a_file_is_uploaded_and_its_text_printed_byte_for_byte(
    service: Service, cli: Cli, talk: Path
) -> None:
    result = await cli("transcribe", "talk.wav")

    assert result.code == 0
    assert service.contents[asked(service).source.upload_id] == talk.read_bytes()
    assert result.out.encode() == service.transcription.texts["txt"]
    assert result.err.endswith("6 words (en) in 0:01:00.\n")


@pytest.mark.parametrize("name", ["srt", "vtt", "json", "TXT"])
async def test_one_format_is_printed(service: Service, cli: Cli, name: str) -> None:
    result = await cli("transcribe", URL, "-q", "--format", name)

    assert (result.code, result.err) == (0, "")
    assert result.out.encode() == service.transcription.texts[name.lower()]


async def test_all_formats_are_saved_under_the_name_of_the_recording(
    service: Service, cli: Cli, talk: Path, tmp_path: Path
) -> None:
    result = await cli("transcribe", "talk.wav", "--format", "srt,vtt", "--format", "json", "-o", "deep/out")

    assert result.code == 0
    assert result.out.splitlines() == ["deep/out/talk.srt", "deep/out/talk.vtt", "deep/out/talk.json"]
    saved = {path.name: path.read_bytes() for path in (tmp_path / "deep/out").iterdir()}
    assert saved == {f"talk.{name}": service.transcription.texts[name] for name in ("srt", "vtt", "json")}


async def test_an_address_names_the_files_too(cli: Cli, tmp_path: Path) -> None:
    result = await cli("transcribe", URL, "-q", "-o", "out")

    assert (result.code, result.out, result.err) == (0, "out/My talk.txt\n", "")


async def test_what_is_asked_for_is_passed_on(service: Service, cli: Cli) -> None:
    options = ("--language", "en", "--model", "big", "--enhanced", "--channels", "--vocab", "kerf")
    webhook = ("--webhook-url", "https://hooks.example.com/a")

    await cli(
        "transcribe", URL, *options, "--vocab", "two words", "--line-length", "32", "--lines", "1", *webhook
    )

    request = asked(service)
    config, overrides = request.transcription_config, request.output_config.srt_overrides
    assert (request.source.url, request.model_code, config.language) == (URL, "big", "en")
    assert request.webhook_url == "https://hooks.example.com/a"
    assert config.operating_point == TranscriptionConfig.OPERATING_POINT_ENHANCED
    assert config.diarization == TranscriptionConfig.DIARIZATION_CHANNEL
    assert [entry.content for entry in config.additional_vocab] == ["kerf", "two words"]
    assert (overrides.max_line_length, overrides.max_lines) == (32, 1)


async def test_a_job_that_nobody_waits_for_is_sent_and_shown_as_one(service: Service, cli: Cli) -> None:
    result = await cli("transcribe", URL, "--bulk", "--json", "-o", "out")

    assert asked(service).priority == PRIORITY_BULK
    assert json.loads(result.out)["priority"] == "bulk"
    assert (await cli("transcripts", "show", "call1")).out.splitlines()[1].endswith("Z, bulk")


async def test_without_a_terminal_progress_is_plain_lines_on_stderr(cli: Cli, talk: Path) -> None:
    result = await cli("transcribe", "talk.wav")

    assert "100% uploading, 1.0 MB of 1.0 MB" in result.err
    assert " 10% preparing" in result.err
    assert " 20% transcribing, 0:00:00 of 0:01:00, 0 of 3 chunks" in result.err
    assert "100% done\n" in result.err
    assert "\x1b" not in result.err


async def test_a_file_in_the_way_is_kept_and_nothing_is_sent(
    service: Service, cli: Cli, talk: Path, tmp_path: Path
) -> None:
    (tmp_path / "talk.srt").write_text("precious")

    refused = await cli("transcribe", "talk.wav", "--format", "txt,srt", "-o", ".")
    calls, names = list(service.calls), sorted(path.name for path in tmp_path.iterdir())
    forced = await cli("transcribe", "talk.wav", "--format", "srt", "-o", ".", "--force")

    assert (refused.code, calls, names) == (1, [], ["talk.srt", "talk.wav"])
    assert "talk.srt exists already" in refused.err
    assert forced.code == 0
    assert (tmp_path / "talk.srt").read_bytes() == service.transcription.texts["srt"]


async def test_the_recording_itself_is_never_replaced(service: Service, cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "talk.txt").write_bytes(b"speech, whatever it is called")

    result = await cli("transcribe", "talk.txt", "-o", ".", "--force")

    assert (result.code, service.calls) == (1, [])
    assert (tmp_path / "talk.txt").read_bytes() == b"speech, whatever it is called"


async def test_json_is_one_document_about_the_job(service: Service, cli: Cli, talk: Path) -> None:
    plain = json.loads((await cli("transcribe", "talk.wav", "--json", "--channels")).out)
    saved = json.loads((await cli("transcribe", "talk.wav", "--json", "-o", "out")).out)

    assert (plain["state"], plain["word_count"], plain["language"]) == ("done", 6, "en")
    assert plain["transcription_config"]["diarization"] == "channel"
    assert [file["format"] for file in plain["files"]] == ["json", "txt", "srt", "vtt"]
    assert plain["files"][1]["download_url"] == f"{service.files.base_url}/call1.txt"
    assert (plain["paths"], saved["paths"]) == ([], ["out/talk.txt"])


async def test_a_failed_job_is_code_3_with_its_reason_and_leaves_no_file(
    service: Service, cli: Cli, tmp_path: Path
) -> None:
    service.transcription.failure = CorruptFile("frame 7 ends early")

    plain = await cli("transcribe", URL, "-o", "out")
    as_json = await cli("transcribe", URL, "--json")

    assert (plain.code, plain.out, as_json.code) == (3, "", 3)
    assert "CORRUPT_FILE: The source could not be decoded: frame 7 ends early" in plain.err
    assert json.loads(as_json.out)["error"]["reason"] == "CORRUPT_FILE"
    assert list(tmp_path.iterdir()) == []


async def test_a_transcript_that_cannot_be_fetched_is_told_how_to_get(
    service: Service, cli: Cli, tmp_path: Path
) -> None:
    service.files.statuses.extend([404])

    result = await cli("transcribe", URL, "--format", "txt,srt", "-o", "out")

    assert result.code == 1
    assert "zerokerf transcripts get call1" in result.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["none.wav"], "There is no file 'none.wav'"),
        ([URL, "--format", "doc"], "--format 'doc' is not possible; use one of txt, srt, vtt, json."),
        ([URL, "--format", "txt,srt"], "More than one format needs a folder"),
        ([URL, "--force"], "--force goes with --output only."),
        ([URL, "--language", "de"], "transcription_config.language: Model tiny cannot transcribe 'de'"),
        ([URL, "--lines", str(2**31)], "output_config.srt_overrides.max_lines: Must be at most"),
        ([URL, "-o", "/dev/null/x"], "The folder '/dev/null/x' cannot be used"),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_what_cannot_be_meant_is_code_2(cli: Cli, arguments: list[str], sentence: str) -> None:
    result = await cli("transcribe", *arguments)

    assert (result.code, result.out) == (2, "")
    assert sentence in result.err
    assert result.err.count("\n") == 1


async def test_interrupting_leaves_the_job_running_and_says_how_to_come_back(
    service: Service, start: Start, tmp_path: Path
) -> None:
    service.faults.finish.clear()
    process = await start("transcribe", URL, "-o", "out")
    err = await interrupt(process)

    assert process.returncode == 130
    assert b"zerokerf transcripts watch call1" in err
    assert b"zerokerf transcripts cancel call1" in err
    assert b"Traceback" not in err
    assert service.transcription.jobs["call1"].job.state == BatchJob.STATE_DECODING
    assert list(tmp_path.iterdir()) == []


async def test_on_a_terminal_there_is_a_bar_and_text_cannot_command_it(
    service: Service, start: Start
) -> None:
    service.faults.finish.clear()
    ours, theirs = pty.openpty()
    process = await start("transcribe", URL, stderr=theirs, stdout=theirs)
    os.close(theirs)
    shown = await asyncio.to_thread(read_until, ours, b"chunks")
    service.faults.finish.set()
    async with asyncio.timeout(120):
        rest = await asyncio.to_thread(read_until, ours, None)
        await process.wait()
    os.close(ours)

    assert process.returncode == 0
    assert "\N{BOX DRAWINGS HEAVY HORIZONTAL}".encode() in shown
    assert "Grüße \N{REPLACEMENT CHARACTER}[1m.".encode() in rest
