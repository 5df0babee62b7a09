"""Pauses are found where they are, in any noise, in every format, and are the same however they are read."""

import asyncio
import json
import tracemalloc
from dataclasses import replace
from pathlib import Path

import numpy as np
import psutil
import pytest
import soundfile

from server.media.pcm import Pcm, SampleFormat
from server.media.silence.listen import find_pauses, find_pauses_of_file
from server.media.silence.pauses import Pauses
from tests.media.conftest import Room
from tests.media.corpus import RATE, cut_off
from zerokerf.errors import CorruptFile

pytestmark = pytest.mark.asyncio(loop_scope="session")

Spans = list[tuple[float, float]]


def talk(length_s: float, noise_db: float, rate: int = RATE, seed: int = 3) -> tuple[np.ndarray, Spans]:
    """Syllables of gliding tones in phrases with pauses of 0.35 to 2 s between them, over steady noise."""
    rng = np.random.default_rng(seed)
    parts: list[np.ndarray] = []
    pauses: Spans = []
    at = 0.0
    while at < length_s:
        for _ in range(int(rng.integers(4, 14))):
            seconds = np.arange(int(rng.uniform(0.1, 0.2) * rate)) / rate
            tone = np.sin(2 * np.pi * (rng.uniform(120, 900) + 200 * seconds) * seconds)
            parts.append(rng.uniform(0.2, 0.5) * tone * np.sqrt(np.hanning(len(seconds))))
        spoken_s = sum(map(len, parts)) / rate
        parts.append(np.zeros(int(rng.choice([0.35, 0.5, 0.8, 2.0]) * rate)))
        at = sum(map(len, parts)) / rate
        pauses.append((spoken_s, at))
    sound = np.concatenate(parts)
    return sound + 10 ** (noise_db / 20) * rng.standard_normal(len(sound)), pauses


def spans_s(pauses: Pauses) -> Spans:
    return [(first / pauses.sample_rate, end / pauses.sample_rate) for first, end in pauses.spans()]


def is_found(true: tuple[float, float], found: Spans) -> bool:
    return any(abs(first - true[0]) < 0.06 and abs(end - true[1]) < 0.06 for first, end in found)


async def pcm_of(room: Room, sound: np.ndarray, rate: int = RATE, subtype: str = "PCM_16") -> Pcm:
    path = room.folder / "sound.wav"
    await asyncio.to_thread(soundfile.write, path, sound, rate, subtype=subtype)
    return await room.open(path)


@pytest.mark.parametrize("noise_db", [-90, -66, -50, -45, -40, -30])
async def test_every_pause_is_found_in_any_noise(noise_db: float, room: Room) -> None:
    sound, true = talk(40, noise_db)

    pauses = await find_pauses(await pcm_of(room, sound))

    found = [span for span in spans_s(pauses) if span[1] - span[0] >= 0.3]
    assert [span for span in true if not is_found(span, found)] == []
    middles = [(first + end) / 2 for first, end in found]
    assert [at for at in middles if not any(first < at < end for first, end in true)] == []


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE"])
async def test_every_kind_of_sample_is_measured_alike(subtype: str, room: Room) -> None:
    sound, true = talk(10, -40)

    pauses = await find_pauses(await pcm_of(room, sound, subtype=subtype))

    assert all(is_found(span, spans_s(pauses)) for span in true)
    assert pauses.threshold_db == pytest.approx(-32, abs=2)


@pytest.mark.parametrize("rate", [8_000, 11_025, 48_000, 192_000])
async def test_pauses_are_where_they_are_at_every_rate(rate: int, room: Room) -> None:
    sound, true = talk(10, -50, rate=rate)

    pauses = await find_pauses(await pcm_of(room, sound, rate))

    assert pauses.sample_rate == rate
    assert all(is_found(span, spans_s(pauses)) for span in true)


async def test_channels_that_cancel_each_other_are_heard(room: Room) -> None:
    sound, true = talk(10, -60)

    pauses = await find_pauses(await pcm_of(room, np.stack([sound, -sound], axis=1)))

    assert all(is_found(span, spans_s(pauses)) for span in true)
    assert len([span for span in spans_s(pauses) if span[1] - span[0] >= 0.3]) == len(true)


