"""A short clip from create to its completed event, beside bare ffmpeg doing the same cuts."""

import subprocess
import time
from pathlib import Path

from benchmarks.results import Row, in_ms, p50, p95
from benchmarks.service import Bench, Followed, follow, fresh_bench
from benchmarks.sources import BYTES_PER_S, make_wav, whole_file
from server.media.decoder import find_decoder

CLIP_S, SEGMENTS = 10, 5
SEGMENT_S = CLIP_S / SEGMENTS
OVERHEAD_BAR_S, FIRST_EVENT_BAR_S = 0.4, 0.3
WARM_UP, REPEATS = 3, 30
ENCODERS = {"wav": ["-c:a", "pcm_s16le"], "mp3": ["-c:a", "libmp3lame", "-b:a", "192k"]}


async def measure(folder: Path) -> list[Row]:
    with fresh_bench(folder) as bench:
        clip = folder / "clip.wav"
        make_wav(clip, CLIP_S * BYTES_PER_S)
        url = bench.site.add("/clip.wav", whole_file(clip))
        return [row for to in ENCODERS for row in await _compared(bench, clip, url, to)]


async def _compared(bench: Bench, clip: Path, url: str, to: str) -> list[Row]:
    """In turns, so that whatever else the machine does meets both."""
    bare_s: list[float] = []
    jobs: list[Followed] = []
    async with bench.client() as client:
        for _ in range(WARM_UP + REPEATS):
            bare_s.append(_bare_ffmpeg(clip, to))
            jobs.append(await follow(client, url, SEGMENT_S, to))
    return _rows(to, bare_s[WARM_UP:], jobs[WARM_UP:])


def _bare_ffmpeg(clip: Path, to: str) -> float:
    program = str(find_decoder().binary)
    begun_s = time.perf_counter()
    for index in range(SEGMENTS):
        part = ["-ss", str(index * SEGMENT_S), "-t", str(SEGMENT_S), "-i", str(clip)]
        output = str(clip.with_name(f"bare-{index}.{to}"))
        subprocess.run([program, "-nostdin", "-v", "error", "-y", *part, *ENCODERS[to], output], check=True)
    return time.perf_counter() - begun_s


def _rows(to: str, bare_s: list[float], jobs: list[Followed]) -> list[Row]:
    done_s = [job.events_s[-1] for job in jobs]
    first_s = [job.events_s[0] for job in jobs]
    over_s = p50(done_s) - p50(bare_s)
    name = f"{CLIP_S} s clip, {SEGMENTS} segments, wav → {to}"
    overhead = f"{over_s * 1000:+.0f} ms at p50, {(p95(done_s) - p95(bare_s)) * 1000:+.0f} ms at p95"
    return [
        Row(f"{name}: create to completed", "", in_ms(done_s), len(jobs)),
        Row(f"{name}: bare ffmpeg", "", in_ms(bare_s), len(jobs)),
        Row(
            f"{name}: difference",
            f"p50 ≤ {OVERHEAD_BAR_S:g} s",
            overhead,
            len(jobs),
            over_s <= OVERHEAD_BAR_S,
        ),
        Row(f"{name}: the create call", "", in_ms([job.created_s for job in jobs]), len(jobs)),
        Row(
            f"{name}: first event after create began",
            f"p95 ≤ {FIRST_EVENT_BAR_S * 1000:.0f} ms",
            in_ms(first_s),
            len(jobs),
            p95(first_s) <= FIRST_EVENT_BAR_S,
        ),
    ]
