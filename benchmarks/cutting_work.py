"""The pieces of our own work that are measured, each in a process of its own; answers in JSON."""

import asyncio
import json
import os
import resource
import sys
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.memory import high_water
from server.media.copying.copier import Copier, Expecting
from server.media.copying.cut import plan_by_size, segment_of
from server.media.copying.flac.limited import LimitedFrames
from server.media.copying.open_copier import open_copier
from server.media.decode import decode
from server.media.decoder import find_decoder
from server.media.edges.proof import EdgeSource
from server.media.encoding.cut import cut_by_plan
from server.media.encoding.options import plan_encode
from server.media.facts import MediaLimits, SourceFacts
from server.media.plan.cuts import Cut, cuts_between
from server.media.probing.probe import probe
from server.media.probing.prober import start_prober
from server.media.proof import prove_copies
from server.media.segment import CutSegment
from server.media.silence.listen import find_pauses_of_file
from server.media.verify import verify_segment
from zerokerf.formats import Format

SEGMENTS = 60
_PROVEN_AT_ONCE, _PROVEN_BYTES = 32, 128 << 20
#: A virtual machine's memory is slow when it is touched first, which says nothing about who touches it.
_WRITES = 3
_LIMITS = MediaLimits(max_segments=1_000_000)


@dataclass(slots=True)
class Stages:
    """Processor time and time by the clock of each, the least if there were several of a name. What other
    processes need is known when they have ended."""

    found: dict[str, Any] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        cpu_s, begun_s = own_cpu_s(), time.perf_counter()
        yield
        took = {"cpu_s": own_cpu_s() - cpu_s, "wall_s": time.perf_counter() - begun_s}
        before = self.found.get(name, took)
        self.found[name] = {unit: min(before[unit], took[unit]) for unit in took}


def own_cpu_s() -> float:
    return _cpu_s(resource.RUSAGE_SELF)


def others_cpu_s() -> float:
    return _cpu_s(resource.RUSAGE_CHILDREN)


def _cpu_s(who: int) -> float:
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime


async def start(_: Path) -> dict[str, Any]:
    """What it takes until something can be cut."""
    async with start_prober():
        pass
    return {"own_s": own_cpu_s(), "prober_s": others_cpu_s()}


async def copy(source: Path, folder: Path) -> dict[str, Any]:
    """Sixty segments, from the probe to their proof."""
    stages = Stages()
    async with start_prober():
        pass
    start_s = others_cpu_s()
    async with start_prober() as prober:
        with stages.stage("probe"):
            facts = await probe(source, _LIMITS, prober)
        with stages.stage("index"):
            decode = LimitedFrames(prober)
            copier = await asyncio.to_thread(open_copier, facts.format, source, decode)
        cuts = even_cuts(copier, SEGMENTS)
        for _ in range(_WRITES):
            with stages.stage("write"):
                await asyncio.to_thread(_write, copier, cuts, folder)
        with stages.stage("hash"):
            segments = await asyncio.to_thread(_hashed, copier, cuts, folder)
    written_s = others_cpu_s()
    async with start_prober() as prober:
        with stages.stage("verify"):
            original = EdgeSource(path=source, demuxer=facts.demuxer, copier=copier)
            for batch in _batches(segments):
                await prove_copies(original, batch, prober)
    # Each prober costs the same to start.
    return {
        "stages": stages.found,
        "limited_copy_s": max(0.0, written_s - 2 * start_s),
        "limited_verify_s": max(0.0, others_cpu_s() - written_s - start_s),
        "peak_bytes": high_water(os.getpid()),
    }


