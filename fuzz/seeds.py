"""Short files in every format, and texts for the parsers of texts. The first of each is good."""

import json
import subprocess
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import imageio_ffmpeg

from server.database.page_tokens import Cursor, page_token
from storage.signed_links import Link, sign

SIGNING_KEY = b"a key for fuzzing, not of any use"
ACCOUNT = "acc_fuzz"
NOW = datetime(2026, 1, 1, tzinfo=UTC)

_TONE = (
    "-f",
    "lavfi",
    "-i",
    "sine=f=440:r=44100:d=3",
    "-f",
    "lavfi",
    "-i",
    "anoisesrc=d=3:a=0.2:seed=3",
)
_MIX = (
    "-filter_complex",
    "[0:a][1:a]join=inputs=2:channel_layout=stereo",
    "-metadata",
    "title=A title",
    "-t",
    "0.5",
)
_RECIPES: dict[str, tuple[tuple[str, ...], ...]] = {
    "mp3": (
        ("a.mp3", "-c:a", "libmp3lame", "-b:a", "96k"),
        ("b.mp3", "-c:a", "libmp3lame", "-q:a", "5", "-ar", "22050"),
        ("c.mp3", "-c:a", "libmp3lame", "-b:a", "64k", "-write_xing", "0", "-id3v2_version", "0"),
        ("d.mp3", "-c:a", "mp2", "-b:a", "96k", "-f", "mp2"),
    ),
    "aac": (("a.aac", "-c:a", "aac", "-b:a", "64k", "-f", "adts"),),
    "flac": (
        ("a.flac", "-c:a", "flac", "-ar", "8000"),
        ("b.flac", "-c:a", "flac", "-ar", "8000", "-sample_fmt", "s32", "-frame_size", "256"),
    ),
    "opus": (
        ("a.opus", "-c:a", "libopus", "-b:a", "48k"),
        ("b.opus", "-c:a", "libopus", "-b:a", "16k", "-frame_duration", "60", "-page_duration", "60000"),
    ),
    "vorbis": (
        ("a.ogg", "-c:a", "libvorbis", "-q:a", "0", "-t", "1"),
        ("b.ogg", "-c:a", "libvorbis", "-q:a", "0", "-ar", "8000", "-t", "2.5"),
    ),
    "m4a": (
        ("a.m4a", "-c:a", "aac", "-b:a", "48k"),
        ("b.m4a", "-c:a", "alac", "-ar", "8000"),
        ("c.mp4", "-c:a", "aac", "-b:a", "48k", "-movflags", "+frag_keyframe+empty_moov"),
    ),
    "wav": (
        ("a.wav", "-c:a", "pcm_s16le", "-ar", "8000"),
        ("b.wav", "-c:a", "pcm_f32le", "-ar", "8000", "-rf64", "always"),
        ("c.w64", "-c:a", "pcm_s24le", "-ar", "8000"),
        ("d.wav", "-c:a", "adpcm_ms", "-ar", "8000"),
    ),
}


@cache
def audio(kind: str) -> tuple[bytes, ...]:
    """Every one below 64 KiB."""
    with TemporaryDirectory() as folder:
        return tuple(_made(Path(folder), *recipe) for recipe in _RECIPES[kind])


def _made(folder: Path, name: str, *options: str) -> bytes:
    argv = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "error", *_TONE, *_MIX, "-fflags", "+bitexact"]
    subprocess.run([*argv, *options, folder / name], check=True, timeout=60)  # noqa: S603  our own program
    return (folder / name).read_bytes()


CUE = (
    (
        b'REM GENRE "Speech"\nPERFORMER "Somebody"\nFILE "a.wav" WAVE\n  TRACK 01 AUDIO\n    TITLE "One"\n'
        b'    INDEX 01 00:00:00\n  TRACK 02 AUDIO\n    TITLE "Two \xc3\xa9"\n    INDEX 00 03:20:10\n'
        b"    INDEX 01 03:25:74\n"
    ),
    b"\xef\xbb\xbfFILE x MP3\r\n\tTRACK 1 AUDIO\r\n\tINDEX 1 0:0:0\r\n",
)
_SHA = "ab" * 32
_SEGMENT = {
    "index": 0,
    "fileName": "a_000.mp3",
    "firstSample": 0,
    "sampleCount": 44100,
    "sizeBytes": 1000,
    "sha256": _SHA,
    "reason": "duration",
    "outputSamples": 44100,
    "proof": {"level": "edges", "likeness": "samples"},
}
_SOURCE = {
    "fileName": "a.mp3",
    "sizeBytes": 1000,
    "sha256": _SHA,
    "format": "mp3",
    "codec": "mp3",
    "sampleRate": 44100,
    "channels": 2,
    "sampleCount": 44100,
    "integrity": {"foundSamples": 44100},
}
_OUTPUT = {"format": "mp3", "sampleRate": 44100, "channels": 2, "method": "copy"}
_MANIFEST = {
    "version": 1,
    "source": _SOURCE,
    "options": {"mode": "duration", "x": [1, None, {"y": 2.5}]},
    "output": _OUTPUT,
    "segments": [_SEGMENT],
}
MANIFEST = (json.dumps(_MANIFEST).encode(), json.dumps(_MANIFEST, indent=2).encode())
RANGE = (b"bytes=0-99", b"bytes=-500", b"bytes=100-", b"bytes=0-0,5-6", b"BYTES = 1 - 2")
JSON = (
    b'{"sourceUrl": "https://example.com/a.mp3", "mode": {"durationSeconds": 600.5}, "n": [1, -2e10, true]}',
    '{"a\\u00e9": "\\ud83d\\ude00 ü", "b": {"c": [[[{}]]]}, "d": 1E400}'.encode(),
)
PAGE_TOKEN = (page_token(Cursor(NOW, "job_1"), ACCOUNT, ("state=done",)).encode(),)
_GET = Link(
    "GET",
    "accounts/a/jobs/b/c.mp3",
    NOW + timedelta(days=1),
    filename="Ein Stück.mp3",
    content_type="audio/mpeg",
)
_PUT = Link(
    "PUT", "accounts/a/uploads/b", NOW + timedelta(days=1), content_type="audio/wav", max_size=1 << 20
)
LINK = tuple(sign(SIGNING_KEY, link).encode() for link in (_GET, _PUT))
TEMPLATE = (b"{title} - {n:02} of {count}", b"{artist}/{album}: {segment} {index:4} {date}")
URL = (
    b"https://user:pw@example.com:8443/a%20b.mp3?x=1#y",
    b"http://[2001:db8::1]/a",
    b"http://0x7f.1/",
    "https://bücher.example/ü".encode(),
)
DISPOSITION = (
    b"attachment; filename=\"a b.mp3\"; filename*=UTF-8''%e2%82%ac%20rates.mp3",
    b"inline; filename=x",
)
