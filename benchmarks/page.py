"""The table, on the terminal and in the documentation, with the machine it was measured on."""

import os
import platform
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import psutil
from rich.console import Console
from rich.table import Table

from benchmarks.results import Row

DOCS = Path(__file__).parent.parent / "docs"
#: Where sections stand; the usual place is the page of benchmarks.
PAGES = {"exactness": DOCS / "exactness.md"}
USUAL_PAGE = DOCS / "benchmarks.md"
COLUMNS = ("what", "bar", "measured", "met", "repeats")


def show(rows: Sequence[Row], console: Console) -> None:
    table = Table(*COLUMNS)
    for row in rows:
        table.add_row(*_cells(row), style="bold red" if row.is_met is False else "")
    console.print(table)


def write(section: str, rows: Sequence[Row], facts: str) -> None:
    """Between the section's marks; the words round them are people's."""
    begin, end = (f"<!-- measured, {section}: {edge} -->" for edge in ("begin", "end"))
    page = PAGES.get(section, USUAL_PAGE)
    before, found, rest = page.read_text(encoding="utf-8").partition(begin)
    after = rest.partition(end)[2]
    if not found:
        raise ValueError(f"{page.name} has no place for {section}")
    lines = ["| " + " | ".join(cells) + " |" for cells in (COLUMNS, ("---",) * 5, *map(_cells, rows))]
    page.write_text("\n".join([f"{before}{begin}", facts, "", *lines, f"{end}{after}"]), encoding="utf-8")


def _cells(row: Row) -> tuple[str, ...]:
    return row.what, row.bar, row.measured, row.verdict, str(row.repeats)


def machine() -> str:
    """Read before anything is measured, so that the load is that of others."""
    memory = f"{psutil.virtual_memory().total / 2**30:.0f} GiB"
    cores = f"{psutil.cpu_count()} cores of {_processor()}"
    system = f"{platform.system()} {platform.release()}, Python {platform.python_version()}"
    when = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, commit {_commit()}"
    return f"{when}. {cores}, {memory}, {system}. Load before it began: {os.getloadavg()[0]:.1f}."


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    models = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(models, platform.processor() or platform.machine())


def _commit() -> str:
    commit = _git("rev-parse", "--short", "HEAD") or "unknown"
    written = {path.name for path in (USUAL_PAGE, *PAGES.values())}
    changed = _git("status", "--porcelain").splitlines()
    others = [line for line in changed if Path(line).name not in written]
    return f"{commit} with changes on top" if others else commit


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=DOCS, capture_output=True, text=True, check=False)
    return done.stdout.strip()