def even_cuts(copier: Copier, count: int) -> tuple[Cut, ...]:
    """Not at whole seconds, where frames of some formats meet by chance."""
    total = copier.sample_count
    inner = (copier.snap(total * place // count + 37 * place % 1000) for place in range(1, count))
    return cuts_between([0, *inner, total], "duration")


def _path_of(copier: Copier, cut: Cut, folder: Path) -> Path:
    return folder / f"{cut.index:06}.{copier.format.extension}"


def _write(copier: Copier, cuts: tuple[Cut, ...], folder: Path) -> None:
    if isinstance(copier, Expecting):
        copier.expect([cut.first_sample for cut in cuts])
    for cut in cuts:
        path = _path_of(copier, cut, folder)
        path.unlink(missing_ok=True)
        copier.write(cut.first_sample, cut.sample_count, path)


def _hashed(copier: Copier, cuts: tuple[Cut, ...], folder: Path) -> list[CutSegment]:
    return [segment_of(copier, cut, _path_of(copier, cut, folder)) for cut in cuts]


def _batches(segments: list[CutSegment]) -> Iterator[list[CutSegment]]:
    """As many as wait for their proof at most when a recording is split."""
    batch: list[CutSegment] = []
    for segment in segments:
        size_bytes = sum(each.size_bytes for each in batch) + segment.size_bytes
        if batch and (len(batch) == _PROVEN_AT_ONCE or size_bytes > _PROVEN_BYTES):
            yield batch
            batch = []
        batch.append(segment)
    yield batch


async def index(source: Path, _: Path) -> dict[str, Any]:
    """Probe and index again and again, everything warm."""
    took_s = []
    async with start_prober() as prober:
        for _repeat in range(10):
            begun_s = time.perf_counter()
            facts = await probe(source, _LIMITS, prober)
            await asyncio.to_thread(open_copier, facts.format, source)
            took_s.append(time.perf_counter() - begun_s)
    return {"took_s": took_s[1:]}


async def encode(source: Path, folder: Path, segments: str, parallel: str) -> dict[str, Any]:
    """To MP3, decoded first where the source is not PCM; proven afterwards."""
    stages = Stages()
    decoder = find_decoder()
    async with start_prober() as prober:
        facts = await probe(source, _LIMITS, prober)
    before_s = others_cpu_s()
    with stages.stage("encode"):
        pcm = (await decode(source, facts, folder, decoder, _LIMITS)).pcm
        plan = plan_encode(pcm, Format.MP3, facts.codec)
        count = int(segments)
        cuts = cuts_between([pcm.sample_count * place // count for place in range(count + 1)], "duration")
        made = [one async for one in cut_by_plan(pcm, cuts, plan, folder, decoder, int(parallel))]
    encoded_s = others_cpu_s()
    with stages.stage("verify"):
        for segment in made:
            await verify_segment(segment, plan, pcm, decoder)
    return {
        "stages": stages.found,
        "encode_others_s": encoded_s - before_s,
        "verify_others_s": others_cpu_s() - encoded_s,
    }


async def silence(source: Path, folder: Path) -> dict[str, Any]:
    stages = Stages()
    async with start_prober() as prober:
        facts: SourceFacts = await probe(source, _LIMITS, prober)
    before_s = others_cpu_s()
    with stages.stage("silence"):
        pauses = await find_pauses_of_file(source, facts, folder, find_decoder(), _LIMITS)
    return {"stages": stages.found, "others_s": others_cpu_s() - before_s, "pauses": len(pauses.firsts)}


async def sizes(source: Path, folder: Path, max_bytes: str, every: str) -> dict[str, Any]:
    """Plans by size, writes each n-th segment and measures it."""
    async with start_prober() as prober:
        facts = await probe(source, _LIMITS, prober)
    copier = await asyncio.to_thread(open_copier, facts.format, source)
    return await asyncio.to_thread(_measure_sizes, copier, folder, int(max_bytes), int(every))


def _measure_sizes(copier: Copier, folder: Path, max_bytes: int, every: int) -> dict[str, Any]:
    cuts = plan_by_size(copier, max_bytes, _LIMITS)
    planned = [copier.size_bytes(cut.first_sample, cut.sample_count) for cut in cuts]
    over = written = 0
    for cut, size_bytes in zip(cuts[::every], planned[::every], strict=True):
        path = _path_of(copier, cut, folder)
        copier.write(cut.first_sample, cut.sample_count, path)
        found_bytes = path.stat().st_size
        path.unlink()
        if found_bytes != size_bytes:
            raise RuntimeError(f"{path.name} has {found_bytes} bytes instead of {size_bytes}")
        over += found_bytes > max_bytes
        written += 1
    return {
        "planned": len(cuts),
        "written": written,
        "over": over + sum(size_bytes > max_bytes for size_bytes in planned),
        "least_fill": min(planned[:-1], default=0) / max_bytes,
    }


WORKS: dict[str, Callable[..., Coroutine[Any, Any, dict[str, Any]]]] = {
    "start": start,
    "copy": copy,
    "index": index,
    "encode": encode,
    "silence": silence,
    "sizes": sizes,
}


if __name__ == "__main__":
    _, work, first, *rest = sys.argv
    paths = [Path(first), *(Path(word) for word in rest[:1])]
    print(json.dumps(asyncio.run(WORKS[work](*paths, *rest[1:]))))
