"""Commands on the service's own records: every setting of it is a flag beside their own options."""

from collections.abc import Container, Sequence
from itertools import islice
from typing import Any

from typer.core import TyperCommand


class SettingsCommand(TyperCommand):
    """What is no option of its own is left to be read as a setting, wherever it stands."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401 - the framework keeps its type
        own = {name for each in self.get_params(ctx) for name in (*each.opts, *each.secondary_opts)}
        mine, settings = apart(args, own)
        rest: list[str] = super().parse_args(ctx, mine)
        ctx.args = settings
        return rest


def apart(arguments: Sequence[str], own: Container[str]) -> tuple[list[str], list[str]]:
    """The arguments of a command, and those that are settings with their values."""
    mine: list[str] = []
    settings: list[str] = []
    rest = iter(arguments)
    for argument in rest:
        name, equals, _ = argument.partition("=")
        if argument == "--":
            mine += [argument, *rest]
        elif argument.startswith("--") and name not in own:
            settings += [argument, *islice(rest, 0 if equals else 1)]
        else:
            mine.append(argument)
    return mine, settings
