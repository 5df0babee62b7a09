"""What happens to words where a recording was cut: which are there twice, and which are lost."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from server.speech.listening import SpeechDetector
from server.speech.recognizer import SAMPLE_RATE
from server.speech.sound import Sound
from server.speech.windows import plan_windows

#: So many words at either side belong to a joint: of words that repeat, nobody can tell which one is lost.
_NEAR = 2


@dataclass(frozen=True, slots=True)
class Spoken:
    """A word that was heard, with the middle of its time."""

    text: str
    at_s: float


@dataclass(frozen=True, slots=True)
class Joints:
    count: int
    doubled: int
    lost: int


async def find_joints(recording: Path, threads: int) -> list[float]:
    """Where the service cuts this file, in seconds. It is what recognizers hear, so nothing is decoded."""
    detector = SpeechDetector(threads=threads)
    windows = plan_windows(await detector.listen(Sound.open(recording)))
    await detector.close()
    return [(before.end_sample + after.first_sample) / 2 / SAMPLE_RATE for before, after in pairwise(windows)]


def judge(joints_s: Sequence[float], reference: Sequence[str], heard: Sequence[Spoken]) -> Joints:
    lost_before, is_extra = _differences(reference, [word.text for word in heard])
    doubled = lost = 0
    for joint_s in joints_s:
        first = sum(word.at_s < joint_s for word in heard)
        near = range(max(0, first - _NEAR), min(len(heard), first + _NEAR))
        lost += sum(lost_before[position] for position in (*near, near.stop))
        doubled += sum(is_extra[position] and _is_there_twice(heard, position, near) for position in near)
    return Joints(len(joints_s), doubled, lost)


def _is_there_twice(heard: Sequence[Spoken], position: int, near: range) -> bool:
    return sum(heard[other].text == heard[position].text for other in near) > 1


def _differences(reference: Sequence[str], heard: Sequence[str]) -> tuple[list[int], list[bool]]:
    """How many words are missing before each that was heard, and behind the last; and which nobody said."""
    lost_before, is_extra = [0] * (len(heard) + 1), [False] * len(heard)
    steps = _steps(reference, heard)
    row, column = len(reference), len(heard)
    while row or column:
        step = steps[row][column]
        if step == _LOST:
            lost_before[column] += 1
        elif step == _EXTRA:
            is_extra[column - 1] = True
        row -= step != _EXTRA
        column -= step != _LOST
    return lost_before, is_extra


_SAID, _LOST, _EXTRA = range(3)


def _steps(reference: Sequence[str], heard: Sequence[str]) -> list[bytearray]:
    """For each pair of beginnings, the last step of the fewest changes that lead from one to the other."""
    costs = list(range(len(heard) + 1))
    steps = [bytearray([_EXTRA]) * (len(heard) + 1)]
    for row, wanted in enumerate(reference, start=1):
        taken = bytearray(len(heard) + 1)
        diagonal, costs[0], taken[0] = costs[0], row, _LOST
        for column, got in enumerate(heard, start=1):
            ways = (diagonal + (wanted != got), costs[column] + 1, costs[column - 1] + 1)
            diagonal, costs[column] = costs[column], min(ways)
            taken[column] = ways.index(costs[column])
        steps.append(taken)
    return steps
