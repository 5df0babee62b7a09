"""The doctor's looks at what a worker works with: the decoder, the recognizer and the disk."""

import asyncio
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from server.media.decoder import QUIET, Decoder, check_decoder, find_decoder
from server.media.run import RunLimits, run
from server.parts import open_models
from server.settings import Settings, WorkerKind
from server.speech.recognizer import SAMPLE_RATE, Task
from server.speech.whisper import WhisperRuntime
from server.workflows.recognizers import open_recognizers
from zerokerf.cli.doctor.findings import Finding

#: Less is used up by one long recording.
LEAST_FREE_BYTES = 2 * 2**30
_GIB = 2**30
_LIMITS = RunLimits(wall_s=20, cpu_s=20, memory_bytes=2 * 2**30)
_RAW = ("-f", "s16le", "-ar", str(SAMPLE_RATE), "-ac", "1")


async def look_at_decoder(settings: Settings) -> Finding:
    decoder = find_decoder(settings.ffmpeg)
    version = await check_decoder(decoder)
    with tempfile.TemporaryDirectory() as folder:
        if not await _keeps_every_sample(decoder, Path(folder)):
            found = f"{decoder.binary} does not give back a second of noise as it was."
            return Finding("decoder", found, "Unset ZEROKERF_FFMPEG, or set it to a full build.")
    return Finding("decoder", f"{version.partition(' Copyright')[0]}, and a second of noise survives it.")


async def _keeps_every_sample(decoder: Decoder, folder: Path) -> bool:
    """Through FLAC and back."""
    noise = np.random.default_rng(1).integers(-20000, 20000, SAMPLE_RATE, dtype=np.int16).tobytes()
    (folder / "noise.raw").write_bytes(noise)
    ways = (
        [*_RAW, "-i", "noise.raw", "-f", "flac", "noise.flac"],
        ["-f", "flac", "-i", "noise.flac", *_RAW, "again.raw"],
    )
    for way in ways:
        finished = await run([str(decoder.binary), *QUIET, *way], folder=folder, limits=_LIMITS)
        if finished.exit_code != 0:
            return False
    return (folder / "again.raw").read_bytes() == noise


async def look_at_recognizer(settings: Settings) -> Finding:
    if WorkerKind.TRANSCRIBE not in settings.worker_kinds:
        return Finding("recognizer", "Not needed here: ZEROKERF_WORKER_KINDS leaves out transcribe.")
    models = await open_models(settings)
    runtime = WhisperRuntime(
        device=settings.speech_device,
        compute_type=settings.speech_compute_type,
        threads=settings.speech_threads,
    )
    model = models.all[0]
    async with open_recognizers(runtime, model) as recognizers:
        recognizer = await recognizers.get(model)
        silence = np.zeros(SAMPLE_RATE, np.float32)
        language = min(recognizer.languages)
        await recognizer.recognize([silence], Task(language=language))
    return Finding("recognizer", f"{model.code} is loaded and listens, on {settings.speech_device}.")


async def look_at_disk(settings: Settings) -> Finding:
    folders = {"scratch": settings.scratch, "data": settings.data_dir}
    free = {name: await asyncio.to_thread(_free_bytes, folder) for name, folder in folders.items()}
    return disk_finding(free, settings.scratch_max_bytes)


def disk_finding(free: Mapping[str, int], scratch_max_bytes: int) -> Finding:
    found = ", ".join(f"{bytes_ / _GIB:.1f} GiB free for {name}" for name, bytes_ in free.items())
    if min(free.values()) < LEAST_FREE_BYTES:
        return Finding("disk", f"Only {found}.", "Make room, or set ZEROKERF_SCRATCH_DIR to a larger disk.")
    return Finding("disk", f"{found}; work in progress may take {scratch_max_bytes / _GIB:.0f} GiB.")


def _free_bytes(folder: Path) -> int:
    """Of the nearest folder that is there."""
    folder = folder.absolute()
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free
