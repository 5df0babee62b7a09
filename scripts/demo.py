"""Starts the service in a temporary folder, splits real recordings, transcribes one: what `make demo` shows.

The speech is a public-domain reading of "A Tale of Two Cities" from the wheel `moonshine-voice`: a real
voice, and there without a download. The music is made here, as chords and noise.
"""

import os
import secrets
import socket
import subprocess
import sys
import tempfile
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import as_file, files
from pathlib import Path

import imageio_ffmpeg
import numpy as np
from rich.console import Console

RATE = 44_100
MUSIC_S = 60
#: Of the reading, from its beginning to its end.
KNOWN_WORDS = ("times", "wisdom", "belief", "darkness", "heaven", "authorities", "comparison")
BIN = Path(sys.executable).parent
console = Console(highlight=False)


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="zerokerf-demo-") as name:
        folder = Path(name)
        console.rule("[bold]Recordings")
        talk, music = make_talk(folder), make_music(folder)
        with serving(folder / "data") as environment:
            split(environment, talk, folder / "1", "--every", "10s")
            split(environment, talk, folder / "2", "--every", "15s", "--to", "flac")
            split(environment, music, folder / "3", "--max-size", "2MB")
            split(environment, music, folder / "4", "--max-size", "500KB", "--to", "mp3")
            text = transcribe(environment, talk, folder / "text")
        console.rule("[bold]Proof")
        proven = [
            prove(source, folder / part)
            for source, part in zip((talk, talk, music, music), "1234", strict=True)
        ]
        proven.append(recognize(talk, text))
    return 0 if all(proven) else 1


def make_talk(folder: Path) -> Path:
    """The reading as an MP3, as podcasts come."""
    path = folder / "two-cities.mp3"
    with as_file(files("moonshine_voice") / "assets" / "two_cities.wav") as reading:
        ffmpeg("-i", str(reading), "-c:a", "libmp3lame", "-b:a", "96k", str(path))
    console.print(f"{path.name}: a reading of Dickens, {samples_of(path) / 48_000:.3f} s")
    return path


def make_music(folder: Path) -> Path:
    """Decaying chords with a beat of noise, in stereo, as a FLAC."""
    rng = np.random.default_rng(7)
    time = np.arange(int(0.5 * RATE)) / RATE
    beats = [_beat(rng, time) for _ in range(MUSIC_S * 2)]
    mono = np.concatenate(beats)
    stereo = np.stack([mono, np.roll(mono, 211) * 0.8], axis=1)
    raw, path = folder / "music.wav", folder / "music.flac"
    with wave.open(str(raw), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((stereo * 32_000).astype("<i2").tobytes())
    ffmpeg("-i", str(raw), "-c:a", "flac", "-frame_size", "4096", str(path))
    console.print(f"{path.name}: chords and noise, {samples_of(path) / RATE:.3f} s")
    return path


def _beat(rng: np.random.Generator, time: np.ndarray) -> np.ndarray:
    root = 110 * 2 ** (rng.choice([0, 3, 5, 7, 10, 12]) / 12)
    chord = sum(np.sin(2 * np.pi * root * part * time) / part for part in (1, 1.5, 2, 3))
    hat = rng.standard_normal(len(time)) * np.exp(-time * 60)
    beat: np.ndarray = chord * np.exp(-time * 3) * 0.25 + hat * 0.08
    return beat


@contextmanager
def serving(data: Path) -> Iterator[dict[str, str]]:
    """The embedded service on free ports; its environment is that of its clients too."""
    key = f"as_live_sk_{secrets.token_urlsafe(32)}"
    grpc, rest = free_address(), free_address()
    environment = os.environ | {
        "ZEROKERF_DATA_DIR": str(data),
        "ZEROKERF_GRPC_ADDRESS": grpc,
        "ZEROKERF_REST_ADDRESS": rest,
        "ZEROKERF_SERVER": grpc,
        "ZEROKERF_BOOTSTRAP_API_KEY": key,
        "ZEROKERF_API_KEY": key,
        "ZEROKERF_LOG_LEVEL": "warning",
    }
    console.rule("[bold]Service")
    service = subprocess.Popen(
        [BIN / "zerokerf", "serve"], env=environment, stdout=subprocess.PIPE, text=True
    )
    try:
        for line in service.stdout or ():
            console.print(line.rstrip())
            if line.startswith("  Data"):
                break
        if service.poll() is not None:
            raise SystemExit("the service did not start")
        yield environment
    finally:
        service.terminate()
        service.wait(30)


def split(environment: dict[str, str], source: Path, folder: Path, *options: str) -> None:
    """The command as a user types it, with its progress bars and its table."""
    console.rule(f"[bold]zerokerf split {source.name} {' '.join(options)}")
    command = [str(BIN / "zerokerf"), "split", str(source), *options, "-o", str(folder)]
    subprocess.run(command, env=environment, check=True)


def transcribe(environment: dict[str, str], source: Path, folder: Path) -> str:
    """Subtitles too, of which the first few are shown."""
    options = ("--format", "txt,srt")
    console.rule(f"[bold]zerokerf transcribe {source.name} {' '.join(options)}")
    command = [str(BIN / "zerokerf"), "transcribe", str(source), *options, "-o", str(folder)]
    subprocess.run(command, env=environment, check=True)
    subtitles = (folder / f"{source.stem}.srt").read_text().split("\n\n")
    console.print("\n\n".join(subtitles[:2]), markup=False)
    return (folder / f"{source.stem}.txt").read_text()


def recognize(source: Path, text: str) -> bool:
    """Whether words that are known to be said were understood, all but one."""
    words = {word.strip(".,").lower() for word in text.split()}
    heard = [word for word in KNOWN_WORDS if word in words]
    verdict = "recognized" if len(heard) >= len(KNOWN_WORDS) - 1 else "NOT RECOGNIZED"
    console.print(f"{source.name} → “{text[:75].strip()}…”", markup=False)
    console.print(f"{len(heard)} of {len(KNOWN_WORDS)} known words: [bold]{verdict}[/]")
    return verdict == "recognized"


def prove(source: Path, folder: Path) -> bool:
    """Decode everything again with a plain ffmpeg: what the segments hold is what the source holds."""
    segments = sorted(folder.iterdir(), key=lambda path: int(path.stem.rpartition("-")[2]))
    counts = [samples_of(path) for path in segments]
    whole = samples_of(source)
    same = sum(counts) == whole
    what = f"{source.name} → {len(segments)} {segments[0].suffix[1:]}"
    verdict = "exact" if same else "NOT THE SAME"
    console.print(
        f"{what}: {' + '.join(map(str, counts))} = {sum(counts)}, source {whole}: [bold]{verdict}[/]"
    )
    return same


def samples_of(path: Path) -> int:
    """Samples per channel: mixed to one channel, each is two bytes."""
    return len(ffmpeg("-i", str(path), "-map", "0:a:0", "-ac", "1", "-f", "s16le", "-")) // 2


def ffmpeg(*arguments: str) -> bytes:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "error", "-y", *arguments]
    return subprocess.run(command, check=True, capture_output=True).stdout


def free_address() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{probe.getsockname()[1]}"


if __name__ == "__main__":
    sys.exit(main())
