"""Makes one segment: from exact samples to a finished, hashed file under its final name."""

import asyncio
import hashlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from server.media.copying.stretch import Stretch
from server.media.decoder import Decoder
from server.media.encoding.argv import encode_argv, samples_argv
from server.media.encoding.mp3_length import set_mp3_length
from server.media.encoding.options import EncodePlan, excess_samples, output_samples
from server.media.pcm import Pcm, read_range
from server.media.plan.cuts import Cut
from server.media.run import Finished, RunLimits, refuse_our_faults, run
from server.media.threads import in_thread
from server.media.wav import write_header
from zerokerf.errors import JobFailed
from zerokerf.formats import Format

_CHUNK_BYTES = 1 << 20
_MEMORY_BYTES = 2 * 1024**3


@dataclass(frozen=True, slots=True, kw_only=True)
class CutSegment:
    """One finished file. Its place is on the source's time line, what a decoder gives is counted apart."""

    index: int
    first_sample: int
    sample_count: int
    path: Path
    size_bytes: int
    sha256: str
    output_samples: int
    excess_samples: int  # what a decoder plays in addition, because the format can't hide it
    reason: str
    tag_bytes: int = 0  # of the size; the rest is audio and what its container needs
    stretch: Stretch | None = None  # of which range of the source it is made, where that is one


#: Writes tags into a finished file, blocking, and returns how many bytes that added.
Dress = Callable[[Path, Cut], int]


class EncodeError(Exception):
    """ffmpeg did not write the segment; its last words are for the log only."""


async def make_segment(
    pcm: Pcm,
    cut: Cut,
    plan: EncodePlan,
    folder: Path,
    decoder: Decoder,
    on_samples: Callable[[int], None],
    stem: str | None = None,
    dress: Dress | None = None,
) -> CutSegment:
    """Appears under its final name only when whole. `on_samples` counts this segment's own samples."""
    path = folder / f"{stem or f'{cut.index:06}'}.{plan.format.extension}"
    part = path.with_suffix(path.suffix + ".part")
    try:
        sha256 = await _write(pcm, cut, plan, part, decoder, on_samples)
        tag_bytes = await asyncio.to_thread(dress, part, cut) if dress else 0
        if tag_bytes:
            sha256 = await in_thread(sha256_of, part)
        size_bytes = part.stat().st_size
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    on_samples(cut.sample_count)
    samples = output_samples(plan, pcm, cut.first_sample, cut.sample_count)
    return CutSegment(
        index=cut.index,
        first_sample=cut.first_sample,
        sample_count=cut.sample_count,
        path=path,
        size_bytes=size_bytes,
        sha256=sha256,
        output_samples=samples,
        excess_samples=excess_samples(plan, samples),
        reason=cut.reason,
        tag_bytes=tag_bytes,
    )


async def _write(
    pcm: Pcm, cut: Cut, plan: EncodePlan, part: Path, decoder: Decoder, on_samples: Callable[[int], None]
) -> str:
    """The SHA-256 of what was written."""
    if plan.is_plain:
        return await in_thread(_write_wav, pcm, cut, part)
    samples = output_samples(plan, pcm, cut.first_sample, cut.sample_count)
    if plan.format is Format.WAV:
        await _convert(pcm, cut, plan, samples, part, decoder)
    else:
        await _encode(pcm, cut, plan, part, decoder, on_samples)
    if plan.format is Format.MP3:
        await asyncio.to_thread(set_mp3_length, part, samples)
    return await in_thread(sha256_of, part)


async def _encode(
    pcm: Pcm, cut: Cut, plan: EncodePlan, part: Path, decoder: Decoder, on_samples: Callable[[int], None]
) -> None:
    def on_time(microseconds: int) -> None:
        on_samples(min(cut.sample_count, microseconds * pcm.sample_rate // 1_000_000))

    argv = encode_argv(pcm, plan, cut.first_sample, cut.sample_count, part, decoder)
    _refuse_failure(await run(argv, folder=part.parent, limits=_limits(pcm, cut), on_time=on_time))


async def _convert(pcm: Pcm, cut: Cut, plan: EncodePlan, samples: int, part: Path, decoder: Decoder) -> None:
    """Samples behind a header of our own, which is as long as the arithmetic of sizes says."""
    shape = plan.change.shape
    argv = samples_argv(pcm, plan, cut.first_sample, cut.sample_count, decoder)
    with part.open("wb", buffering=0) as file:
        file.write(write_header(shape, samples))
        finished = await run(argv, folder=part.parent, limits=_limits(pcm, cut), stdout_fd=file.fileno())
        _refuse_failure(finished)
        if samples * shape.frame_bytes % 2:
            file.seek(0, 2)
            file.write(b"\0")


def _limits(pcm: Pcm, cut: Cut) -> RunLimits:
    patience_s = 120 + 2 * cut.sample_count // pcm.sample_rate
    return RunLimits(wall_s=patience_s, cpu_s=patience_s, memory_bytes=_MEMORY_BYTES)


def _refuse_failure(finished: Finished) -> None:
    refuse_our_faults(finished)
    if finished.exit_code != 0:
        raise JobFailed from EncodeError(f"exit code {finished.exit_code}: {finished.stderr[-2000:]}")


def _write_wav(pcm: Pcm, cut: Cut, part: Path, stop: threading.Event) -> str:
    digest = hashlib.sha256()
    with part.open("wb", buffering=0) as file:
        for chunk in _wav_chunks(pcm, cut):
            if stop.is_set():
                break
            file.write(chunk)
            digest.update(chunk)
    return digest.hexdigest()


def _wav_chunks(pcm: Pcm, cut: Cut) -> Iterator[bytes]:
    yield write_header(pcm.shape, cut.sample_count)
    yield from read_range(pcm, cut.first_sample, cut.sample_count)
    if cut.sample_count * pcm.frame_bytes % 2:
        yield b"\0"


def sha256_of(part: Path, stop: threading.Event) -> str:
    digest = hashlib.sha256()
    with part.open("rb", buffering=0) as file:
        while not stop.is_set() and (chunk := file.read(_CHUNK_BYTES)):
            digest.update(chunk)
    return digest.hexdigest()
