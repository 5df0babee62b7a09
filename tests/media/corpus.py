"""A small corpus of our own: the same few seconds in every codec, and files that lie."""

import struct
import subprocess
from pathlib import Path

import numpy as np
import soundfile

RATE = 44_100
SAMPLES = 142_571  # odd on purpose, 3.2 s

#: Name of each good source, and how ffmpeg makes it.
SOURCES: dict[str, tuple[str, ...]] = {
    "16bit.wav": ("-c:a", "pcm_s16le"),
    "24bit.wav": ("-c:a", "pcm_s24le"),
    "8bit.wav": ("-c:a", "pcm_u8"),
    "32bit.wav": ("-c:a", "pcm_s32le"),
    "float.wav": ("-c:a", "pcm_f32le"),
    "adpcm.wav": ("-c:a", "adpcm_ms"),
    "rf64.wav": ("-c:a", "pcm_s16le", "-rf64", "always"),
    "sony.w64": ("-c:a", "pcm_s16le"),
    "16bit.flac": ("-c:a", "flac", "-sample_fmt", "s16"),
    "24bit.flac": ("-c:a", "flac", "-sample_fmt", "s32"),
    "cbr.mp3": ("-c:a", "libmp3lame", "-b:a", "128k"),
    "vbr.mp3": ("-c:a", "libmp3lame", "-q:a", "3"),
    "no_xing.mp3": ("-c:a", "libmp3lame", "-b:a", "128k", "-write_xing", "0", "-id3v2_version", "0"),
    "22k_mono.mp3": ("-c:a", "libmp3lame", "-b:a", "48k", "-ar", "22050", "-ac", "1"),
    "vorbis.ogg": ("-c:a", "libvorbis", "-q:a", "4"),
    "celt.opus": ("-c:a", "libopus", "-b:a", "96k"),
    "adts.aac": ("-c:a", "aac", "-b:a", "128k", "-aac_pns", "0", "-f", "adts"),
    "aac.m4a": ("-c:a", "aac", "-b:a", "128k"),
    "alac.m4a": ("-c:a", "alac"),
}


def speech_like(samples: int = SAMPLES, rate: int = RATE, channels: int = 2) -> np.ndarray:
    """Bursts of coloured noise and gliding tones with pauses between them, the same on every run."""
    rng = np.random.default_rng(20260329)
    seconds = np.arange(samples) / rate
    voiced = (np.sin(2 * np.pi * 1.7 * seconds) > -0.3) * (0.4 + 0.4 * np.sin(2 * np.pi * 5 * seconds) ** 2)
    tracks = []
    for channel in range(channels):
        tone = np.sin(2 * np.pi * (180 + 40 * channel) * seconds + 3 * np.sin(2 * np.pi * 2.3 * seconds))
        noise = np.convolve(rng.standard_normal(samples), np.ones(5) / 5, mode="same")
        tracks.append(voiced * (0.5 * tone + 0.3 * noise) + 0.001 * rng.standard_normal(samples))
    mixed: np.ndarray = np.clip(np.stack(tracks, axis=1), -0.9, 0.9)
    return mixed


def ffmpeg(binary: Path, *arguments: str | Path) -> None:
    subprocess.run([binary, "-nostdin", "-v", "error", "-y", *arguments], check=True, timeout=60)


def make_sources(folder: Path, binary: Path) -> None:
    master = folder / "master.wav"
    soundfile.write(master, speech_like(), RATE, subtype="PCM_24")
    for name, options in SOURCES.items():
        ffmpeg(binary, "-i", master, *options, folder / name)


def decode_all(binary: Path, path: Path, demuxer: str, codec: str = "pcm_s16le") -> bytes:
    """The whole source by a plain ffmpeg, beside the code under test."""
    argv: list[str | Path] = [binary, "-nostdin", "-v", "error", "-f", demuxer, "-i", path, "-map", "0:a:0"]
    argv += ["-c:a", codec, "-f", codec.removeprefix("pcm_"), "pipe:1"]
    return subprocess.run(argv, check=True, capture_output=True, timeout=60).stdout


def cut_off(source: Path, target: Path, keep: float = 0.6) -> Path:
    data = source.read_bytes()
    target.write_bytes(data[: int(len(data) * keep)])
    return target


def riff(data_bytes: int, body: bytes, channels: int = 2, rate: int = RATE) -> bytes:
    """A 16 bit WAV whose header may lie about its length."""
    block = 2 * channels
    fmt = struct.pack("<HHIIHH", 1, channels, rate, rate * block, block, 16)
    head = b"RIFF" + struct.pack("<I", 36 + data_bytes) + b"WAVEfmt " + struct.pack("<I", 16) + fmt
    return head + b"data" + struct.pack("<I", data_bytes) + body
