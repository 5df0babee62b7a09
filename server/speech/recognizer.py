"""What a recognizer promises, whichever engine it runs: speech in, pieces of text with their times out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from server.speech.transcript_tokens import Heard

SAMPLE_RATE = 16_000
#: The longest stretch that is recognized in one go.
WINDOW_MAX_S = 30

#: Mono, 16 kHz, full scale is 1.
Samples = NDArray[np.float32]
OnWindow = Callable[[int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What to listen for. The language is one of the recognizer's; vocabulary are spellings to expect."""

    language: str
    vocabulary: tuple[str, ...] = ()


class Recognizer(Protocol):
    """A loaded model. Many tasks may share it; their windows wait in line for its threads."""

    @property
    def languages(self) -> frozenset[str]:
        """What the model really has, as codes of the API."""
        ...

    @property
    def is_english_only(self) -> bool: ...

    async def detect_language(self, windows: Sequence[Samples]) -> str:
        """The one language that these windows are most likely spoken in; there is at least one window."""
        ...

    async def recognize(
        self, windows: Sequence[Samples], task: Task, on_window: OnWindow | None = None
    ) -> list[tuple[Heard, ...]]:
        """The pieces heard in each window, in order, timed from its beginning and within it.

        `on_window` gets the position of each window that is done, in whatever order. When cancelled, no
        further window is begun, and the result of those under way is dropped.
        """
        ...

    async def close(self) -> None:
        """Drops what waits and waits for what runs: one batch of windows a thread at most."""
        ...
