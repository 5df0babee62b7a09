"""The longest time a watcher hears nothing of a job that has long stretches in which no number moves."""

from itertools import pairwise
from pathlib import Path

from benchmarks.results import Row
from benchmarks.service import follow, fresh_bench
from benchmarks.sources import BYTES_PER_S, make_wav, slow_file

BAR_S, LEAST_WORK_S = 2.0, 30.0
SOURCE_S = 1800
TRICKLE_S, SILENCE_S = 6, 6.0


async def measure(folder: Path) -> list[Row]:
    """One segment as long as the source: a single encoder, which tells nothing before its end."""
    with fresh_bench(folder) as bench:
        source = folder / "long.wav"
        make_wav(source, SOURCE_S * BYTES_PER_S)
        url = bench.site.add("/long.wav", slow_file(source, TRICKLE_S, SILENCE_S))
        async with bench.client() as client:
            job = await follow(client, url, SOURCE_S, "mp3")
    gaps_s = [after - before for before, after in pairwise((0.0, *job.events_s))]
    took_s = job.events_s[-1]
    what = f"longest silence in a job of {took_s:.0f} s (slow download, then one long encode)"
    is_met = max(gaps_s) <= BAR_S and took_s >= LEAST_WORK_S
    return [Row(what, f"≤ {BAR_S:g} s", f"{max(gaps_s):.2f} s, {len(gaps_s)} events", 1, is_met)]
