"""Reads the Dockerfile into its stages and their instructions."""

import re
import shlex
from dataclasses import dataclass, field

from tests.deploy.compose_file import ROOT

DOCKERFILE = ROOT / "Dockerfile"


@dataclass(frozen=True, slots=True)
class Stage:
    base: str
    name: str
    #: Instruction and its text, in order.
    steps: list[tuple[str, str]] = field(default_factory=list)

    def all(self, instruction: str) -> list[str]:
        return [text for name, text in self.steps if name == instruction]

    @property
    def environment(self) -> dict[str, str]:
        words = (word for text in self.all("ENV") for word in shlex.split(text))
        return {name: value for name, _, value in (word.partition("=") for word in words)}


def stages() -> list[Stage]:
    found: list[Stage] = []
    for instruction, text in instructions():
        if instruction == "FROM":
            base, _, name = text.partition(" AS ")
            found.append(Stage(base, name))
        elif found:
            found[-1].steps.append((instruction, text))
    return found


def instructions() -> list[tuple[str, str]]:
    joined = re.sub(r"\\\n\s*", "", DOCKERFILE.read_text(encoding="utf-8"))
    lines = [line for line in joined.splitlines() if line and not line.startswith("#")]
    return [(name, text) for name, _, text in (line.partition(" ") for line in lines)]
