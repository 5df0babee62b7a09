"""The argument that names a recording to be sent, or its address."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from zerokerf.cli.running import usage_error

Typed = Annotated[str, typer.Argument(metavar="FILE|URL", help="A recording to upload, or its address.")]


@dataclass(frozen=True, slots=True)
class Source:
    """A recording as typed: of this machine unless it begins as an address does."""

    typed: str

    @property
    def url(self) -> str | None:
        return self.typed if self.typed.lower().startswith(("http://", "https://")) else None

    @property
    def file(self) -> Path | None:
        return None if self.url else Path(self.typed)

    def check(self, schemes: str) -> None:
        """Raises typer.Exit for a file that is not there, saying how an address would begin."""
        if self.file and not self.file.is_file():
            raise usage_error(f"There is no file {self.typed!r}; an address begins with {schemes}.")
