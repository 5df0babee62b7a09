"""The whole way from a recording to its transcript, on readings of known words."""

import asyncio
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from server.speech.chunks import HeardChunk, hear_chunk, hear_language, plan_chunks, samples_in, stitch
from server.speech.listening import FRAME_SAMPLES, SpeechDetector
from server.speech.model_files import ModelFiles
from server.speech.pauses import speech_runs
from server.speech.recognizer import Samples, Task
from server.speech.sound import Sound
from server.speech.transcript import Transcript
from server.speech.whisper import WhisperRecognizer, WhisperRuntime
from server.speech.windows import plan_windows
from tests.speech.recordings import Readings, noise, silence, word_error_rate, words_in, write

ENGLISH = Task(language="en")


class Room:
    """The room's parts in the order in which a job uses them."""

    def __init__(self, recognizer: WhisperRecognizer, detector: SpeechDetector) -> None:
        self._recognizer = recognizer
        self._detector = detector

    async def hear(self, path: Path, channel: str | None = None) -> list[HeardChunk]:
        sound = Sound.open(path)
        windows = plan_windows(await self._detector.listen(sound))
        chunks = plan_chunks(windows, sound.sample_count)
        return await asyncio.gather(
            *(
                hear_chunk(
                    self._recognizer, samples_in(sound, chunk.windows), chunk, ENGLISH, channel=channel
                )
                for chunk in chunks
            )
        )

    async def transcribe(self, path: Path) -> Transcript:
        heard = await self.hear(path)
        return stitch(heard, language="en", duration_ms=Sound.open(path).duration_ms)


@pytest.fixture
def room(recognizer: WhisperRecognizer, detector: SpeechDetector) -> Room:
    return Room(recognizer, detector)


def words_of(transcript: Transcript) -> list[str]:
    return words_in(" ".join(word.text for word in transcript.words))


@pytest.mark.slow
async def test_chunks_are_as_right_as_the_recording_in_one_piece(
    room: Room, readings: Readings, tmp_path: Path
) -> None:
    parts = [readings.tale.samples, silence(0.7), readings.worstward.samples, silence(0.3)] * 2
    reference = (readings.tale.words + readings.worstward.words) * 2

    transcript = await room.transcribe(write(tmp_path / "readings.wav", *parts))

    assert word_error_rate(reference, words_of(transcript)) <= 0.02
    assert not any(a == b for a, b in pairwise(words_of(transcript)))  # the readings double no word


async def test_words_lie_where_they_are_spoken(room: Room, readings: Readings, tmp_path: Path) -> None:
    path = write(
        tmp_path / "apart.wav",
        *[silence(8), readings.worstward.samples, silence(12), readings.worstward.samples],
    )
    second_ms = 8000 + len(readings.worstward.samples) // 16 + 12_000

    transcript = await room.transcribe(path)

    assert words_of(transcript) == readings.worstward.words * 2
    half = len(readings.worstward.words)
    starts_ms = [word.start_ms for word in transcript.words]
    assert 7600 <= starts_ms[0] <= 9000  # at most the margin too early
    assert second_ms - 400 <= starts_ms[half] <= second_ms + 1000
    shifts_ms = np.subtract(starts_ms[half:], starts_ms[:half]) - (second_ms - 8000)
    assert abs(shifts_ms).max() <= 250


@pytest.mark.slow
async def test_speech_that_never_pauses_is_cut_without_loss(
    room: Room, detector: SpeechDetector, readings: Readings, tmp_path: Path
) -> None:
    breathless = await _without_pauses(readings.tale.samples, detector, tmp_path)
    assert len(breathless) > 28 * 16_000

    transcript = await room.transcribe(write(tmp_path / "breathless.wav", breathless))

    assert word_error_rate(readings.tale.words, words_of(transcript)) <= 0.1


async def test_channels_are_heard_apart(room: Room, readings: Readings, tmp_path: Path) -> None:
    left = write(tmp_path / "left.wav", readings.worstward.samples, silence(12))
    right = write(tmp_path / "right.wav", silence(11), readings.worstward.samples)

    heard = [*await room.hear(left, "channel_1"), *await room.hear(right, "channel_2")]
    transcript = stitch(heard, language="en", duration_ms=Sound.open(right).duration_ms)

    by_channel = {
        channel: [word.text.lower() for word in transcript.words if word.channel == channel]
        for channel in ("channel_1", "channel_2")
    }
    assert by_channel["channel_1"] == by_channel["channel_2"] == readings.worstward.words


async def test_the_language_of_a_recording_is_one_of_the_models(
    recognizer: WhisperRecognizer, detector: SpeechDetector, readings: Readings, tmp_path: Path
) -> None:
    sound = Sound.open(write(tmp_path / "speech.wav", *[readings.worstward.samples, silence(5)] * 6))
    windows = plan_windows(await detector.listen(sound))

    assert len(windows) > 4
    assert await hear_language(recognizer, sound, windows) == "en"


@pytest.mark.parametrize("seconds", [0.0, 0.01, 90.0])
async def test_silence_has_an_empty_transcript(room: Room, tmp_path: Path, seconds: float) -> None:
    transcript = await room.transcribe(write(tmp_path / "silence.wav", silence(seconds)))

    assert transcript.words == ()
    assert transcript.duration_ms == int(seconds * 1000)


async def test_noise_does_no_harm(room: Room, readings: Readings, tmp_path: Path) -> None:
    clicks = noise(60, 0.02)
    clicks[:: 16_000 // 3] = 1.0

    transcript = await room.transcribe(write(tmp_path / "noise.wav", clicks, noise(60, 0.9)))

    assert transcript.words == ()


async def test_a_chunk_that_is_repeated_alone_gives_the_same_words(
    model_files: ModelFiles, detector: SpeechDetector, readings: Readings, tmp_path: Path
) -> None:
    sound = Sound.open(write(tmp_path / "speech.wav", readings.play))
    chunk, *_ = plan_chunks(plan_windows(await detector.listen(sound)), sound.sample_count)

    found = []
    for _ in range(2):
        recognizer = await WhisperRecognizer.load(model_files, WhisperRuntime(threads=1))
        found.append(await hear_chunk(recognizer, samples_in(sound, chunk.windows), chunk, ENGLISH))
        await recognizer.close()

    assert found[0] == found[1]


async def _without_pauses(samples: Samples, detector: SpeechDetector, folder: Path) -> Samples:
    listening = await detector.listen(Sound.open(write(folder / "pauses.wav", samples)))
    return np.concatenate(
        [samples[run.first * FRAME_SAMPLES : run.end * FRAME_SAMPLES] for run in speech_runs(listening)]
    )
