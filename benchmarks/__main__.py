"""Runs all measurements one after the other, or those named, and tells whether every bar is met.

Sections of the documentation are written when they are measured as a whole; other measurements are shown.
"""

import asyncio
import os
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

from rich.console import Console

from benchmarks import (
    backlog,
    calls,
    cutting,
    exactness,
    fairness,
    idle,
    large,
    latency,
    memory,
    page,
    scaling_records,
    silence,
    startup,
    transcription,
    two_workers,
    unary,
    watches,
    zero_copy,
)
from benchmarks.results import Row

Measure = Callable[[Path], Awaitable[list[Row]]]

SECTIONS: dict[str, dict[str, Measure]] = {
    "service": {
        "startup": startup.measure,
        "idle": idle.measure,
        "latency": latency.measure,
        "silence": silence.measure,
        "backlog": backlog.measure,
        "memory": memory.measure,
    },
    "calls": {"guards": calls.measure},
    "accounts": {"fairness": fairness.measure},
    "cutting": {
        "copies": cutting.measure_copies,
        "encodes": cutting.measure_encodes,
        "sizes": cutting.measure_sizes,
    },
    "exactness": {"exact": exactness.measure},
    "zero-copy": {"composing": zero_copy.measure},
    "transcription": {"lecture": transcription.measure_lecture, "clip": transcription.measure_clip},
    "scale": {
        "watches": watches.measure,
        "records": scaling_records.measure,
        "unary": unary.measure,
        "two_workers": two_workers.measure,
        "large": large.measure,
    },
}
MEASUREMENTS = {name: measure for section in SECTIONS.values() for name, measure in section.items()}


async def main(names: list[str]) -> int:
    console = Console(highlight=False)
    unknown = set(names) - set(MEASUREMENTS) - set(SECTIONS)
    if unknown:
        console.print(f"There is no measurement {min(unknown)!r}: {', '.join([*SECTIONS, *MEASUREMENTS])}.")
        return 2
    rows: list[Row] = []
    for section in SECTIONS:
        if section in names or not names:
            rows += await _section(section, console)
    alone = [name for name in names if name in MEASUREMENTS]
    if alone:
        console.print(page.machine())
        rows += await _shown(alone, console)
    return 1 if any(row.is_met is False for row in rows) else 0


async def _section(section: str, console: Console) -> list[Row]:
    facts = page.machine()
    console.print(facts)
    rows = await _shown(list(SECTIONS[section]), console)
    page.write(section, rows, facts)
    return rows


async def _shown(names: list[str], console: Console) -> list[Row]:
    rows = await _measured(names, console)
    page.show(rows, console)
    return rows


async def _measured(names: list[str], console: Console) -> list[Row]:
    rows = []
    with tempfile.TemporaryDirectory(prefix="zerokerf-bench-") as folder:
        # Installers compile what they install; what is measured must not depend on who installed.
        os.environ |= {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": f"{folder}/bytecode"}
        for name in names:
            with console.status(f"measuring: {name}"):
                rows += await MEASUREMENTS[name](Path(folder) / name)
    return rows


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1:])))
