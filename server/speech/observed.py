"""A recognizer that tells how much it has recognized."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

from server.speech.recognizer import SAMPLE_RATE, OnWindow, Recognizer, Samples, Task
from server.speech.transcript_tokens import Heard

#: Called with the seconds of speech, entered while they are recognized.
OnRecognizing = Callable[[float], AbstractContextManager[None]]


class ObservedRecognizer:
    def __init__(self, recognizer: Recognizer, on_recognizing: OnRecognizing) -> None:
        self._recognizer = recognizer
        self._on_recognizing = on_recognizing

    @property
    def languages(self) -> frozenset[str]:
        return self._recognizer.languages

    @property
    def is_english_only(self) -> bool:
        return self._recognizer.is_english_only

    async def detect_language(self, windows: Sequence[Samples]) -> str:
        return await self._recognizer.detect_language(windows)

    async def recognize(
        self, windows: Sequence[Samples], task: Task, on_window: OnWindow | None = None
    ) -> list[tuple[Heard, ...]]:
        with self._on_recognizing(sum(window.size for window in windows) / SAMPLE_RATE):
            return await self._recognizer.recognize(windows, task, on_window)

    async def close(self) -> None:
        await self._recognizer.close()
