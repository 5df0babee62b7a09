"""Reads the compose file as the container engine's client does: variables put in, merge keys followed."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = ROOT / "docker-compose.yml"

_VARIABLE = re.compile(r"\$(?:(\$)|\{(\w+)(?:(:-|:\?)([^}]*))?\})")

Service = dict[str, Any]


class MissingVariable(Exception):
    """A variable without a default that the file insists on."""


def read_compose(variables: Mapping[str, str]) -> dict[str, Any]:
    """Raises MissingVariable, as the client refuses to start."""
    document: dict[str, Any] = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))
    filled: dict[str, Any] = _filled(document, variables)
    return filled


def services_of(variables: Mapping[str, str]) -> dict[str, Service]:
    services: dict[str, Service] = read_compose(variables)["services"]
    return services


def named_variables() -> dict[str, bool]:
    """Every variable that the file names, and whether it must be set."""
    found = _VARIABLE.findall(COMPOSE.read_text(encoding="utf-8"))
    return {name: operator == ":?" for _, name, operator, _ in found if name}


def read_env(path: Path) -> dict[str, str]:
    lines = (line for line in path.read_text(encoding="utf-8").splitlines() if line and line[0] != "#")
    return {name: value for name, _, value in (line.partition("=") for line in lines)}


def _filled(node: Any, variables: Mapping[str, str]) -> Any:  # noqa: ANN401 - whatever YAML holds
    if isinstance(node, dict):
        return {key: _filled(value, variables) for key, value in node.items()}
    if isinstance(node, list):
        return [_filled(value, variables) for value in node]
    return _VARIABLE.sub(lambda match: _value(match, variables), node) if isinstance(node, str) else node


def _value(match: re.Match[str], variables: Mapping[str, str]) -> str:
    escaped, name, operator, text = match.groups()
    if escaped:
        return "$"
    value = variables.get(name, "")
    if not value and operator == ":?":
        raise MissingVariable(name)
    return value or (text if operator == ":-" else "")
