"""A talk with pauses, in every format, with and without chapters, and every way to cut it."""

from pathlib import Path

from tests.corpus.recordings import RATE, ffmpeg, music, write_wav
from tests.end_to_end.service import Json

#: Where the talk is silent, in seconds.
PAUSES = ((3, 4), (7, 8))
TALK_SAMPLES = 11 * RATE + 77
CHAPTERS = (("Welcome", 0, 3.5), ("Größe & more", 3.5, 7.25), ("Questions", 7.25, 11))
SHEET = """FILE "talk.wav" WAVE
  TRACK 01 AUDIO
    TITLE "One"
    INDEX 01 00:00:00
  TRACK 02 AUDIO
    TITLE "Two"
    INDEX 01 00:03:37
"""
#: Modes for any recording; chapters need one that has them.
MODES: dict[str, Json] = {
    "parts": {"splitMode": "parts", "parts": 7},
    "timestamps": {"splitMode": "timestamps", "timestamps": [1.000001, 3.0625, 9.9]},
    "silence": {"splitMode": "silence", "minSilence": 0.5},
    "cue": {"splitMode": "cue", "cueSheet": SHEET},
    "snap": {"splitMode": "duration", "segmentDuration": 4, "snapToSilence": 1},
    "overlap": {"splitMode": "parts", "parts": 3, "overlap": 0.5},
    "tail": {"splitMode": "duration", "segmentDuration": 5, "minTail": 2},
}
#: File names and how ffmpeg makes them out of the first one.
ENCODED = {
    "talk.flac": (),
    "talk.mp3": ("-b:a", "128k"),
    "talk.ogg": ("-c:a", "libvorbis"),
    "talk.opus": ("-c:a", "libopus"),
    "talk.aac": ("-c:a", "aac"),
    "talk-plain.m4a": ("-c:a", "aac"),
}
TALKS = ("talk.wav", *ENCODED)


def make_talks(folder: Path) -> None:
    samples = music(TALK_SAMPLES)
    for start, end in PAUSES:
        samples[start * RATE : end * RATE] //= 2000
    source = folder / "talk.wav"
    write_wav(source, samples)
    for name, options in ENCODED.items():
        ffmpeg("-i", source, *options, folder / name)
    chapters = folder / "chapters.txt"
    chapters.write_text(chapters_text())
    ffmpeg("-i", source, "-i", chapters, "-map_metadata", "1", "-c:a", "aac", folder / "talk.m4a")


def chapters_text() -> str:
    """As ffmpeg reads them."""
    lines = [";FFMETADATA1"]
    for title, start, end in CHAPTERS:
        times = f"START={round(start * 1000)}\nEND={round(end * 1000)}"
        lines.append(f"[CHAPTER]\nTIMEBASE=1/1000\n{times}\ntitle={title}")
    return "\n".join(lines)
