"""Recordings of a few seconds in every format, with lengths that no frame size divides."""

import subprocess
import wave
from pathlib import Path

import imageio_ffmpeg
import numpy as np

RATE = 44100
#: No multiple of any codec's frame, and no whole number of milliseconds.
SAMPLES = 5 * RATE + 123

#: File names and how ffmpeg makes them out of the first one.
ENCODED = {
    "take.flac": (),
    "take-cbr.mp3": ("-b:a", "128k"),
    "take-vbr.mp3": ("-q:a", "4"),
    "take-22k-mono.mp3": ("-ac", "1", "-ar", "22050"),
    "take.ogg": ("-c:a", "libvorbis"),
    "take.opus": ("-c:a", "libopus"),
    "take.aac": ("-c:a", "aac"),
    "take.m4a": ("-c:a", "aac"),
}
RECORDINGS = ("take.wav", *ENCODED)


def make_recordings(folder: Path) -> None:
    source = folder / "take.wav"
    write_wav(source, music(SAMPLES))
    for name, options in ENCODED.items():
        ffmpeg("-i", source, *options, folder / name)


def music(samples: int, *, channels: int = 2, rate: int = RATE, seed: int = 7) -> np.ndarray:
    """Gliding tones with some noise: enough for an encoder to have work, never silent."""
    generator = np.random.default_rng(seed)
    time_s = np.arange(samples) / rate
    columns = [
        0.25 * np.sin(2 * np.pi * (220 + 60 * channel + 15 * time_s) * time_s)
        + 0.02 * generator.standard_normal(samples)
        for channel in range(channels)
    ]
    return (np.column_stack(columns) * 32767).astype("<i2")


def write_wav(path: Path, samples: np.ndarray, rate: int = RATE) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(samples.shape[1])
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.tobytes())


def ffmpeg(*arguments: str | Path) -> bytes:
    """What it writes to its output."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-nostdin", "-y", *map(str, arguments)]
    return subprocess.run(command, check=True, capture_output=True, timeout=120).stdout
