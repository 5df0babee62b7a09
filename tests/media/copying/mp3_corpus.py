"""MP3 files of every kind, and what is done to them: protected, joined, cut off, with other info frames."""

import io
from pathlib import Path

import numpy as np
import soundfile

from server.media.copying.mp3.header import Mp3Header, parse_header
from tests.media.corpus import decode_all, ffmpeg, speech_like

SECONDS = 9
#: No tags and no info frame: nothing but frames.
BARE = ("-write_xing", "0", "-id3v2_version", "0")

#: Name of each kind, its sample rate and channels, and how ffmpeg makes it.
KINDS: dict[str, tuple[int, int, tuple[str, ...]]] = {
    "cbr": (44100, 2, ("-b:a", "128k")),
    "cbr_320": (48000, 2, ("-b:a", "320k")),
    "cbr_no_info": (44100, 2, ("-b:a", "128k", *BARE)),
    "cbr_no_reservoir": (44100, 2, ("-b:a", "128k", "-reservoir", "0", *BARE)),
    "vbr": (44100, 2, ("-q:a", "3")),
    "vbr_no_info": (44100, 2, ("-q:a", "5", *BARE)),
    "abr": (32000, 2, ("-abr", "1", "-b:a", "96k")),
    "plain_stereo": (44100, 2, ("-joint_stereo", "0", "-b:a", "160k")),
    "mono": (44100, 1, ("-b:a", "64k")),
    "mpeg2": (22050, 2, ("-b:a", "48k")),
    "mpeg2_mono": (16000, 1, ("-q:a", "4")),
    "mpeg2_tiny_frames": (24000, 2, ("-b:a", "8k")),
    "mpeg2_no_info": (22050, 1, ("-b:a", "40k", *BARE)),
    "mpeg25": (11025, 2, ("-b:a", "32k")),
    "mpeg25_mono": (8000, 1, ("-b:a", "8k")),
}


def make_mp3(folder: Path, binary: Path, kind: str) -> Path:
    rate, channels, options = KINDS[kind]
    master, path = folder / f"{kind}.wav", folder / f"{kind}.mp3"
    soundfile.write(master, speech_like(SECONDS * rate + 71, rate, channels), rate, subtype="PCM_24")
    ffmpeg(binary, "-i", master, "-c:a", "libmp3lame", *options, path)
    return path


def by_ffmpeg(binary: Path, path: Path, channels: int) -> np.ndarray:
    samples = np.frombuffer(decode_all(binary, path, "mp3", "pcm_f32le"), np.float32)
    return samples.reshape(-1, channels)


def by_mpg123(path: Path) -> np.ndarray:
    """Through libsndfile, which believes a header's count: put a frame that states one before bare frames."""
    samples: np.ndarray = soundfile.read(io.BytesIO(path.read_bytes()), dtype="float32", always_2d=True)[0]
    return samples


def header_of(frame: bytes) -> Mp3Header:
    header = parse_header(frame)
    assert header is not None
    return header


def frames_of(data: bytes) -> list[bytes]:
    """Of a file without tags, read in the plainest way."""
    frames, at = [], 0
    while at < len(data):
        size = header_of(data[at : at + 4]).frame_bytes
        frames.append(data[at : at + size])
        at += size
    return frames


def info_frame(
    like: bytes, *, name: bytes = b"Info", frames: int = 0, size: int = 0, gaps: tuple[int, int] | None = None
) -> bytes:
    """Built beside the code under test. Numbers of 0 are left out; with `gaps` comes a LAME extension."""
    header = header_of(like)
    flags = (1 if frames else 0) | (2 if size else 0)
    body = name + flags.to_bytes(4, "big")
    body += (frames.to_bytes(4, "big") if frames else b"") + (size.to_bytes(4, "big") if size else b"")
    if gaps is not None:
        body += b"LAME3.100".ljust(21, b"\0") + (gaps[0] << 12 | gaps[1]).to_bytes(3, "big")
    return (like[:4] + bytes(header.side_bytes) + body).ljust(header.frame_bytes, b"\0")


def vbri_frame(like: bytes, frames: int, size: int, version: int = 1) -> bytes:
    body = (
        b"VBRI" + version.to_bytes(2, "big") + bytes(4) + size.to_bytes(4, "big") + frames.to_bytes(4, "big")
    )
    return (like[:4] + bytes(32) + body).ljust(header_of(like).frame_bytes, b"\0")


def protect(bare: bytes) -> bytes:
    """The same audio with a checksum in every frame: packed anew into frames of the next bit rate.

    For stereo of MPEG-1 only: 32 bytes of side information, of which the first nine bits point back.
    """
    frames = frames_of(bare)
    headers = [header_of(bytes((f[0], f[1] & 0xFE, f[2] + 0x10, f[3]))) for f in frames]
    rooms = [header.frame_bytes - 38 for header in headers]
    packed, pointers = _repack(frames, rooms)
    out, room_at = bytearray(), 0
    for frame, header, room, pointer in zip(frames, headers, rooms, pointers, strict=True):
        side = bytes((pointer >> 1, frame[5] & 0x7F | (pointer & 1) << 7)) + frame[6:36]
        out += header.raw + _crc16(header.raw[2:] + side) + side + packed[room_at : room_at + room]
        room_at += room
    return bytes(out)


def _repack(frames: list[bytes], rooms: list[int]) -> tuple[bytes, list[int]]:
    """All data of the frames in larger rooms, and how far back each begins."""
    data = b"".join(frame[36:] for frame in frames)
    starts, at = [], 0
    for frame in frames:
        starts.append(at - (frame[4] << 1 | frame[5] >> 7))
        at += len(frame) - 36
    packed, pointers, filled, room_at = bytearray(sum(rooms)), [], 0, 0
    for start, end, room in zip(starts, [*starts[1:], at], rooms, strict=True):
        place = max(filled, room_at - 511)
        packed[place : place + end - start] = data[start:end]
        pointers.append(room_at - place)
        filled, room_at = place + end - start, room_at + room
    return bytes(packed), pointers


def _crc16(data: bytes) -> bytes:
    crc = 0xFFFF
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ (0x8005 if crc & 0x8000 else 0)) & 0xFFFF
    return crc.to_bytes(2, "big")
