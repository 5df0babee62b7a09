"""How a running job looks: bars on a terminal, plain lines elsewhere, nothing when asked to be quiet."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
)

from zerokerf.cli.jobs.event_words import is_last, job_facts, job_title, transfer_facts
from zerokerf.cli.jobs.pace import Event, PaceMeter
from zerokerf.cli.terminal import console, say


class View(Protocol):
    """Told of everything that moves. None of its methods may wait."""

    def uploading(self, done_bytes: int, total_bytes: int) -> None: ...

    def event(self, event: Event) -> None: ...

    def downloading(self, done_bytes: int, total_bytes: int) -> None: ...


@contextmanager
def open_view(*, quiet: bool) -> Iterator[View]:
    if quiet:
        yield QuietView()
    elif sys.stderr.isatty():
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TextColumn("{task.fields[facts]}"),
        )
        with Progress(*columns, console=console(stderr=True), transient=True) as progress:
            yield BarView(progress)
    else:
        yield LineView()


@contextmanager
def waiting(what: str, *, quiet: bool) -> Iterator[None]:
    """Shows that something is being made of which nobody tells how far it is."""
    if quiet:
        yield
    elif sys.stderr.isatty():
        columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
        with Progress(*columns, console=console(stderr=True), transient=True) as progress:
            progress.add_task(what, total=None)
            yield
    else:
        say(what)
        yield


class QuietView:
    def uploading(self, done_bytes: int, total_bytes: int) -> None: ...

    def event(self, event: Event) -> None: ...

    def downloading(self, done_bytes: int, total_bytes: int) -> None: ...


class LineView:
    """A line for every change of state or phase and for every tenth of the work."""

    def __init__(self) -> None:
        self._meter = PaceMeter()
        self._said: set[str] = set()

    def uploading(self, done_bytes: int, total_bytes: int) -> None:
        self._transfer("uploading", done_bytes, total_bytes)

    def downloading(self, done_bytes: int, total_bytes: int) -> None:
        self._transfer("downloading", done_bytes, total_bytes)

    def event(self, event: Event) -> None:
        pace = self._meter.measure(event)
        title = job_title(event)
        line = title if is_last(event) else _joined(title, job_facts(event.progress, pace))
        self._say_once(f"{title} {event.progress.percent // 10}", f"{event.progress.percent:3d}% {line}")

    def _transfer(self, what: str, done_bytes: int, total_bytes: int) -> None:
        percent = 100 * done_bytes // total_bytes if total_bytes else 100
        facts = transfer_facts(done_bytes, total_bytes)
        self._say_once(f"{what} {percent // 10}", f"{percent:3d}% {what}, {facts}")

    def _say_once(self, step: str, line: str) -> None:
        if step not in self._said:
            self._said.add(step)
            say(line)


class BarView:
    """One bar each for sending, working and fetching, in place."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._meter = PaceMeter()
        self._tasks: dict[str, TaskID] = {}

    def uploading(self, done_bytes: int, total_bytes: int) -> None:
        self._show("upload", "uploading", done_bytes, total_bytes, transfer_facts(done_bytes, total_bytes))

    def downloading(self, done_bytes: int, total_bytes: int) -> None:
        self._show("download", "saving", done_bytes, total_bytes, transfer_facts(done_bytes, total_bytes))

    def event(self, event: Event) -> None:
        facts = job_facts(event.progress, self._meter.measure(event))
        self._show("job", job_title(event), event.progress.percent, 100, facts)

    def _show(self, key: str, title: str, done: int, total: int, facts: str) -> None:
        if key not in self._tasks:
            self._tasks[key] = self._progress.add_task(title, facts="")
        # An empty file is done, but rich takes a total of 0 for one that is not known.
        self._progress.update(
            self._tasks[key],
            description=f"{title:<12}",
            completed=done if total else 1,
            total=total or 1,
            facts=facts,
        )


def _joined(*parts: str) -> str:
    return ", ".join(part for part in parts if part)
