"""Commands that take options by the group: a parameter that is a dataclass stands for an option a field."""

from collections.abc import Callable, Iterator
from dataclasses import MISSING, fields, is_dataclass
from functools import wraps
from inspect import Parameter, Signature, signature
from typing import Any, get_type_hints

Command = Callable[..., None]


def grouped(command: Command) -> Command:
    """The command as the framework reads it: options one by one, in the order of parameters and fields."""
    parameters = signature(command).parameters.values()
    groups: dict[str, Any] = {each.name: each.annotation for each in parameters if _is_group(each)}

    @wraps(command)
    def spread(**typed: Any) -> None:  # noqa: ANN401 - as many types as there are options
        made = {
            name: group(**{field.name: typed.pop(field.name) for field in fields(group)})
            for name, group in groups.items()
        }
        command(**typed, **made)

    options = [option for each in parameters for option in _options(each)]
    spread.__signature__ = Signature(options)  # type: ignore[attr-defined]  # any function may have one
    return spread


def _is_group(parameter: Parameter) -> bool:
    return is_dataclass(parameter.annotation)


def _options(parameter: Parameter) -> Iterator[Parameter]:
    if not _is_group(parameter):
        yield parameter
        return
    hints = get_type_hints(parameter.annotation, include_extras=True)
    for field in fields(parameter.annotation):
        default = Parameter.empty if field.default is MISSING else field.default
        yield Parameter(field.name, Parameter.KEYWORD_ONLY, default=default, annotation=hints[field.name])
