"""The bundled model on real speech, and on what is none."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from server.speech.model_files import ModelFiles
from server.speech.models import bundled_model
from server.speech.recognizer import SAMPLE_RATE, Samples, Task
from server.speech.transcript_tokens import Heard
from server.speech.whisper import WhisperRecognizer, WhisperRuntime
from tests.speech.recordings import Readings, noise, silence, word_error_rate, words_in
from zerokerf.errors import ConfigError

ENGLISH = Task(language="en")


def text(pieces: Sequence[Heard]) -> str:
    return "".join(piece.text for piece in pieces)


async def test_a_short_clip_is_recognized(recognizer: WhisperRecognizer, readings: Readings) -> None:
    clip = readings.worstward.samples[: 5 * SAMPLE_RATE]

    (pieces,) = await recognizer.recognize([clip], ENGLISH)

    assert words_in(text(pieces)) == words_in("Ever tried. Ever failed. No matter.")[: len(pieces)]
    assert len(pieces) >= 5


async def test_words_are_timed_within_their_window(recognizer: WhisperRecognizer, readings: Readings) -> None:
    lead = silence(3)

    (pieces,) = await recognizer.recognize([np.concatenate([lead, readings.worstward.samples])], ENGLISH)

    assert 2000 <= pieces[0].start_ms <= 3500
    assert all(piece.start_ms <= piece.end_ms for piece in pieces)
    assert pieces[-1].end_ms <= 3000 + len(readings.worstward.samples) * 1000 // SAMPLE_RATE
    assert all(0 < piece.confidence <= 1 for piece in pieces)


async def test_windows_come_back_in_their_order_and_are_told_when_done(
    recognizer: WhisperRecognizer, readings: Readings
) -> None:
    long, short, none = readings.play, readings.worstward.samples, silence(0)
    done: list[int] = []

    found = await recognizer.recognize([long, short, none, short], ENGLISH, done.append)

    assert "fetched you from that ditch" in text(found[0])
    assert words_in(text(found[1])) == words_in(text(found[3])) == readings.worstward.words
    assert found[2] == ()
    assert sorted(done) == [0, 1, 2, 3]


async def test_windows_of_a_batch_are_recognized_as_they_are_alone(
    model_files: ModelFiles, recognizer: WhisperRecognizer, readings: Readings
) -> None:
    batching = await WhisperRecognizer.load(model_files, WhisperRuntime(threads=1, batch_windows=4))
    windows = [readings.play, silence(0), readings.worstward.samples]

    together = await batching.recognize(windows, ENGLISH)
    alone = await recognizer.recognize(windows, ENGLISH)
    await batching.close()

    assert [words_in(text(window)) for window in together] == [words_in(text(window)) for window in alone]
    for first, second in zip(together[2], alone[2], strict=True):
        assert abs(first.start_ms - second.start_ms) <= 100


async def test_hotwords_change_what_is_heard(recognizer: WhisperRecognizer, readings: Readings) -> None:
    (plain,) = await recognizer.recognize([readings.play], ENGLISH)
    (hinted,) = await recognizer.recognize(
        [readings.play], Task(language="en", vocabulary=("Ah, that", "Nagg"))
    )

    assert "Ah, that's a good story" not in text(plain)
    assert "Ah, that's a good story" in text(hinted)


@pytest.mark.parametrize("sample_count", [0, 1, 100, 400, 1600])
async def test_a_fraction_of_a_second_does_no_harm(
    recognizer: WhisperRecognizer, readings: Readings, sample_count: int
) -> None:
    (pieces,) = await recognizer.recognize([readings.worstward.samples[:sample_count]], ENGLISH)

    assert all(piece.end_ms * SAMPLE_RATE <= sample_count * 1000 for piece in pieces)


async def test_noise_is_no_speech(recognizer: WhisperRecognizer) -> None:
    assert await recognizer.recognize([noise(28, 0.001), noise(28, 0.5)], ENGLISH) == [(), ()]


async def test_what_cannot_be_understood_is_not_repeated_for_ever(
    recognizer: WhisperRecognizer, readings: Readings
) -> None:
    backwards: Samples = np.ascontiguousarray(readings.tale.samples[: 28 * SAMPLE_RATE][::-1])

    (pieces,) = await recognizer.recognize([backwards], ENGLISH)

    words = words_in(text(pieces))
    runs = [tuple(words[at : at + 6]) for at in range(len(words))]
    assert max(runs.count(run) for run in runs) <= 3


async def test_what_is_really_repeated_is_written_as_often(
    recognizer: WhisperRecognizer, readings: Readings
) -> None:
    again = np.concatenate([readings.worstward.samples[: 3 * SAMPLE_RATE // 2]] * 12)

    (pieces,) = await recognizer.recognize([again], ENGLISH)

    assert words_in(text(pieces)).count("tried") >= 10


async def test_one_model_serves_many_at_once(recognizer: WhisperRecognizer, readings: Readings) -> None:
    found = await asyncio.gather(
        *(recognizer.recognize([readings.worstward.samples], ENGLISH) for _ in range(5))
    )

    assert [words_in(text(pieces)) for (pieces,) in found] == [readings.worstward.words] * 5


async def test_work_stops_when_it_is_cancelled(
    model_files: ModelFiles, recognizer: WhisperRecognizer, readings: Readings
) -> None:
    own = await WhisperRecognizer.load(model_files, WhisperRuntime(threads=2))
    started = asyncio.Event()
    windows = [readings.play] * 60
    work = asyncio.create_task(own.recognize(windows, ENGLISH, lambda _: started.set()))
    await started.wait()

    began = time.monotonic()
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    told_s = time.monotonic() - began
    await own.close()

    assert told_s < 0.5
    assert time.monotonic() - began < 5  # a close waits for all that runs


async def test_an_english_model_needs_not_guess_the_language(
    recognizer: WhisperRecognizer, readings: Readings
) -> None:
    assert recognizer.is_english_only
    assert recognizer.languages == {"en"}
    assert await recognizer.detect_language([readings.worstward.samples]) == "en"


@pytest.mark.parametrize("runtime", [WhisperRuntime(compute_type="int3"), WhisperRuntime(device="abacus")])
async def test_a_model_that_cannot_be_run_so_is_the_operators_to_mend(
    model_files: ModelFiles, runtime: WhisperRuntime
) -> None:
    with pytest.raises(ConfigError, match="cannot be run"):
        await WhisperRecognizer.load(model_files, runtime)


def test_nothing_leaves_the_machine() -> None:
    """A process in which every look at the network is an error loads, listens and recognizes all the same."""
    program = Path(__file__).parent / "offline_program.py"

    done = subprocess.run(
        [sys.executable, program, bundled_model()], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
    assert word_error_rate(words_in("Ever tried. Ever failed. No matter."), words_in(done.stdout)[:6]) == 0
