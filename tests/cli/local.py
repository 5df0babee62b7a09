"""Runs commands that need no service, in this process, and looks at what they leave behind."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from tests.corpus.decoders import decoded_samples
from zerokerf.cli.main import app


@dataclass(frozen=True, slots=True)
class Ran:
    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.out)
        return document


def zerokerf(*arguments: str | Path) -> Ran:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Ran(result.exit_code, result.stdout, result.stderr)


def cut(*arguments: str | Path) -> dict[str, Any]:
    """What a successful cut says of itself."""
    ran = zerokerf("cut", *arguments, "--json")
    assert ran.code == 0, ran.err
    return ran.document


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def assert_whole(document: dict[str, Any]) -> None:
    """Every file decodes, alone, to its part of the source, and together they are the source."""
    position = 0
    rate, output_rate = document["source"]["sample_rate_hz"], None
    for segment in document["segments"]:
        assert segment["first_sample"] == position
        position += segment["sample_count"]
        heard = decoded_samples(Path(segment["path"]))
        if document["output_format"] == "opus":
            output_rate = 48_000
        expected = segment["sample_count"] + segment["overlap_samples"] + segment["excess_samples"]
        if output_rate is None or output_rate == rate:
            assert heard == expected
        else:
            assert abs(heard - expected * output_rate / rate) <= 1
    assert position == document["source"]["sample_count"]
