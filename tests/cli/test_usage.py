"""What was typed and cannot be meant is refused with code 2, before anything is sent."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from zerokerf.cli.exit_codes import ExitCode, exit_code_of
from zerokerf.cli.main import app
from zerokerf.cli.operators.service import overrides
from zerokerf.errors import ConfigError, Kind, ZerokerfError

RUNNER = CliRunner()
URL = "https://example.org/a.mp3"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["split", URL], "with one of --every, --max-size, --parts, --at, --chapters, --cue, --silence"),
        (["split", URL, "--every", "10m", "--max-size", "5MB"], "with one of --every"),
        (["split", URL, "--chapters", "--silence"], "with one of --every"),
        (["split", URL, "--parts", "0"], "--parts"),
        (["split", URL, "--parts", "1.5"], "--parts"),
        (["split", URL, "--at", "1:02,"], "'' is not a duration"),
        (["split", URL, "--at", "1:02;5:30"], "'1:02;5:30' is not a duration"),
        (["split", URL, "--cue", "none.cue"], "The cue sheet 'none.cue' cannot be read"),
        (["split", URL, "--cue", "."], "The cue sheet '.' cannot be read"),
        (["split", URL, "--silence=soon"], "'soon' is not a duration"),
        (["split", URL, "--parts", "2", "--min-length", "5s"], "go with --silence"),
        (["split", URL, "--max-size", "5MB", "--overlap", "1s"], "do not go with --max-size"),
        (["split", URL, "--every", "soon"], "'soon' is not a duration"),
        (["split", URL, "--every", "-1"], "'-1' is not a duration"),
        (["split", URL, "--max-size", "big"], "'big' is not a size"),
        (["split", URL, "--every", "10m", "--to", "mp5"], "'mp5' is not a format; use one of mp3, wav"),
        (["split", URL, "--parts", "2", "--bit-rate", "loud"], "'loud' is not a rate; write it as 128k"),
        (["split", URL, "--parts", "2", "--bit-rate", "0"], "'0' is not a rate"),
        (["split", URL, "--parts", "2", "--to", "wav", "--bit-rate", "128k"], "--bit-rate: There is no bit"),
        (["split", URL, "--parts", "2", "--to", "mp3", "--quality", "11"], "--quality: The quality of mp3"),
        (["split", URL, "--parts", "2", "--channels", "0"], "--channels: No format has"),
        (["split", URL, "--parts", "2", "--bit-depth", "deep"], "--bit-depth"),
        (["split", URL, "--parts", "2", "--tags", "all"], "--tags 'all' is not possible; use one of copy"),
        (["split", URL, "--parts", "2", "--title", "{x}"], "--title: {x} is no field of a template"),
        (["split", URL, "--parts", "2", "--title", "{n}", "--tags", "none"], "--title does not go with"),
        (["split", URL, "--parts", "2", "--verify", "most"], "--verify 'most' is not possible; use one of"),
        (["split", URL, "--parts", "2", "--plan", "-o", "out"], "--plan makes no job"),
        (["split", URL, "--parts", "2", "--plan", "-q"], "--plan makes no job"),
        (["split", URL, "--parts", "2", "--plan", "--webhook-url", URL], "--plan makes no job"),
        (["split", "none.wav", "--every", "10m"], "There is no file 'none.wav'"),
        (["split", ".", "--every", "10m"], "There is no file '.'"),
        (["split", "ftp://example.org/a", "--every", "10m"], "begins with http:// or https://"),
        (["jobs", "list", "--state", "odd"], "'odd' is not a state; use one of queued"),
        (["jobs", "list", "--limit", "0"], "--limit"),
        (["serve", "--no-such-thing", "1"], "NO_SUCH_THING"),
        (["serve", "--grpc-address", "nonsense"], "GRPC_ADDRESS"),
        (["worker", "stray"], "'stray' is not a setting"),
        (["gateway", "--data-dir"], "--data-dir needs a value"),
        (["config", "--grpc-address", "nonsense"], "GRPC_ADDRESS"),
        (["nonsense"], "nonsense"),
    ],
)
def test_a_mistake_is_code_2_and_a_sentence(
    arguments: list[str], sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    result = RUNNER.invoke(app, arguments)

    assert result.exit_code == ExitCode.USAGE
    assert sentence in result.stderr
    assert result.stdout == ""


def test_settings_are_flags_of_the_same_names() -> None:
    flags = overrides(["--data-dir", "x", "--grpc-address=[::1]:1", "--fetch-allow", "-1", "--data-dir", "y"])

    assert flags == {"data_dir": "y", "grpc_address": "[::1]:1", "fetch_allow": "-1"}


def test_config_shows_values_sources_and_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZEROKERF_LOG_LEVEL", "warning")
    monkeypatch.setenv("ZEROKERF_BOOTSTRAP_API_KEY", "very-secret-bootstrap-key")

    result = RUNNER.invoke(app, ["config", "--data-dir", "elsewhere"])

    rows = [line.split() for line in result.stdout.splitlines()]
    assert ["data_dir", "elsewhere", "flag"] in rows
    assert ["log_level", "warning", "environment"] in rows
    assert "very-secret" not in result.stdout


def test_version_is_one_line() -> None:
    result = RUNNER.invoke(app, ["version"])

    assert result.exit_code == 0
    assert result.stdout.startswith("zerokerf ")


@pytest.mark.parametrize(
    "command",
    [
        [],
        ["split"],
        ["jobs"],
        ["jobs", "list"],
        ["jobs", "manifest"],
        ["serve"],
        ["worker"],
        ["config"],
        ["version"],
    ],
)
def test_every_command_has_help(command: list[str]) -> None:
    result = RUNNER.invoke(app, [*command, "--help"])

    assert result.exit_code == 0
    assert "Usage" in result.stdout


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_of_error_has_a_code(kind: Kind) -> None:
    error = ZerokerfError("Something.")
    error.kind = kind

    assert exit_code_of(error) in set(ExitCode) - {ExitCode.OK, ExitCode.JOB_FAILED, ExitCode.INTERRUPTED}
    assert exit_code_of(ConfigError("Wrong.")) is ExitCode.USAGE
