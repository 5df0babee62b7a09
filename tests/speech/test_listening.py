"""Real sounds, listened to."""

import asyncio
import time
from pathlib import Path

import numpy as np
import pytest
from faster_whisper.vad import get_vad_model

from server.speech.listening import FRAME_SAMPLES, SpeechDetector
from server.speech.pauses import speech_runs
from server.speech.recognizer import SAMPLE_RATE
from server.speech.sound import Sound
from server.speech.windows import plan_windows
from tests.speech.recordings import Readings, noise, silence, write


async def test_speech_is_found_where_it_is(
    detector: SpeechDetector, readings: Readings, tmp_path: Path
) -> None:
    length_s = len(readings.worstward.samples) / SAMPLE_RATE
    path = write(tmp_path / "speech.wav", silence(20), readings.worstward.samples, silence(20))

    heard = await detector.listen(Sound.open(path))

    runs = speech_runs(heard)
    starts_s = runs[0].first * FRAME_SAMPLES / SAMPLE_RATE
    ends_s = runs[-1].end * FRAME_SAMPLES / SAMPLE_RATE
    assert 20 <= starts_s < 21
    assert 20 + length_s - 2 < ends_s <= 20 + length_s + 0.2
    assert len(runs) >= 6  # the reader pauses after every sentence


@pytest.mark.parametrize("loudness", [0.0, 0.001, 0.1, 0.9])
async def test_noise_and_silence_hold_no_speech(
    detector: SpeechDetector, tmp_path: Path, loudness: float
) -> None:
    sound = Sound.open(write(tmp_path / "noise.wav", noise(60, loudness)))

    assert plan_windows(await detector.listen(sound)) == []


async def test_a_recording_without_samples_is_heard(detector: SpeechDetector, tmp_path: Path) -> None:
    heard = await detector.listen(Sound.open(write(tmp_path / "nothing.wav")))

    assert (heard.sample_count, len(heard.speech), len(heard.quiet)) == (0, 0, 0)


async def test_a_recording_of_any_length_is_heard_to_its_end(
    detector: SpeechDetector, readings: Readings, tmp_path: Path
) -> None:
    for sample_count in (1, FRAME_SAMPLES - 1, FRAME_SAMPLES, FRAME_SAMPLES + 1):
        part = readings.tale.samples[20000 : 20000 + sample_count]
        heard = await detector.listen(Sound.open(write(tmp_path / "part.wav", part)))

        assert heard.sample_count == sample_count
        assert len(heard.speech) == len(heard.quiet) == -(-sample_count // FRAME_SAMPLES)


async def test_what_is_heard_does_not_depend_on_how_many_threads_listen(
    readings: Readings, tmp_path: Path
) -> None:
    path = write(tmp_path / "long.wav", *[readings.tale.samples, silence(1)] * 14)  # two parts and a bit
    alone, together = SpeechDetector(threads=1), SpeechDetector(threads=3)

    first, second = await alone.listen(Sound.open(path)), await together.listen(Sound.open(path))

    await asyncio.gather(alone.close(), together.close())
    assert np.array_equal(first.speech, second.speech)
    assert np.array_equal(first.quiet, second.quiet)


async def test_a_recording_that_is_read_in_pieces_is_heard_like_one_in_memory(
    detector: SpeechDetector, readings: Readings, tmp_path: Path
) -> None:
    sound = Sound.open(write(tmp_path / "long.wav", *[readings.tale.samples] * 7))
    frame_count = sound.sample_count // FRAME_SAMPLES
    in_memory = get_vad_model()(sound.read(0, frame_count * FRAME_SAMPLES)).reshape(-1) * 255

    heard = await detector.listen(sound)

    differences = np.abs(heard.speech[:frame_count] - in_memory)
    joint = 300 * SAMPLE_RATE // FRAME_SAMPLES  # where another thread takes over
    assert sound.sample_count > 300 * SAMPLE_RATE
    assert differences[: joint - 1].max() <= 1
    assert differences[joint : joint + 20].mean() <= 8


async def test_progress_rises_to_the_whole(
    detector: SpeechDetector, readings: Readings, tmp_path: Path
) -> None:
    sound = Sound.open(write(tmp_path / "long.wav", *[readings.tale.samples] * 14))
    done: list[int] = []

    await detector.listen(sound, done.append)

    assert done == sorted(done)
    assert len(done) == 3
    assert done[-1] == sound.sample_count


async def test_listening_stops_when_it_is_cancelled(readings: Readings, tmp_path: Path) -> None:
    detector = SpeechDetector(threads=1)
    path = write(tmp_path / "hour.wav", *[readings.tale.samples] * 80)
    started = asyncio.Event()
    listening = asyncio.create_task(detector.listen(Sound.open(path), lambda _: started.set()))
    await started.wait()

    began = time.monotonic()
    listening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await listening
    await detector.close()

    assert time.monotonic() - began < 5


async def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    stereo = (
        write(tmp_path / "stereo.wav", silence(1))
        .read_bytes()
        .replace(b"\x01\x00\x01\x00", b"\x01\x00\x02\x00")
    )
    (tmp_path / "stereo.wav").write_bytes(stereo)

    with pytest.raises(ValueError, match="one channel"):
        Sound.open(tmp_path / "stereo.wav")


async def test_a_file_that_became_shorter_is_noticed(tmp_path: Path) -> None:
    path = write(tmp_path / "cut.wav", silence(2))
    sound = Sound.open(path)
    with path.open("r+b") as file:
        file.truncate(1000)

    with pytest.raises(ValueError, match="shorter"):
        sound.read(0, sound.sample_count)
