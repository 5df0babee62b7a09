"""Speech and what is none, in the files that clients send to have it transcribed."""

from pathlib import Path

import numpy as np

from tests.corpus.hostile import HTML
from tests.corpus.recordings import ffmpeg, write_wav
from tests.speech.recordings import load_readings, noise, silence, write

RATE = 16_000
#: The short reading, and how ffmpeg makes it; and how much of it may be heard wrongly.
ENCODED: dict[str, tuple[tuple[str, ...], float]] = {
    "speech.flac": ((), 0.0),
    "speech.mp3": (("-b:a", "48k"), 0.1),
    "speech.m4a": (("-c:a", "aac", "-b:a", "48k"), 0.1),
    "speech.opus": (("-c:a", "libopus", "-b:a", "24k"), 0.1),
    "speech.ogg": (("-c:a", "libvorbis"), 0.1),
    "speech.aac": (("-c:a", "aac", "-b:a", "48k"), 0.1),
    "stereo-48k.wav": (("-ac", "2", "-ar", "48000"), 0.0),
    "phone.wav": (("-ar", "8000", "-c:a", "pcm_mulaw"), 0.2),
    "phone.mp3": (("-ar", "8000", "-b:a", "16k"), 0.3),
    "video.mp4": (("-f", "lavfi", "-i", "testsrc=d=10:s=64x64:r=5", "-c:a", "aac"), 0.1),
}
#: Nothing is said in these.
SPEECHLESS = {"silence.wav": 20.0, "hundredth.wav": 0.01, "noise.wav": 300.0, "tone.wav": 20.0}
#: What the API says of recordings that cannot be heard.
REFUSED = {
    "page.wav": "not a supported",
    "header-only.wav": "no samples",
    "silent-video.mp4": "without sound",
    "cut.m4a": "damaged",
}

#: How long nobody speaks in the midst of a recording.
FAR_S = 1200


def make_batch_recordings(folder: Path) -> None:
    known = load_readings()
    tale, worstward = known.tale.samples, known.worstward.samples
    write(folder / "tale.wav", tale)
    source = write(folder / "speech.wav", worstward)
    for name, (options, _) in ENCODED.items():
        ffmpeg("-i", source, *options, folder / name)
    _make_conversation(folder / "conversation.wav", tale[: 15 * RATE], worstward)
    far = write(folder / "far-apart.wav", worstward, silence(FAR_S), worstward)
    ffmpeg("-i", far, folder / "far-apart.flac")
    far.unlink()
    write(folder / "silence.wav", silence(20))
    write(folder / "hundredth.wav", silence(0.01))
    write(folder / "noise.wav", noise(300, 0.2))
    ffmpeg("-f", "lavfi", "-i", f"sine=f=440:r={RATE}:d=20", folder / "tone.wav")
    (folder / "cut.wav").write_bytes((folder / "tale.wav").read_bytes()[: 2 * RATE * 20])
    _make_refused(folder)


def _make_conversation(path: Path, left: np.ndarray, right: np.ndarray) -> None:
    """Both speak at once, each on a channel."""
    samples = np.zeros((max(len(left), len(right)), 2), np.float32)
    samples[: len(left), 0], samples[: len(right), 1] = left, right
    write_wav(path, (samples * 32767).astype("<i2"), RATE)


def _make_refused(folder: Path) -> None:
    (folder / "page.wav").write_text(HTML)
    (folder / "header-only.wav").write_bytes((folder / "speech.wav").read_bytes()[:44])
    ffmpeg("-f", "lavfi", "-i", "testsrc=d=1:s=64x64:r=10", folder / "silent-video.mp4")
    whole = (folder / "speech.m4a").read_bytes()
    (folder / "cut.m4a").write_bytes(whole[: len(whole) // 2])