async def test_a_click_does_not_end_a_pause(room: Room) -> None:
    sound, _ = talk(10, -70)
    sound[4 * RATE : 6 * RATE] = 0
    sound[5 * RATE : 5 * RATE + 200] = 0.5

    pauses = await find_pauses(await pcm_of(room, sound))

    assert any(first <= 4.02 and end >= 5.98 for first, end in spans_s(pauses))


async def test_silence_cut_in_does_not_hide_the_pauses_of_the_room(room: Room) -> None:
    sound, true = talk(20, -45)
    with_gap = np.concatenate([np.zeros(5 * RATE), sound])

    pauses = await find_pauses(await pcm_of(room, with_gap))

    assert all(is_found((first + 5, end + 5), spans_s(pauses)) for first, end in true)


@pytest.mark.parametrize("noise_db", [-50, -20])
async def test_noise_without_a_pause_has_none(noise_db: float, room: Room) -> None:
    noise = 10 ** (noise_db / 20) * np.random.default_rng(1).standard_normal((5 * RATE, 2))

    assert spans_s(await find_pauses(await pcm_of(room, noise))) == []


async def test_loudness_that_breathes_is_no_pause(room: Room) -> None:
    noise = np.random.default_rng(1).standard_normal(20 * RATE)
    louder = np.where(np.arange(20 * RATE) // RATE % 2, 0.016, 0.01)  # by 4 dB, each second

    assert spans_s(await find_pauses(await pcm_of(room, noise * louder))) == []


async def test_what_is_quiet_to_anyone_is_a_pause_beside_something_quieter(room: Room) -> None:
    sound, true = talk(20, -68)
    nearly_silent = 10 ** (-86 / 20) * np.random.default_rng(1).standard_normal(10 * RATE)

    pauses = await find_pauses(await pcm_of(room, np.concatenate([sound, nearly_silent]), subtype="PCM_24"))

    assert all(is_found(span, spans_s(pauses)) for span in true[:-1])


async def test_what_stands_behind_the_samples_is_not_listened_to(room: Room) -> None:
    pcm = await pcm_of(room, talk(5, -60)[0])

    pauses = await find_pauses(replace(pcm, sample_count=3 * RATE))

    assert pauses.sample_count == 3 * RATE
    assert len(pauses.moments) == 300


async def test_silence_is_one_pause(room: Room) -> None:
    pauses = await find_pauses(await pcm_of(room, np.zeros(5 * RATE + 77)))

    assert list(pauses.spans()) == [(0, 5 * RATE + 77)]


async def test_a_threshold_of_the_user_means_rms(room: Room) -> None:
    noise = 0.01 * np.random.default_rng(1).standard_normal(5 * RATE)  # -40 dBFS
    pcm = await pcm_of(room, noise)

    assert spans_s(await find_pauses(pcm, threshold_db=-37)) == [(0.0, 5.0)]
    assert spans_s(await find_pauses(pcm, threshold_db=-43)) == []


async def test_samples_that_are_no_numbers_are_survived(room: Room) -> None:
    sound, true = talk(10, -60)
    samples = sound.astype(np.float32)
    samples[1000:1100] = np.nan
    samples[1100:1200] = np.inf
    path = room.folder / "odd.raw"
    path.write_bytes(samples.tobytes())
    pcm = Pcm(
        path=path,
        data_offset=0,
        sample_format=SampleFormat.F32,
        sample_rate=RATE,
        channels=1,
        sample_count=len(samples),
    )

    pauses = await find_pauses(pcm)

    assert all(is_found(span, spans_s(pauses)) for span in true)


async def test_a_file_of_one_sample_has_no_pause(room: Room) -> None:
    pauses = await find_pauses(await pcm_of(room, np.zeros(1)))

    assert (list(pauses.spans()), pauses.sample_count) == ([], 1)


def as_seen(pauses: Pauses) -> str:
    seen = [list(pauses.spans()), pauses.moments.tolist(), pauses.threshold, pauses.sample_count]
    return json.dumps(seen)


@pytest.mark.parametrize(
    "name",
    ["16bit.wav", "adpcm.wav", "rf64.wav", "24bit.flac", "vbr.mp3", "vorbis.ogg", "celt.opus", "aac.m4a"],
)
async def test_a_file_has_the_pauses_of_its_decoded_samples(name: str, sources: Path, room: Room) -> None:
    facts = await room.probe(sources / name)

    direct = await find_pauses_of_file(sources / name, facts, room.folder, room.decoder, room.limits)

    decoded = await find_pauses(await room.open(sources / name))
    assert as_seen(direct) == as_seen(decoded)
    assert len(list(direct.spans())) > 2


async def test_a_damaged_file_has_the_pauses_of_what_is_left(sources: Path, room: Room) -> None:
    facts = await room.probe(sources / "16bit.flac")
    damaged = cut_off(sources / "16bit.flac", room.folder / "damaged.flac")

    left = await find_pauses_of_file(damaged, facts, room.folder, room.decoder, room.limits)

    whole = await find_pauses_of_file(sources / "16bit.flac", facts, room.folder, room.decoder, room.limits)
    assert 0 < left.sample_count < whole.sample_count
    assert list(left.spans())[:2] == list(whole.spans())[:2]


async def test_a_file_that_does_not_decode_is_refused(sources: Path, room: Room) -> None:
    facts = await room.probe(sources / "16bit.flac")
    damaged = room.folder / "damaged.flac"
    damaged.write_bytes((sources / "16bit.flac").read_bytes()[:60])

    with pytest.raises(CorruptFile, match="does not decode"):
        await find_pauses_of_file(damaged, facts, room.folder, room.decoder, room.limits)


async def test_progress_counts_the_samples_and_only_rises(sources: Path, room: Room) -> None:
    seen: list[int] = []

    pauses = await find_pauses(await room.open(sources / "16bit.wav"), on_progress=seen.append)

    assert seen == sorted(seen)
    assert seen[-1] == pauses.sample_count


async def test_cancelling_ends_the_decoder(sources: Path, room: Room) -> None:
    facts = await room.probe(sources / "cbr.mp3")
    long = room.folder / "long.mp3"
    long.write_bytes((sources / "cbr.mp3").read_bytes() * 2000)
    started = asyncio.Event()
    loop = asyncio.get_running_loop()

    def on_progress(_: int) -> None:
        loop.call_soon_threadsafe(started.set)

    task = asyncio.create_task(
        find_pauses_of_file(long, facts, room.folder, room.decoder, room.limits, on_progress=on_progress)
    )
    await started.wait()
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
    names = [child.name() for child in psutil.Process().children(recursive=True)]
    assert not any("ffmpeg" in name for name in names)


async def test_cancelling_ends_the_reading(room: Room) -> None:
    pcm = await pcm_of(room, np.zeros((RATE, 2)))
    path = room.folder / "sparse.raw"
    with path.open("wb") as file:
        file.truncate(10**10)
    long = replace(pcm, path=path, data_offset=0, sample_count=10**10 // pcm.frame_bytes)
    seen: list[int] = []

    async def leave_early() -> None:
        reading = asyncio.create_task(find_pauses(long, on_progress=seen.append))
        while not seen:  # noqa: ASYNC110  # the callback comes from a thread, into a loop of its own
            await asyncio.sleep(0)
        reading.cancel()

    await asyncio.to_thread(asyncio.run, leave_early())  # returns when its threads have ended

    assert seen[-1] < long.sample_count // 2


async def test_memory_does_not_grow_with_the_length(room: Room) -> None:
    pcm = await pcm_of(room, np.zeros((RATE, 2)))
    path = room.folder / "sparse.raw"
    with path.open("wb") as file:
        file.truncate(600 * RATE * pcm.frame_bytes)  # 100 MB
    long = replace(pcm, path=path, data_offset=0, sample_count=600 * RATE)

    tracemalloc.start()
    await find_pauses(long)
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak_bytes < 12_000_000
