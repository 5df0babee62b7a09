"""The folder that a cut is made into: it gets all of its files, or none."""

import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from zerokerf.cli.running import usage_error
from zerokerf.errors import TargetExists, TargetIsSource


@dataclass(frozen=True, slots=True)
class TargetFolder:
    """`scratch` lies in it, so that files move without being copied. With `force` they replace others."""

    path: Path
    scratch: Path
    source: Path | None
    force: bool

    def refuse(self, name: str) -> None:
        """Raises TargetExists if a file of this name cannot come here. The source is never replaced."""
        path = self.path / name
        if not os.path.lexists(path):
            return
        if self.source is not None and path.exists() and path.samefile(self.source):
            raise TargetIsSource(str(path))
        if not self.force:
            raise TargetExists(str(path))

    def publish(self, files: Sequence[tuple[Path, str]]) -> list[Path]:
        """Blocking. Under these names, each in one step. Should one fail, the others go as well."""
        published: list[Path] = []
        for _, name in files:
            self.refuse(name)
        try:
            for path, name in files:
                target = self.path / name
                self._take(target)
                published.append(target)
                path.replace(target)
        except BaseException:
            for target in published:
                target.unlink(missing_ok=True)
            raise
        return published

    def _take(self, target: Path) -> None:
        """Nobody else can have the name from now on."""
        try:
            target.touch(exist_ok=self.force)
        except FileExistsError as error:
            raise TargetExists(str(target)) from error


@contextmanager
def open_target(path: Path, source: Path | None, *, force: bool) -> Iterator[TargetFolder]:
    """Folders that had to be made and stay empty are removed again. Leave when nobody writes any more."""
    missing = [each for each in (path, *path.parents) if not each.exists()]
    try:
        path.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=".zerokerf-", dir=path)).absolute()
    except OSError as error:
        raise usage_error(f"The folder {str(path)!r} cannot be used: {error.strerror}.") from error
    try:
        yield TargetFolder(path, scratch, source, force)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
        for each in missing:
            with suppress(OSError):
                each.rmdir()
