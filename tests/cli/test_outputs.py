"""What `zerokerf split` is told that segments are to be: what it sends, and what is said of it later."""

import json
from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict

from tests.cli.conftest import Cli
from tests.client.state import Service

URL = "https://example.org/talk.wav"


@pytest.mark.parametrize(
    ("arguments", "sent"),
    [
        ([], {"verification": "VERIFICATION_EDGES"}),
        (
            ["--to", "mp3", "--bit-rate", "64k", "--sample-rate", "44.1k", "--channels", "1"],
            {"encoding": {"bitRate": 64_000, "sampleRate": 44_100, "channels": 1}},
        ),
        (["--to", "OGG", "--quality", "-0.5"], {"encoding": {"quality": -0.5}}),
        (
            ["--to", "flac", "--bit-depth", "16", "--quality", "0"],
            {"encoding": {"bitDepth": 16, "quality": 0}},
        ),
        (["--tags", "none"], {"tags": {"policy": "POLICY_NONE"}}),
        (["--tags", "copy", "--verify", "edges"], {}),
        (["--title", "{title} {n:02}"], {"tags": {"title": "{title} {n:02}"}}),
        (["--verify", "full", "--strict"], {"verification": "VERIFICATION_FULL", "strict": True}),
    ],
    ids=" ".join,
)
async def test_what_is_typed_is_what_is_sent(
    service: Service, cli: Cli, arguments: list[str], sent: dict[str, Any]
) -> None:
    result = await cli("split", URL, "--parts", "3", "-q", *arguments)

    assert result.code == 0, result.err
    (request, _), *_ = service.requests.values()
    kept = ("encoding", "tags", "verification", "strict")
    given = {name: value for name, value in MessageToDict(request).items() if name in kept}
    assert given == {"verification": "VERIFICATION_EDGES"} | sent


async def test_jobs_say_what_their_segments_were_asked_to_be(cli: Cli) -> None:
    wish = ["--to", "mp3", "--bit-rate", "64k", "--channels", "1", "--title", "{n}", "--verify", "full"]
    asked = await cli("split", URL, "--parts", "3", *wish, "--strict", "--json")

    document = json.loads(asked.out)
    shown = await cli("jobs", "show", document["id"])

    assert document["encoding"] == {
        "bit_rate": 64_000,
        "quality": None,
        "sample_rate_hz": None,
        "channels": 1,
        "bit_depth": None,
    }
    outputs = [document[name] for name in ("tags", "title", "verification", "strict")]
    assert outputs == ["copy", "{n}", "full", True]
    words = "64000 bit/s, 1 channels, titled '{n}', fully verified, only of a whole source"
    assert f"\nSegments {words}\n" in shown.out


async def test_jobs_say_nothing_of_what_is_usual(cli: Cli) -> None:
    asked = await cli("split", URL, "--parts", "3", "--json")

    shown = await cli("jobs", "show", json.loads(asked.out)["id"])

    assert "\nSegments " not in shown.out
