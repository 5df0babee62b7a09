"""Listens to a whole recording once and says, frame by frame, how surely it is speech and how quiet it is."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from faster_whisper.vad import get_vad_model
from numpy.typing import NDArray

from server.speech.recognizer import SAMPLE_RATE, Samples
from server.speech.sound import Sound

FRAME_SAMPLES = 512  # 32 ms, what the detector looks at
FRAMES_PER_S = SAMPLE_RATE / FRAME_SAMPLES

_CONTEXT_SAMPLES = 64  # of the frame before, which the detector sees as well
_STATE = (1, 1, 128)
_STRETCH_FRAMES = 5 * 1875  # five minutes: the part of one thread
_RUN_FRAMES = 938  # half a minute at a time keeps memory flat
_LEAD_FRAMES = 250  # eight seconds, after which where the detector was started hardly matters

Bytes = NDArray[np.uint8]
OnSamples = Callable[[int], None]


@dataclass(frozen=True, slots=True, eq=False)
class Listening:
    """Two bytes for each 32 ms. `speech` is a probability in steps of 1/255, `quiet` the RMS in steps of half
    a decibel below full scale. The same samples always give the same bytes."""

    sample_count: int
    speech: Bytes
    quiet: Bytes


class SpeechDetector:
    """Silero's detector of voices, which comes with the recognizer. Shared by many tasks."""

    def __init__(self, *, threads: int) -> None:
        self._session: Any = get_vad_model().session
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="listen")

    async def listen(self, sound: Sound, on_samples: OnSamples | None = None) -> Listening:
        """`on_samples` is called with how many samples are done; it only rises. Stops within a second or two
        when cancelled."""
        frame_count = -(-sound.sample_count // FRAME_SAMPLES)
        speech, quiet = np.zeros(frame_count, np.uint8), np.zeros(frame_count, np.uint8)
        done_samples = 0

        async def fill(first: int) -> None:
            nonlocal done_samples
            part = slice(first, min(first + _STRETCH_FRAMES, frame_count))
            loop = asyncio.get_running_loop()
            speech[part], quiet[part] = await loop.run_in_executor(
                self._threads, self._hear, sound, part.start, part.stop
            )
            done_samples += min(part.stop * FRAME_SAMPLES, sound.sample_count) - part.start * FRAME_SAMPLES
            if on_samples:
                on_samples(done_samples)

        async with asyncio.TaskGroup() as group:
            for first in range(0, frame_count, _STRETCH_FRAMES):
                group.create_task(fill(first))
        return Listening(sound.sample_count, speech, quiet)

    async def close(self) -> None:
        await asyncio.to_thread(self._threads.shutdown, cancel_futures=True)

    def _hear(self, sound: Sound, first: int, end: int) -> tuple[Bytes, Bytes]:
        lead = min(_LEAD_FRAMES, first)
        memory = np.zeros(_STATE, np.float32), np.zeros(_STATE, np.float32)
        context = np.zeros(_CONTEXT_SAMPLES, np.float32)
        speech, quiet = [], []
        for at in range(first - lead, end, _RUN_FRAMES):
            frames = _frames(sound, at, min(at + _RUN_FRAMES, end))
            seen = _with_context(frames, context)
            context = frames[-1, -_CONTEXT_SAMPLES:]
            found, *memory = self._session.run(None, {"input": seen, "h": memory[0], "c": memory[1]})
            speech.append(np.rint(found.reshape(-1) * 255).astype(np.uint8))
            quiet.append(_quiet(frames))
        return np.concatenate(speech)[lead:], np.concatenate(quiet)[lead:]


def _frames(sound: Sound, first: int, end: int) -> Samples:
    """Whole frames; the last one of a recording is filled up with silence."""
    samples = sound.read(first * FRAME_SAMPLES, min(end * FRAME_SAMPLES, sound.sample_count))
    return np.pad(samples, (0, (end - first) * FRAME_SAMPLES - len(samples))).reshape(-1, FRAME_SAMPLES)


def _with_context(frames: Samples, before: Samples) -> Samples:
    contexts = np.concatenate([before[np.newaxis], frames[:-1, -_CONTEXT_SAMPLES:]])
    return np.concatenate([contexts, frames], axis=1)


def _quiet(frames: Samples) -> Bytes:
    powers = np.einsum("ij,ij->i", frames, frames) / FRAME_SAMPLES
    codes: Bytes = np.clip(np.rint(-20 * np.log10(np.maximum(powers, 1e-13))), 0, 255).astype(np.uint8)
    return codes
