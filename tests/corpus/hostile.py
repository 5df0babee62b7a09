"""Files that are not what they seem, not whole, or more than anybody expects."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from tests.corpus.recordings import RATE, ffmpeg, music, write_wav

HLS = "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n{target}\n#EXT-X-ENDLIST\n"
FFCONCAT = "ffconcat version 1.0\nfile '{target}'\n"
SDP = "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 5004 RTP/AVP 0\n"
HTML = "<!DOCTYPE html><html><head><title>Sign in</title></head><body>Please sign in.</body></html>"

#: What is wrong with each, by file name: the code that a job of it has to fail with.
REFUSED = {
    "text.mp3": "UNSUPPORTED_FORMAT",
    "page.mp3": "UNSUPPORTED_FORMAT",
    "empty.wav": "UNSUPPORTED_FORMAT",
    "hls.mp3": "UNSUPPORTED_FORMAT",
    "hls-local.m4a": "UNSUPPORTED_FORMAT",
    "ffconcat.mp3": "UNSUPPORTED_FORMAT",
    "ffconcat-relative.mp3": "UNSUPPORTED_FORMAT",
    "ffconcat-absolute.wav": "UNSUPPORTED_FORMAT",
    "sdp.aac": "UNSUPPORTED_FORMAT",
    "silent-video.m4a": "UNSUPPORTED_FORMAT",
    "noise.mp3": "UNSUPPORTED_FORMAT",
    "header-only.wav": "CORRUPT_FILE",
    "lying-tag.mp3": "CORRUPT_FILE",
    "cut-take.m4a": "CORRUPT_FILE",
}

#: Cut off, or with holes in the midst: split as far as they go with a note of it, or failed with CORRUPT_FILE
#: if that is not to be tolerated.
DAMAGED = (
    "cut-take.wav",
    "cut-take.flac",
    "cut-take-cbr.mp3",
    "cut-take-vbr.mp3",
    "cut-take.ogg",
    "cut-take.opus",
    "cut-take.aac",
    "holes-take.flac",
    "holes-take-cbr.mp3",
    "holes-take.ogg",
    "holes-take.opus",
    "holes-take.aac",
)

#: Unusual and fine: samples per channel.
ACCEPTED = {
    "eight-channels.wav": RATE,
    "192-khz.flac": 192_000,
    "hundredth.wav": 441,
    "video-with-sound.mp4": 2 * RATE,
}


def make_hostile(folder: Path, recordings: Path) -> None:
    for name, text in _texts().items():
        (folder / name).write_text(text)
    (folder / "empty.wav").touch()
    (folder / "noise.mp3").write_bytes(np.random.default_rng(5).bytes(50_000).replace(b"\xff", b"\0"))
    (folder / "header-only.wav").write_bytes((recordings / "take.wav").read_bytes()[:44])
    audio = (recordings / "take-22k-mono.mp3").read_bytes()
    (folder / "lying-tag.mp3").write_bytes(b"ID3\x04\0\0\0\0\x40\0" + audio[audio.index(b"\xff") :])
    for name in (*REFUSED, *DAMAGED):
        kind, _, original = name.partition("-")
        if kind in _DAMAGES:
            (folder / name).write_bytes(_DAMAGES[kind]((recordings / original).read_bytes()))
    for make in _UNUSUAL:
        make(folder)


def _cut_off(content: bytes) -> bytes:
    return content[: len(content) * 6 // 10 + 1]


def _with_holes(content: bytes) -> bytes:
    """Behind all headers."""
    changed = bytearray(content)
    for third in (1, 2):
        at = len(content) * third // 3
        changed[at : at + 2000] = bytes(2000)
    return bytes(changed)


_DAMAGES: dict[str, Callable[[bytes], bytes]] = {"cut": _cut_off, "holes": _with_holes}


def _texts() -> dict[str, str]:
    return {
        "text.mp3": "This is a letter and no recording.\n" * 50,
        "page.mp3": HTML,
        "hls.mp3": HLS.format(target="http://127.0.0.1:9/secret.ts"),
        "hls-local.m4a": HLS.format(target="file:///etc/passwd"),
        "ffconcat.mp3": FFCONCAT.format(target="http://127.0.0.1:9/secret.mp3"),
        "ffconcat-relative.mp3": FFCONCAT.format(target="../zerokerf.db"),
        "ffconcat-absolute.wav": FFCONCAT.format(target="/etc/passwd"),
        "sdp.aac": SDP,
    }


def _silent_video(folder: Path) -> None:
    ffmpeg("-f", "lavfi", "-i", "testsrc=d=1:s=64x64:r=10", "-f", "mp4", folder / "silent-video.m4a")


def _video_with_sound(folder: Path) -> None:
    picture = ("-f", "lavfi", "-i", "testsrc=d=2:s=64x64:r=10")
    sound = ("-f", "lavfi", "-i", f"sine=f=300:r={RATE}:d=2")
    ffmpeg(*picture, *sound, "-c:a", "aac", folder / "video-with-sound.mp4")


def _eight_channels(folder: Path) -> None:
    write_wav(folder / "eight-channels.wav", music(RATE, channels=8))


def _high_rate(folder: Path) -> None:
    ffmpeg("-f", "lavfi", "-i", "sine=f=300:r=192000:d=1", folder / "192-khz.flac")


def _hundredth(folder: Path) -> None:
    write_wav(folder / "hundredth.wav", music(RATE // 100))


_UNUSUAL: tuple[Callable[[Path], None], ...] = (
    _silent_video,
    _video_with_sound,
    _eight_channels,
    _high_rate,
    _hundredth,
)
