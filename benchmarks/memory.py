"""Peak memory of the service while it splits a small and a large recording: it must be the same."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks.results import Row, in_mib
from benchmarks.service import follow, fresh_bench
from benchmarks.sources import make_wav, whole_file

SMALL_BYTES, LARGE_BYTES = 10 << 20, 1 << 30
SEGMENTS = 8
MOST_GROWTH_BYTES = 64 << 20
SAMPLE_S = 0.1


@dataclass
class Peaks:
    serve_bytes: int = 0
    ffmpeg_bytes: int = 0
    all_bytes: int = 0


async def measure(folder: Path) -> list[Row]:
    rows = []
    for to in ("wav", "mp3"):
        small = await _peaks_of(folder / f"small-{to}", SMALL_BYTES, to)
        large = await _peaks_of(folder / f"large-{to}", LARGE_BYTES, to)
        rows += [_row(f"serve, wav → {to}", small.serve_bytes, large.serve_bytes)]
        rows += (
            [_row("largest ffmpeg, wav → mp3", small.ffmpeg_bytes, large.ffmpeg_bytes)] if to == "mp3" else []
        )
        both = f"{in_mib(small.all_bytes)} → {in_mib(large.all_bytes)}"
        rows += [Row(f"peak PSS of all processes with the engine, wav → {to}", "", both, 1)]
    return rows


async def _peaks_of(folder: Path, size_bytes: int, to: str) -> Peaks:
    """A service of its own each time, so that no earlier job's peak is counted."""
    with fresh_bench(folder) as bench:
        source = folder / "source.wav"
        length_s = make_wav(source, size_bytes)
        url = bench.site.add("/source.wav", whole_file(source))
        async with bench.client() as client:
            with _watched(bench.process.pid) as peaks:
                await follow(client, url, length_s / SEGMENTS, to)
    return peaks


@contextmanager
def _watched(pid: int) -> Iterator[Peaks]:
    peaks, stop = Peaks(), threading.Event()

    def sample() -> None:
        serve = psutil.Process(pid)
        while not stop.wait(SAMPLE_S):
            _note(peaks, serve)

    thread = threading.Thread(target=sample)
    thread.start()
    try:
        yield peaks
    finally:
        stop.set()
        thread.join()


def _note(peaks: Peaks, serve: psutil.Process) -> None:
    peaks.serve_bytes = high_water(serve.pid)
    all_bytes = 0
    for process in (serve, *serve.children(recursive=True)):
        with suppress(psutil.NoSuchProcess, ProcessLookupError, FileNotFoundError):
            all_bytes += process.memory_full_info().pss
            if process.name().startswith("ffmpeg"):
                peaks.ffmpeg_bytes = max(peaks.ffmpeg_bytes, high_water(process.pid))
    peaks.all_bytes = max(peaks.all_bytes, all_bytes)


def high_water(pid: int) -> int:
    """The kernel's own peak of resident memory, which no sampling can miss; 0 once the process has ended."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next((int(line.split()[1]) << 10 for line in lines if line.startswith("VmHWM")), 0)


def _row(what: str, small_bytes: int, large_bytes: int) -> Row:
    measured = f"{in_mib(small_bytes)} → {in_mib(large_bytes)}"
    is_met = 0 < large_bytes <= small_bytes + MOST_GROWTH_BYTES
    bar = f"grows ≤ {in_mib(MOST_GROWTH_BYTES)}"
    return Row(f"peak RSS of {what}, 10 MiB → 1 GiB source", bar, measured, 1, is_met)
