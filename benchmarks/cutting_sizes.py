"""Segments by size: none over the limit, and each as full as can be."""

import tempfile
from pathlib import Path
from typing import Any

from benchmarks.cutting_corpus import Corpus
from benchmarks.cutting_costs import result_of
from benchmarks.results import Row

COUNT = 10_000
FILL_BARS = {1_000_000: 0.99, 10_000_000: 0.995}
FLAC_FILL_BAR = 0.985
_SAMPLED = 10  # of the segments of these limits, one in so many is written


def measure_sizes(corpus: Corpus, folder: Path) -> list[Row]:
    return [_over_row(corpus, folder), *(_fill_row(corpus, folder, limit) for limit in FILL_BARS)]


def _over_row(corpus: Corpus, folder: Path) -> Row:
    """Limits so small that all formats together make so many segments."""
    over = written = 0
    for source in corpus.hours.values():
        limit = source.stat().st_size * len(corpus.hours) // COUNT * 97 // 100
        found = _sizes(source, folder, limit, 1)
        over += found["over"]
        written += found["written"]
    return Row(
        f"{COUNT:,} segments by size, {len(corpus.hours)} formats",
        "0 over",
        f"{over} over of {written:,}, each written and measured",
        1,
        over == 0 and written >= COUNT,
    )


def _fill_row(corpus: Corpus, folder: Path, limit: int) -> Row:
    fills: dict[str, float] = {}
    over = written = 0
    for kind, source in {**corpus.hours, "mp3, 10 h": corpus.ten_hours}.items():
        found = _sizes(source, folder, limit, _SAMPLED)
        fills[kind] = found["least_fill"]
        over += found["over"]
        written += found["written"]
    bar = FILL_BARS[limit]
    flac_bar = min(FLAC_FILL_BAR, bar) if limit == min(FILL_BARS) else bar
    is_met = not over and all(fill >= (flac_bar if kind == "flac" else bar) for kind, fill in fills.items())
    measured = ", ".join(f"{kind} {fill:.2%}" for kind, fill in fills.items())
    return Row(
        f"least fill at {limit // 1_000_000} MB, without the last segments",
        f"≥ {bar:.1%}" + (f", flac {flac_bar:.1%}" if flac_bar != bar else ""),
        f"{measured}; {written} written, {over} over",
        1,
        is_met,
    )


def _sizes(source: Path, folder: Path, limit: int, every: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(dir=folder) as output:
        return result_of("sizes", source, output, limit, every)
