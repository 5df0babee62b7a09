"""The exact core beside its peers, on the same files in the same run, without the service around it.

The sound is made once; whoever measures first makes it.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path

from benchmarks import cutting_copies, cutting_encodes, cutting_sizes
from benchmarks.cutting_corpus import Corpus, make_corpus
from benchmarks.results import Row


async def measure_copies(folder: Path) -> list[Row]:
    return await asyncio.to_thread(_measure, cutting_copies.measure_copies, folder)


async def measure_encodes(folder: Path) -> list[Row]:
    return await asyncio.to_thread(_measure, cutting_encodes.measure_encodes, folder)


async def measure_sizes(folder: Path) -> list[Row]:
    return await asyncio.to_thread(_measure, cutting_sizes.measure_sizes, folder)


def _measure(measure: Callable[[Corpus, Path], list[Row]], folder: Path) -> list[Row]:
    folder.mkdir()
    return measure(make_corpus(folder.parent / "corpus"), folder)
