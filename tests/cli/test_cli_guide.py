"""The guide to the command line names every command and option that there is, and no other."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import typer

from server.settings import Settings
from tests.cli.conftest import ROOT
from zerokerf.cli.main import app

GUIDE = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
OPTION = re.compile(r"(?<![\w-])--?[a-z][a-z-]*")
LINE = re.compile(r"^zerokerf .*$", re.MULTILINE)


def commands() -> Mapping[str, Any]:
    """By the words that call them; groups left out."""
    return dict(_below("zerokerf", typer.main.get_command(app)))


def _below(words: str, command: Any) -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - the framework keeps its type
    below: Mapping[str, Any] = getattr(command, "commands", {})
    if not below:
        yield words, command
    for name, each in below.items():
        yield from _below(f"{words} {name}", each)


def options(command: Any) -> set[str]:  # noqa: ANN401 - the framework keeps its type
    return {name for each in command.params for name in each.opts if name.startswith("-")}


def test_every_command_stands_in_the_guide() -> None:
    assert [words for words in commands() if not re.search(rf"\b{words}\b", GUIDE)] == []


def test_every_option_stands_in_the_guide() -> None:
    named = set(OPTION.findall(GUIDE))

    assert {words: more for words, each in commands().items() if (more := options(each) - named)} == {}


def test_the_guide_names_no_option_that_there_is_not() -> None:
    settings = {f"--{name.replace('_', '-')}" for name in Settings.model_fields}
    known = settings.union(*map(options, commands().values()))

    assert {each for each in OPTION.findall(GUIDE) if each.startswith("--")} <= known | {"--help"}


def test_lines_of_the_guide_call_commands_that_there_are() -> None:
    known = sorted(commands(), key=len, reverse=True)

    assert [line for line in LINE.findall(GUIDE) if not line.startswith(tuple(known))] == []
