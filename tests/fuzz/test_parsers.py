"""Ten thousand files that are nearly right: our own parsers refuse them soon, and in little memory."""

import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from fuzz.mutator import Mutator
from fuzz.targets import TARGETS

FILES = ("mp3", "adts", "flac", "opus", "vorbis", "mp4", "wav", "tags")
TIMES = 1300
MOST_CPU_S = 2.0
MOST_BYTES = 512 << 20


def test_there_are_ten_thousand_files() -> None:
    assert set(FILES) <= set(TARGETS)
    assert len(FILES) * TIMES >= 10_000


@contextmanager
def little_memory() -> Iterator[None]:
    """Whoever wants much more than there is now gets a MemoryError, which is no typed error."""
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (psutil.Process().memory_info().vms + MOST_BYTES, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


@pytest.mark.timeout(120)
@pytest.mark.parametrize("name", TARGETS)
def test_what_is_nearly_right_is_read_or_refused(name: str, tmp_path: Path) -> None:
    target = TARGETS[name]
    mutator = Mutator(f"2026 {name}", target.corpus(), target.tokens)
    target.parse(target.corpus()[0], tmp_path)  # if all were refused at once, nothing would be tested

    with little_memory():
        for number in range(TIMES):
            data = mutator.next()
            if target.repair and number % 4:
                data = target.repair(data)
            started = time.process_time()
            try:
                target.try_one(data, tmp_path)
            except Exception as error:
                error.add_note(f"{name}, number {number}: {data[:200]!r}")
                raise
            assert time.process_time() - started < MOST_CPU_S, (number, data[:200])
