"""How work on this machine looks: bars on a terminal, lines elsewhere, nothing when asked to be quiet."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TaskProgressColumn, TextColumn

from zerokerf.cli.terminal import console, say


class WorkView(Protocol):
    """Told of everything that moves. It may not wait."""

    def moved(self, step: str, done: int, total: int, facts: str) -> None:
        """A total of 0 is one that is not known."""
        ...


@contextmanager
def open_work_view(*, quiet: bool) -> Iterator[WorkView]:
    if quiet:
        yield QuietWorkView()
    elif sys.stderr.isatty():
        columns = (
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TextColumn("{task.fields[facts]}"),
        )
        with Progress(*columns, console=console(stderr=True), transient=True) as progress:
            yield BarWorkView(progress)
    else:
        yield LineWorkView()


class QuietWorkView:
    def moved(self, step: str, done: int, total: int, facts: str) -> None: ...


class LineWorkView:
    """A line for each step, and for every tenth of it."""

    def __init__(self) -> None:
        self._said: set[tuple[str, int]] = set()

    def moved(self, step: str, done: int, total: int, facts: str) -> None:
        percent = min(100, 100 * done // total) if total else 0
        if (step, percent // 10) not in self._said:
            self._said.add((step, percent // 10))
            share = f"{percent:3d}% " if total else ""
            say(f"{share}{step}{', ' if facts else ''}{facts}")


class BarWorkView:
    """One bar for each step, in place."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._tasks: dict[str, TaskID] = {}

    def moved(self, step: str, done: int, total: int, facts: str) -> None:
        if step not in self._tasks:
            self._tasks[step] = self._progress.add_task(step, facts="")
        self._progress.update(
            self._tasks[step],
            description=f"{step:<9}",
            completed=min(done, total) if total else done,
            total=total or None,
            facts=facts,
        )
