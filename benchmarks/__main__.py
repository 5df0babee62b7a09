"""Runs all measurements one after the other, or those named, and tells whether every bar is met.

All of them together are written into the documentation; some of them are only shown.
"""

import asyncio
import os
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

from rich.console import Console

from benchmarks import backlog, idle, latency, memory, page, silence, startup
from benchmarks.results import Row

MEASUREMENTS: dict[str, Callable[[Path], Awaitable[list[Row]]]] = {
    "startup": startup.measure,
    "idle": idle.measure,
    "latency": latency.measure,
    "silence": silence.measure,
    "backlog": backlog.measure,
    "memory": memory.measure,
}


async def main(names: list[str]) -> int:
    console = Console(highlight=False)
    unknown = set(names) - set(MEASUREMENTS)
    if unknown:
        console.print(f"There is no measurement {min(unknown)!r}: {', '.join(MEASUREMENTS)}.")
        return 2
    facts = page.machine()
    console.print(facts)
    rows = await _measured(names or list(MEASUREMENTS), console)
    page.show(rows, console)
    if not names:
        page.write(rows, facts)
    return 1 if any(row.is_met is False for row in rows) else 0


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
