"""An hour of sound in every format, and ten hours of MP3, made anew for each run."""

import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from server.media.decoder import find_decoder

RATE = 44_100
HOUR_S, TEN_HOURS_S = 3600, 36_000
_MINUTE_S = 60
_ENCODERS = {
    "flac": ("-c:a", "flac", "-frame_size", "4096"),
    "mp3": ("-c:a", "libmp3lame", "-b:a", "128k"),
    "ogg": ("-c:a", "libvorbis", "-q:a", "4"),
    "opus": ("-c:a", "libopus", "-b:a", "96k"),
    "aac": ("-c:a", "aac", "-b:a", "128k", "-f", "adts"),
}


@dataclass(frozen=True, slots=True)
class Corpus:
    """Files of an hour by their formats, and the long one."""

    hours: dict[str, Path]
    ten_hours: Path


def make_corpus(folder: Path) -> Corpus:
    """Unless it is there already. The encoders run side by side; the ten hours are the hour's frames ten
    times."""
    hours = {kind: folder / f"hour.{kind}" for kind in ("wav", *_ENCODERS, "m4a")}
    ten_hours = folder / "ten-hours.mp3"
    if ten_hours.exists():
        return Corpus(hours, ten_hours)
    folder.mkdir(parents=True)
    _write_master(hours["wav"])
    with ThreadPoolExecutor() as pool:
        made = [
            pool.submit(ffmpeg, "-i", hours["wav"], *options, hours[kind])
            for kind, options in _ENCODERS.items()
        ]
        for each in made:
            each.result()
    ffmpeg("-f", "aac", "-i", hours["aac"], "-c", "copy", hours["m4a"])
    ffmpeg("-stream_loop", "9", "-i", hours["mp3"], "-c", "copy", ten_hours)
    return Corpus(hours, ten_hours)


def ffmpeg(*arguments: str | Path) -> None:
    subprocess.run([find_decoder().binary, "-nostdin", "-v", "error", "-y", *arguments], check=True)


def _write_master(path: Path) -> None:
    """Minute by minute: voices of changing pitch over music that fades, with pauses between sentences."""
    with soundfile.SoundFile(path, "w", RATE, 2, "PCM_16") as file:
        for minute in range(HOUR_S // _MINUTE_S):
            file.write(_minute(minute))


def _minute(minute: int) -> np.ndarray:
    rng = np.random.default_rng(minute)
    seconds = np.arange(_MINUTE_S * RATE, dtype=np.float32) / RATE
    speaks = np.sin(2 * np.pi * (0.17 + 0.002 * minute) * seconds) > -0.6
    voice = np.zeros_like(seconds)
    pitch = 110 + minute + 12 * np.sin(2 * np.pi * 0.9 * seconds)
    phase = 2 * np.pi * np.cumsum(pitch, dtype=np.float64) / RATE
    for harmonic in range(1, 9):
        voice += np.sin(harmonic * phase).astype(np.float32) / harmonic
    voice *= 0.12 * speaks * (0.4 + 0.6 * np.sin(2 * np.pi * 2.5 * seconds) ** 2)
    music = 0.06 * np.sin(2 * np.pi * (220 + 7 * minute) * seconds) * np.sin(2 * np.pi * 0.05 * seconds) ** 2
    breath = rng.standard_normal((len(seconds), 2), np.float32) * (0.0005 + 0.01 * speaks)[:, None]
    mixed: np.ndarray = (voice + music)[:, None] + breath.astype(np.float32)
    return mixed
