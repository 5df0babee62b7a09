"""Decodes many segments of one recording alone, with decoders of others, and compares them with the whole."""

import asyncio
import shutil
import subprocess
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from benchmarks.results import Row
from server.media.cutter import Tools
from server.media.decoder import find_decoder
from server.media.facts import MediaLimits, SourceFacts
from server.media.plan.cuts import PartsMode
from server.media.probing.prober import start_prober
from server.media.recipe import Recipe
from server.media.splitting import FinishedSegment, Kept, Opened, split

LENGTH_S = 590
SEGMENTS = 307  # a prime, so that cuts lie nowhere in particular
RATE = 44_100

Samples = NDArray[np.float32]
Decode = Callable[[Path], Samples]

#: What the source is made with, its bar in words, how far a sample may be off, and how many in front may.
SOURCES: dict[str, tuple[tuple[str, ...], str, float, int]] = {
    "wav": (("-c:a", "pcm_s24le"), "every sample the same", 0.0, 0),
    "flac": (("-c:a", "flac"), "every sample the same", 0.0, 0),
    "mp3": (("-c:a", "libmp3lame", "-b:a", "128k"), "every sample the same", 0.0, 0),
    "ogg": (("-c:a", "libvorbis", "-q:a", "4"), "every sample the same", 0.0, 0),
    "opus": (("-c:a", "libopus", "-b:a", "96k"), "same to 10⁻⁶ of full scale", 1e-6, 0),
    "m4a": (("-c:a", "aac", "-b:a", "128k", "-aac_pns", "0"), "every sample the same", 0.0, 0),
    "aac": (("-c:a", "aac", "-b:a", "128k", "-aac_pns", "0"), "same after the first frame", 0.0, 1024),
}
_BY_LIBSNDFILE = frozenset({"wav", "flac", "mp3", "ogg", "opus"})


@dataclass
class _Seen:
    """What was compared, and what was found."""

    samples: int = 0
    different: int = 0
    deviation: float = 0.0
    wrong_lengths: int = 0


class _Keep:
    """A sink that leaves every file where it is."""

    def __init__(self) -> None:
        self.segments: list[FinishedSegment] = []
        self.method = ""

    async def probed(self, facts: SourceFacts) -> None: ...
    def decoded(self, samples: int, expected_samples: int) -> None: ...
    def made(self, samples: int) -> None: ...

    async def opened(self, opened: Opened) -> Sequence[Kept]:
        self.method = opened.making.method
        return ()

    async def keep(self, segment: FinishedSegment) -> None:
        self.segments.append(segment)

    async def forget(self) -> None:
        raise RuntimeError("a copy was not exact")


async def measure(folder: Path) -> list[Row]:
    rows = []
    async with AsyncExitStack() as stack:
        prober = await stack.enter_async_context(start_prober())
        tools = Tools(find_decoder(), prober, MediaLimits(), 4)
        for kind, (options, bar, tolerance, settling) in SOURCES.items():
            work = folder / kind
            work.mkdir(parents=True)
            source = await asyncio.to_thread(_make, work / f"source.{kind}", options, tools.decoder.binary)
            sink = _Keep()
            await split(source, Recipe(mode=PartsMode(SEGMENTS)), work, tools, sink)
            for name, decode in _decoders(kind, tools.decoder.binary):
                seen = await asyncio.to_thread(_compare, source, sink.segments, decode, settling)
                rows.append(_row(f"{kind}, decoded by {name}", bar, seen, tolerance))
            shutil.rmtree(work)
    return rows


def _decoders(kind: str, ffmpeg: Path) -> list[tuple[str, Decode]]:
    found: list[tuple[str, Decode]] = [("FFmpeg", partial(_by_ffmpeg, ffmpeg))]
    if kind in _BY_LIBSNDFILE:
        found.append(("libsndfile", _by_libsndfile))
    return found


def _make(path: Path, options: tuple[str, ...], ffmpeg: Path) -> Path:
    """Noise under a gliding tone, with pauses: nothing in it comes twice."""
    rng = np.random.default_rng(7)
    count = LENGTH_S * RATE
    seconds = np.arange(count) / RATE
    loud = np.sin(2 * np.pi * 0.7 * seconds) > -0.5
    tone = np.sin(2 * np.pi * 220 * seconds + 30 * np.sin(2 * np.pi * 0.13 * seconds))
    sound = loud * (0.4 * tone + 0.2 * rng.standard_normal(count))
    stereo = np.clip(np.stack([sound, np.roll(sound, 977)], axis=1), -0.9, 0.9)
    master = path.with_name("master.wav")
    soundfile.write(master, stereo, RATE, subtype="PCM_24")
    subprocess.run([ffmpeg, "-v", "error", "-y", "-i", master, *options, path], check=True)
    master.unlink()
    return path


def _by_ffmpeg(ffmpeg: Path, path: Path) -> Samples:
    done = subprocess.run(
        [ffmpeg, "-v", "error", "-i", path, "-f", "f32le", "-ac", "2", "-"], capture_output=True, check=True
    )
    return np.frombuffer(done.stdout, "<f4").reshape(-1, 2)


def _by_libsndfile(path: Path) -> Samples:
    samples: Samples = soundfile.read(path, dtype="float32", always_2d=True)[0]
    return samples


def _compare(source: Path, segments: Sequence[FinishedSegment], decode: Decode, settling: int) -> _Seen:
    whole, seen = decode(source), _Seen()
    for segment in segments:
        first, count = segment.cut.first_sample, segment.cut.sample_count
        alone = decode(segment.file.path)
        if len(alone) != count + segment.file.excess_samples:
            seen.wrong_lengths += 1
        off = np.abs(alone[:count] - whole[first : first + len(alone[:count])])[settling if first else 0 :]
        seen.samples += off.size
        seen.different += int(np.count_nonzero(off))
        seen.deviation = max(seen.deviation, float(off.max(initial=0.0)))
    return seen


def _row(what: str, bar: str, seen: _Seen, tolerance: float) -> Row:
    share = seen.different / max(1, seen.samples)
    found = f"{seen.samples:,} samples, {seen.different:,} differ"
    if seen.different:
        found += f" ({100 * share:.2g} %), by {seen.deviation:.2g} at most"
    if seen.wrong_lengths:
        found += f"; {seen.wrong_lengths} lengths are wrong"
    is_met = seen.wrong_lengths == 0 and seen.deviation <= tolerance
    return Row(what, bar, found, SEGMENTS, is_met)
