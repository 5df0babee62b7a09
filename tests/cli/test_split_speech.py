"""`zerokerf split --transcribe`: what it asks for, and what cannot be meant."""

import pytest

from tests.cli.conftest import Cli
from tests.client.state import Service
from zerokerf.batch_requests import speech_fields
from zerokerf.cli.splits.segment_speech import with_formats
from zerokerf.v1.split_pb2 import Transcribe

URL = "https://example.org/talk.wav"


async def asked(service: Service, cli: Cli, *options: str) -> Transcribe | None:
    result = await cli("split", URL, "--every", "10m", *options)
    assert result.code == 0, result.err
    (request, _), *_ = service.requests.values()
    return request.transcribe if request.HasField("transcribe") else None


async def test_nothing_is_transcribed_unless_it_is_asked_for(service: Service, cli: Cli) -> None:
    assert await asked(service, cli) is None


async def test_every_option_of_speech_reaches_the_service(service: Service, cli: Cli) -> None:
    options = ["--language", "de", "--model", "ours/large", "--enhanced", "--channels-apart"]

    wish = await asked(
        service,
        cli,
        "--transcribe",
        "srt",
        *options,
        "--vocab",
        "Größe",
        "--line-length",
        "40",
        "--lines",
        "1",
    )

    assert wish == Transcribe(
        **speech_fields(
            language="de",
            model="ours/large",
            operating_point="enhanced",
            diarization="channel",
            vocabulary=["Größe"],
            line_length=40,
            lines=1,
        )
    )


@pytest.mark.parametrize(
    ("typed", "spelled"),
    [
        (["a.wav", "--transcribe"], ["a.wav", "--transcribe=txt,srt"]),
        (["--transcribe", "a.wav"], ["--transcribe=txt,srt", "a.wav"]),
        (["--transcribe", "srt", "a.wav"], ["--transcribe", "srt", "a.wav"]),
        (["--transcribe", "SRT,vtt", "a.wav"], ["--transcribe", "SRT,vtt", "a.wav"]),
        (["--transcribe=json", "a.wav"], ["--transcribe=json", "a.wav"]),
        (["--", "--transcribe"], ["--", "--transcribe"]),
    ],
    ids=" ".join,
)
def test_formats_may_be_left_out(typed: list[str], spelled: list[str]) -> None:
    assert with_formats(typed) == spelled


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--transcribe=docx"], "--transcribe 'docx' is not possible; use txt, srt, vtt, json."),
        (["--language", "de"], "Options of speech go with --transcribe."),
        (["--lines", "0"], "Options of speech go with --transcribe."),
        (["--transcribe", "--plan"], "--plan makes no job"),
    ],
    ids=["format", "language", "lines", "plan"],
)
async def test_what_cannot_be_meant_is_said_at_once(cli: Cli, options: list[str], sentence: str) -> None:
    result = await cli("split", URL, "--every", "10m", *options)

    assert result.code == 2
    assert sentence in " ".join(result.err.split())
