"""Decodes a finished segment on its own and compares it with the plan, and with the source where it can."""

import asyncio
import os
import threading
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import ffmpeg

from server.media.decoder import QUIET, Decoder, source_options
from server.media.encoding.options import DEMUXERS, EncodePlan
from server.media.pcm import Pcm, SampleFormat, read_range
from server.media.run import RunLimits, refuse_our_faults
from server.media.run_piped import run_piped
from server.media.segment import CutSegment
from server.media.threads import in_thread
from server.media.wav import WavHeaderError, read_header
from zerokerf.errors import SegmentDiffers, SegmentOverLimit, VerificationFailed
from zerokerf.formats import Format

_CHUNK_BYTES = 1 << 18
_MEMORY_BYTES = 2 * 1024**3


@dataclass(frozen=True, slots=True)
class Proof:
    """What was seen. `is_bit_exact`: every sample was compared with the source's and is the same."""

    decoded_samples: int
    is_bit_exact: bool


async def verify_segment(
    segment: CutSegment, target: EncodePlan, pcm: Pcm, decoder: Decoder, max_bytes: int | None = None
) -> Proof:
    """Raises VerificationFailed. May run beside the making of other segments."""
    size_bytes = (await asyncio.to_thread(segment.path.stat)).st_size
    if max_bytes is not None and size_bytes > max_bytes:
        raise SegmentOverLimit(segment.index, size_bytes, max_bytes)
    expected = segment.output_samples + segment.excess_samples
    found, is_same = await _compare(segment, target, pcm, decoder)
    if found != expected or size_bytes != segment.size_bytes:
        raise VerificationFailed(segment.index, expected, found)
    if target.is_lossless and not is_same:
        raise SegmentDiffers(segment.index)
    return Proof(found, target.is_lossless)


async def _compare(segment: CutSegment, target: EncodePlan, pcm: Pcm, decoder: Decoder) -> tuple[int, bool]:
    """How many samples a decoder finds in the file, and whether they are the source's."""
    if target.is_plain:
        return await in_thread(_compare_wav, segment, pcm)
    if target.format is Format.WAV and not target.is_lossless:
        return await asyncio.to_thread(_count_wav, segment, target), False
    kept = pcm.sample_format if target.is_lossless else SampleFormat.S16
    patience_s = 120 + 2 * segment.sample_count // pcm.sample_rate
    finished, (found_bytes, is_same) = await run_piped(
        _argv(segment.path, target.format, kept, decoder),
        partial(_drain, segment, pcm),
        folder=segment.path.parent,
        limits=RunLimits(wall_s=patience_s, cpu_s=patience_s, memory_bytes=_MEMORY_BYTES),
    )
    refuse_our_faults(finished)
    return found_bytes // (kept.sample_bytes * target.channels), is_same and finished.exit_code == 0


def _argv(path: Path, kind: Format, kept: SampleFormat, decoder: Decoder) -> list[str]:
    source = ffmpeg.input(f"file:{path.absolute()}", threads=1, **source_options(DEMUXERS[kind]))
    output = source["a:0"].output("pipe:1", f=kept.value, acodec=kept.codec)
    argv: list[str] = output.global_args(*QUIET).compile(cmd=str(decoder.binary))
    return argv


def _compare_wav(segment: CutSegment, pcm: Pcm, stop: threading.Event) -> tuple[int, bool]:
    try:
        header = read_header(segment.path)
    except WavHeaderError:
        return 0, False
    is_same = header.sample_format is pcm.sample_format and header.channels == pcm.channels
    with segment.path.open("rb", buffering=0) as file:
        file.seek(header.data_offset)
        for chunk in read_range(pcm, segment.first_sample, segment.sample_count):
            if stop.is_set() or not is_same:
                break
            is_same = file.read(len(chunk)) == chunk
    return header.found_samples, is_same


def _count_wav(segment: CutSegment, target: EncodePlan) -> int:
    """Counted by what is there; 0 if that is not what was to be stored."""
    try:
        header = read_header(segment.path)
    except WavHeaderError:
        return 0
    found = (header.sample_format, header.sample_rate, header.channels)
    shape = target.change.shape
    is_right = found == (shape.sample_format, shape.sample_rate, shape.channels)
    return header.found_samples if is_right and header.found_samples == header.claimed_samples else 0


def _drain(segment: CutSegment, pcm: Pcm, read_fd: int, stop: threading.Event) -> tuple[int, bool]:
    """Reads a decoder to its end, beside the same range of the source."""
    found_bytes, is_same = 0, True
    with pcm.path.open("rb") as source:
        source.seek(pcm.offset_of(segment.first_sample))
        while not stop.is_set() and (chunk := os.read(read_fd, _CHUNK_BYTES)):
            found_bytes += len(chunk)
            is_same = is_same and source.read(len(chunk)) == chunk
    return found_bytes, is_same
