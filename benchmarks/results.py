"""One line of the table, and how repeated measurements are told in it."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """`is_met` is None where there is no bar, only a number worth knowing."""

    what: str
    bar: str
    measured: str
    repeats: int
    is_met: bool | None = None

    @property
    def verdict(self) -> str:
        return {True: "yes", False: "NO", None: ""}[self.is_met]


def p50(values: Sequence[float]) -> float:
    return statistics.median(values)


def p95(values: Sequence[float]) -> float:
    return sorted(values)[round(0.95 * (len(values) - 1))]


def in_seconds(values_s: Sequence[float]) -> str:
    return f"{p50(values_s):.2f} s ({min(values_s):.2f} to {max(values_s):.2f})"


def in_ms(values_s: Sequence[float]) -> str:
    low, middle, high, highest = (
        round(value * 1000) for value in (min(values_s), p50(values_s), p95(values_s), max(values_s))
    )
    return f"{middle} ms ({low} to {highest}, p95 {high})"


def in_mib(size_bytes: float) -> str:
    return f"{size_bytes / 2**20:.0f} MiB"
