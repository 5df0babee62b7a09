"""A worker's memory with a small and a very large source, and a recording of twenty gibibytes."""

import asyncio
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks.memory import high_water
from benchmarks.results import Row, in_mib
from benchmarks.service import follow
from benchmarks.sources import BYTES_PER_S, RATE, make_wav, whole_file
from server.media.pcm import PcmShape, SampleFormat
from server.media.wav import write_header
from tests.services.web import running_site
from tests.services.zerokerf import API_KEY, Deployment, running
from zerokerf.client import AsyncClient

#: The largest is what a WAV file with 32 bits for its size can hold, but for its header.
SMALL_BYTES, LARGE_BYTES, HUGE_BYTES = 10 << 20, (4 << 30) - (1 << 20), 20 << 30
SEGMENTS, MOST_GROWTH = 8, 0.15
SAMPLE_S = 0.1
#: Of a source: in scratch and in the store; then room for what is made of it.
COPIES, SPARE_BYTES = 2, 6 << 30


@dataclass
class _Peaks:
    """Of the worker itself, and of it with all that it has started; what they share is divided."""

    worker_bytes: int = 0
    all_bytes: int = 0
    took_s: float = 0


async def measure(folder: Path) -> list[Row]:
    await asyncio.to_thread(folder.mkdir, parents=True)
    rows = []
    for to in ("wav", "flac"):
        small = await _followed(folder / f"small-{to}", _noise(folder, SMALL_BYTES), to)
        large = await _followed(folder / f"large-{to}", _noise(folder, LARGE_BYTES), to)
        rows += _flat_rows(to, small, large)
    return [*rows, await _huge(folder, small)]


async def _huge(folder: Path, small: _Peaks) -> Row:
    """Silence, of which the source takes no room on the disk, and FLAC next to none."""
    what = f"{HUGE_BYTES >> 30} GiB of wav → flac"
    free_bytes = shutil.disk_usage(folder).free
    if free_bytes < COPIES * HUGE_BYTES + SPARE_BYTES:
        return Row(what, "completes", f"not measured: {free_bytes >> 30} GiB of disk are free", 0)
    huge = await _followed(folder / "huge", _silence(folder, HUGE_BYTES), "flac")
    told = f"completed in {huge.took_s:.0f} s, peak RSS of the worker {in_mib(huge.worker_bytes)}"
    return Row(what, "completes, memory flat", told, 1, _is_flat(small.worker_bytes, huge.worker_bytes))


def _noise(folder: Path, size_bytes: int) -> Path:
    path = folder / "noise.wav"
    make_wav(path, size_bytes)
    return path


def _silence(folder: Path, size_bytes: int) -> Path:
    path = folder / "silence.wav"
    shape = PcmShape(sample_format=SampleFormat.S16, sample_rate=RATE, channels=2)
    header = write_header(shape, (size_bytes - 4096) // shape.frame_bytes)
    with path.open("wb") as file:
        file.write(header)
        file.truncate(len(header) + (size_bytes - 4096) // shape.frame_bytes * shape.frame_bytes)
    return path


async def _followed(folder: Path, source: Path, to: str) -> _Peaks:
    """A service of its own each time, so that no earlier job's peak is counted; then its files go."""
    deployment = Deployment(folder)
    try:
        with running_site() as site, running(deployment, "server", "worker") as (_, worker):
            url = site.add("/source.wav", whole_file(source))
            async with AsyncClient(deployment.grpc_address, API_KEY) as client:
                with _watched(worker.pid) as peaks:
                    await follow(client, url, _segment_s(source), to)
        return peaks
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


def _segment_s(source: Path) -> float:
    return source.stat().st_size / BYTES_PER_S / SEGMENTS


@contextmanager
def _watched(pid: int) -> Iterator[_Peaks]:
    peaks, stop, begun_s = _Peaks(), threading.Event(), time.perf_counter()

    def sample() -> None:
        worker = psutil.Process(pid)
        while not stop.wait(SAMPLE_S):
            peaks.all_bytes = max(peaks.all_bytes, _shared_out_bytes(worker))

    thread = threading.Thread(target=sample)
    thread.start()
    try:
        yield peaks
        peaks.worker_bytes, peaks.took_s = high_water(pid), time.perf_counter() - begun_s
    finally:
        stop.set()
        thread.join()


def _shared_out_bytes(process: psutil.Process) -> int:
    size_bytes = 0
    for one in (process, *process.children(recursive=True)):
        with suppress(psutil.NoSuchProcess, ProcessLookupError, FileNotFoundError):
            size_bytes += one.memory_full_info().pss
    return size_bytes


def _flat_rows(to: str, small: _Peaks, large: _Peaks) -> list[Row]:
    what = f"worker, wav → {to}, 10 MiB → 4 GiB source"
    worker = f"{in_mib(small.worker_bytes)} → {in_mib(large.worker_bytes)}"
    both = f"{in_mib(small.all_bytes)} → {in_mib(large.all_bytes)}; {large.took_s:.0f} s"
    is_flat = _is_flat(small.worker_bytes, large.worker_bytes)
    return [
        Row(f"peak RSS of the {what}", f"± {MOST_GROWTH:.0%}", worker, 1, is_flat),
        Row(f"peak PSS of the {what}, with all that it starts", "", both, 1),
    ]


def _is_flat(small_bytes: int, large_bytes: int) -> bool:
    return large_bytes > 0 and abs(large_bytes - small_bytes) <= MOST_GROWTH * small_bytes
