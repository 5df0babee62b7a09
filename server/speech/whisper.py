"""The recognizer of choice: Whisper models run by CTranslate2, one batch of windows on each thread."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from faster_whisper import BatchedInferencePipeline, WhisperModel

from server.speech.model_files import ModelFiles, whisper_code
from server.speech.recognizer import SAMPLE_RATE, WINDOW_MAX_S, OnWindow, Samples, Task
from server.speech.transcript_tokens import Heard
from server.speech.vocabulary import hint_of
from zerokerf.errors import ConfigError

# Whisper's own limits for what it should not be believed.
_REPETITIVE = 2.4  # as many times smaller does the text get when it is compressed
_MOST_TOKENS_PER_S = 7  # nobody speaks as fast
_SURELY_NO_SPEECH = 0.6
_UNSURE_LOGPROB = -1.0

_NO_REPEATS = 4  # so many tokens in a row come up once only
_LEAST_SAMPLES = SAMPLE_RATE // 50  # less than one frame of the model holds no word
_FRAMES_PER_WINDOW = WINDOW_MAX_S * 100


@dataclass(frozen=True, slots=True, kw_only=True)
class WhisperRuntime:
    """How a model is run. On a processor many threads with a window each beat many threads on one window;
    a graphics card wants one thread and large batches."""

    device: str = "cpu"
    compute_type: str = "int8"
    threads: int = 4
    batch_windows: int = 1


class WhisperRecognizer:
    """Holds the loaded model and its threads. What is under way when its caller is cancelled ends with the
    batch: seconds with small models, the price of a model that computes longer on a window is its own."""

    def __init__(self, model: WhisperModel, files: ModelFiles, runtime: WhisperRuntime) -> None:
        self._model = model
        self._files = files
        self._batch_windows = runtime.batch_windows
        self._threads = ThreadPoolExecutor(runtime.threads, thread_name_prefix="whisper")

    @classmethod
    async def load(cls, files: ModelFiles, runtime: WhisperRuntime) -> Self:
        """Reads the model; nothing is downloaded. Raises ConfigError if it cannot be run like this."""
        return cls(await asyncio.to_thread(_load, files, runtime), files, runtime)

    @property
    def languages(self) -> frozenset[str]:
        return self._files.languages

    @property
    def is_english_only(self) -> bool:
        return self._files.is_english_only

    async def detect_language(self, windows: Sequence[Samples]) -> str:
        if self.is_english_only:
            return "en"
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._detect, windows)

    async def recognize(
        self, windows: Sequence[Samples], task: Task, on_window: OnWindow | None = None
    ) -> list[tuple[Heard, ...]]:
        heard: list[tuple[Heard, ...]] = [()] * len(windows)

        async def fill(first: int) -> None:
            batch = windows[first : first + self._batch_windows]
            loop = asyncio.get_running_loop()
            heard[first : first + len(batch)] = await loop.run_in_executor(
                self._threads, self._recognize, batch, task
            )
            for position in range(first, first + len(batch)):
                if on_window:
                    on_window(position)

        async with asyncio.TaskGroup() as group:
            for first in range(0, len(windows), self._batch_windows):
                group.create_task(fill(first))
        return heard

    async def close(self) -> None:
        await asyncio.to_thread(self._threads.shutdown, cancel_futures=True)

    def _detect(self, windows: Sequence[Samples]) -> str:
        """Each window has a vote, as heavy as the model is sure."""
        votes: dict[str, float] = {}
        for window in windows:
            language, probability, _ = self._model.detect_language(window)
            votes[language] = votes.get(language, 0.0) + float(probability)
        return max(votes, key=lambda language: votes[language])

    def _recognize(self, batch: Sequence[Samples], task: Task) -> list[tuple[Heard, ...]]:
        found = self._decode(batch, task)
        return [
            self._again(window, task) if _is_stuck(segments, window) else _heard(segments, position, window)
            for position, (window, segments) in enumerate(zip(batch, found, strict=True))
        ]

    def _again(self, window: Samples, task: Task) -> tuple[Heard, ...]:
        """A model that got stuck goes on when it is forbidden to repeat itself."""
        return _heard(self._decode([window], task, no_repeats=_NO_REPEATS)[0], 0, window)

    def _decode(self, batch: Sequence[Samples], task: Task, *, no_repeats: int = 0) -> list[list[Any]]:
        """The segments of each window. Windows are laid at full distances, which tells them apart again."""
        found: list[list[Any]] = [[] for _ in batch]
        clips = [
            {"start": index * WINDOW_MAX_S, "end": index * WINDOW_MAX_S + len(window) / SAMPLE_RATE}
            for index, window in enumerate(batch)
            if len(window) >= _LEAST_SAMPLES
        ]
        if not clips:
            return found
        segments, _ = BatchedInferencePipeline(self._model).transcribe(
            _laid_out(batch),
            language=whisper_code(task.language),
            clip_timestamps=clips,
            batch_size=len(clips),
            word_timestamps=True,
            hotwords=hint_of(task.vocabulary) or None,
            no_repeat_ngram_size=no_repeats,
        )
        for segment in segments:
            found[segment.seek // _FRAMES_PER_WINDOW].append(segment)
        return found


def _load(files: ModelFiles, runtime: WhisperRuntime) -> WhisperModel:
    is_cpu = runtime.device == "cpu"
    try:
        return WhisperModel(
            str(files.folder),
            device=runtime.device,
            compute_type=runtime.compute_type,
            cpu_threads=1 if is_cpu else 0,
            num_workers=runtime.threads,
            local_files_only=True,
        )
    except (ValueError, RuntimeError) as error:
        raise ConfigError(
            f"The speech model in {files.folder} cannot be run on {runtime.device} "
            f"as {runtime.compute_type}: {error}"
        ) from error


def _laid_out(batch: Sequence[Samples]) -> Samples:
    if len(batch) == 1:
        return batch[0]
    room = np.zeros(len(batch) * WINDOW_MAX_S * SAMPLE_RATE, np.float32)
    for index, window in enumerate(batch):
        first = index * WINDOW_MAX_S * SAMPLE_RATE
        room[first : first + len(window)] = window
    return room


def _is_stuck(segments: Sequence[Any], window: Samples) -> bool:
    """Repetition alone may be what was said; at such a speed it cannot."""
    room = _MOST_TOKENS_PER_S * len(window) / SAMPLE_RATE
    return any(s.compression_ratio > _REPETITIVE and len(s.tokens) > room for s in segments)


def _heard(segments: Sequence[Any], position: int, window: Samples) -> tuple[Heard, ...]:
    """Segments as words timed from the window's beginning, without those that the model itself doubts."""
    begins_ms, length_ms = position * WINDOW_MAX_S * 1000, len(window) * 1000 // SAMPLE_RATE

    def within(seconds: float) -> int:
        return min(max(round(seconds * 1000) - begins_ms, 0), length_ms)

    return tuple(
        Heard(word.word, within(word.start), within(word.end), float(word.probability))
        for segment in segments
        if not (segment.no_speech_prob > _SURELY_NO_SPEECH and segment.avg_logprob < _UNSURE_LOGPROB)
        for word in segment.words or ()
    )
