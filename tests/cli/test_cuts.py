"""Where `zerokerf split` is told to cut, what it sends, and what it says of the cuts made."""

import json
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict

from tests.cli.conftest import Cli
from tests.client.state import SAMPLE_RATE, Service
from zerokerf.cli.splits.cuts import read_sheet, with_pause
from zerokerf.v1.split_pb2 import Segment

URL = "https://example.org/talk.wav"
SHEET = 'FILE "talk.wav" WAVE\n  TRACK 01 AUDIO\n    TITLE "Größe"\n    INDEX 01 00:00:00\n'


@pytest.mark.parametrize(
    ("arguments", "mode", "options"),
    [
        (["--parts", "12"], {"parts": {"count": 12}}, {}),
        (["--at", "1:02,5:30.5"], {"timestamps": {"positions": ["62s", "330.500s"]}}, {}),
        (["--chapters", "--overlap", "1s"], {"chapters": {}}, {"overlap": "1s"}),
        (["--silence"], {"silence": {"minSilence": "0.500s"}}, {}),
        (
            ["--silence", "250ms", "--min-length", "1m", "--max-length", "10m"],
            {"silence": {"minSilence": "0.250s", "minSegment": "60s", "maxSegment": "600s"}},
            {},
        ),
        (
            ["--every", "10m", "--snap", "5s", "--min-tail", "10s"],
            {"duration": {"segmentDuration": "600s"}},
            {"snapToSilence": "5s", "minTail": "10s"},
        ),
    ],
    ids=" ".join,
)
async def test_what_is_typed_is_what_is_sent(
    service: Service, cli: Cli, arguments: list[str], mode: dict[str, Any], options: dict[str, Any]
) -> None:
    result = await cli("split", URL, *arguments, "-q")

    assert result.code == 0, result.err
    (request, _), *_ = service.requests.values()
    assert MessageToDict(request.mode) == mode
    assert MessageToDict(request.options) == options


async def test_a_cue_sheet_is_sent_as_text(service: Service, cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "talk.cue").write_text(SHEET, encoding="utf-8-sig")

    assert (await cli("split", URL, "--cue", "talk.cue", "-q")).code == 0

    (request, _), *_ = service.requests.values()
    assert request.mode.cue.sheet == SHEET


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_sheets_are_read_as_they_are_written_in_the_wild(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "talk.cue"
    path.write_bytes(SHEET.encode(encoding))

    assert read_sheet(path) == SHEET


def test_what_is_too_long_for_a_sheet_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "talk.wav"
    path.write_bytes(b"a" * 65_537)

    with pytest.raises(ValueError, match="longer than 65536 bytes"):
        read_sheet(path)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (["a.wav", "--silence"], ["a.wav", "--silence=0.5s"]),
        (["--silence", "a.wav"], ["--silence=0.5s", "a.wav"]),
        (["--silence", "-q", "a.wav"], ["--silence=0.5s", "-q", "a.wav"]),
        (["--silence", "1s", "a.wav"], ["--silence", "1s", "a.wav"]),
        (["--silence=1s", "a.wav"], ["--silence=1s", "a.wav"]),
        (["--", "--silence"], ["--", "--silence"]),
    ],
    ids=str,
)
def test_the_length_of_a_pause_can_be_left_out(typed: list[str], meant: list[str]) -> None:
    assert with_pause(typed) == meant


async def test_the_table_says_why_and_what_when_there_is_something_to_say(service: Service, cli: Cli) -> None:
    service.said = [
        Segment(reason="silence", shifted_samples=-SAMPLE_RATE // 4, title="Welcome \x1b[2J"),
        Segment(reason="chapter", title="Questions"),
        Segment(reason="end"),
    ]

    result = await cli("split", URL, "--chapters", "--snap", "5s")

    header, first, second, third = result.out.splitlines()[:4]
    assert header.split() == ["#", "start", "duration", "size", "sha256", "file", "cut", "title"]
    assert first.rstrip().endswith("silence -0:00:00.250  Welcome \N{REPLACEMENT CHARACTER}[2J")
    assert second.split()[-2:] == ["chapter", "Questions"]
    assert third.split()[-1] == "end"


async def test_the_table_says_nothing_that_everybody_knows(service: Service, cli: Cli) -> None:
    service.said = [Segment(reason="duration"), Segment(reason="duration"), Segment(reason="end")]

    result = await cli("split", URL, "--every", "10m")

    assert result.out.splitlines()[0].split() == ["#", "start", "duration", "size", "sha256", "file"]


@pytest.mark.parametrize(
    ("arguments", "mode", "words"),
    [
        (["--parts", "3"], {"parts": 3}, "into equal parts: 3"),
        (["--at", "1:02,5:30.5"], {"at_s": [62, 330.5]}, "at given positions: 2"),
        (["--chapters"], {"chapters": True}, "at its chapters"),
        (
            ["--silence", "1s", "--max-length", "10m"],
            {"silence_s": 1, "min_length_s": 0, "max_length_s": 600},
            "in pauses of at least 0:00:01",
        ),
    ],
    ids=lambda value: str(value)[:30],
)
async def test_jobs_say_how_they_were_cut(
    cli: Cli, arguments: list[str], mode: dict[str, Any], words: str
) -> None:
    asked = await cli("split", URL, *arguments, "--overlap", "1.5s", "--json")

    document = json.loads(asked.out)
    assert document["mode"] == mode
    assert document["options"] == {"snap_s": None, "overlap_s": 1.5, "min_tail_s": 0}
    shown = await cli("jobs", "show", document["id"])
    assert f"Cut {words}, overlapping by 0:00:01.500, created" in shown.out


async def test_json_has_the_facts_of_each_cut(service: Service, cli: Cli) -> None:
    service.said = [Segment(reason="quietest", shifted_samples=-7), Segment(overlap_samples=5, title="Two")]

    result = await cli("split", URL, "--chapters", "--json")

    first, second, _ = json.loads(result.out)["segments"]
    assert (first["reason"], first["shifted_samples"], first["title"]) == ("quietest", -7, None)
    assert (second["reason"], second["overlap_samples"], second["title"]) == (None, 5, "Two")
