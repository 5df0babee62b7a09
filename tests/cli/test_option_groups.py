"""A dataclass among the parameters of a command is as many options as it has fields."""

from dataclasses import dataclass
from typing import Annotated

import pytest
import typer
from typer.testing import CliRunner

from zerokerf.cli.option_groups import grouped
from zerokerf.cli.terminal import put

RUNNER = CliRunner()


@dataclass(frozen=True, slots=True, kw_only=True)
class Colour:
    name: Annotated[str, typer.Option("--colour")] = "red"
    is_dark: Annotated[bool, typer.Option("--dark")] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    width: Annotated[int, typer.Option("--width", envvar="TEST_WIDTH")]


@grouped
def paint(thing: str, *, colour: Colour, loud: bool = False, size: Size) -> None:
    """Paint a thing."""
    put(f"{thing} {colour} {loud} {size}")


@pytest.fixture
def app() -> typer.Typer:
    app = typer.Typer()
    app.command()(paint)
    return app


def test_what_is_typed_arrives_in_its_group(app: typer.Typer) -> None:
    result = RUNNER.invoke(app, ["door", "--width", "3", "--dark", "--loud"])

    assert result.stdout == f"door {Colour(is_dark=True)} True {Size(width=3)}\n"


def test_a_field_without_a_default_is_required(app: typer.Typer) -> None:
    result = RUNNER.invoke(app, ["door"])

    assert result.exit_code == 2
    assert "--width" in result.stderr


def test_fields_keep_their_variables(app: typer.Typer) -> None:
    result = RUNNER.invoke(app, ["door"], env={"TEST_WIDTH": "4"})

    assert "Size(width=4)" in result.stdout


def test_help_names_options_in_the_order_of_groups_and_fields(app: typer.Typer) -> None:
    text = RUNNER.invoke(app, ["--help"]).stdout

    places = [text.index(each) for each in ("Paint a thing", "--colour", "--dark", "--loud", "--width")]
    assert places == sorted(places)


def test_two_options_of_one_name_are_refused_when_the_command_is_made() -> None:
    def twice(*, name: str, colour: Colour) -> None: ...

    with pytest.raises(ValueError, match="name"):
        grouped(twice)
