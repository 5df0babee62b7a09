"""Sources in Ogg, two decoders, and a reader and writer of pages that shares nothing with the room's own."""

import struct
import subprocess
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import soundfile

from server.media.copying.copier import Copier
from tests.media.corpus import ffmpeg, speech_like

FFMPEG = Path(imageio_ffmpeg.get_ffmpeg_exe())


def encode(target: Path, *options: str, samples: int, rate: int = 44_100, channels: int = 2) -> Path:
    master = target.with_name(f"{target.name}.wav")
    soundfile.write(master, speech_like(samples, rate, channels), rate, subtype="PCM_24")
    ffmpeg(FFMPEG, "-i", master, *options, target)
    return target


def by_ffmpeg(path: Path, channels: int) -> np.ndarray:
    argv: list[str | Path] = [
        FFMPEG,
        "-nostdin",
        "-v",
        "error",
        "-i",
        path,
        "-map",
        "0:a:0",
        "-f",
        "f32le",
        "pipe:1",
    ]
    done = subprocess.run(argv, check=True, capture_output=True, timeout=60)
    assert done.stderr == b""
    return np.frombuffer(done.stdout, np.float32).reshape(-1, channels)


def by_libsndfile(path: Path, channels: int) -> np.ndarray:
    """libopus and libvorbis, the reference decoders."""
    decoded: np.ndarray = soundfile.read(path, dtype="float32", always_2d=True)[0]
    assert decoded.shape[1] == channels
    return decoded


DECODERS: dict[str, Callable[[Path, int], np.ndarray]] = {"ffmpeg": by_ffmpeg, "libsndfile": by_libsndfile}


def assert_exact(copier: Copier, source: Path, cuts: Iterable[int], folder: Path) -> None:
    """Every segment, on its own and by both decoders, holds exactly its samples of the decoded source."""
    whole = {name: decode(source, copier.channels) for name, decode in DECODERS.items()}
    assert {name: len(decoded) for name, decoded in whole.items()} == dict.fromkeys(
        whole, copier.sample_count
    )
    for first, stop in pairwise(sorted({0, copier.sample_count, *map(copier.snap, cuts)})):
        segment = write(copier, first, stop - first, folder / f"{first}{source.suffix}")
        for name, decode in DECODERS.items():
            np.testing.assert_array_equal(
                decode(segment, copier.channels), whole[name][first:stop], f"{name}, {first} to {stop}"
            )


def write(copier: Copier, first: int, count: int, path: Path) -> Path:
    copier.write(first, count, path)
    assert path.stat().st_size == copier.size_bytes(first, count)
    return path


@dataclass(frozen=True, slots=True)
class RawPage:
    flags: int
    granule: int
    serial: int
    sequence: int
    lacing: bytes
    body: bytes

    def to_bytes(self) -> bytes:
        head = struct.pack("<4sBBqII", b"OggS", 0, self.flags, self.granule, self.serial, self.sequence)
        tail = bytes([len(self.lacing)]) + self.lacing + self.body
        return head + struct.pack("<I", slow_crc(head + bytes(4) + tail)) + tail


def _crc_table() -> list[int]:
    table = []
    for byte in range(256):
        remainder = byte << 24
        for _ in range(8):
            remainder = (remainder << 1 ^ (0x04C11DB7 if remainder >> 31 else 0)) & 0xFFFFFFFF
        table.append(remainder)
    return table


_CRC_TABLE = _crc_table()


def slow_crc(data: bytes) -> int:
    """Polynomial division as RFC 3533 describes it, byte by byte."""
    remainder = 0
    for byte in data:
        remainder = (remainder << 8 & 0xFFFFFFFF) ^ _CRC_TABLE[remainder >> 24 ^ byte]
    return remainder


def pages_of(data: bytes, *, is_trusted: bool = False) -> list[RawPage]:
    """Of a file that is whole. Checksums are proven, slowly, unless it is trusted."""
    pages, at = [], 0
    while at < len(data):
        magic, _, flags, granule, serial, sequence, crc, count = struct.unpack_from("<4sBBqIIIB", data, at)
        lacing = data[at + 27 : at + 27 + count]
        end = at + 27 + count + sum(lacing)
        assert magic == b"OggS"
        assert is_trusted or crc == slow_crc(data[at : at + 22] + bytes(4) + data[at + 26 : end])
        pages.append(RawPage(flags, granule, serial, sequence, lacing, data[at + 27 + count : end]))
        at = end
    return pages


def packets_of(pages: list[RawPage]) -> list[bytes]:
    packets, packet = [], b""
    for page in pages:
        at = 0
        for value in page.lacing:
            packet += page.body[at : at + value]
            at += value
            if value < 255:
                packets.append(packet)
                packet = b""
    return packets


@lru_cache(maxsize=1024)
def _bytes_of(page: RawPage) -> bytes:
    """Remembered, for their checksums are slow."""
    return page.to_bytes()


def save(pages: Iterable[RawPage], path: Path) -> Path:
    path.write_bytes(b"".join(map(_bytes_of, pages)))
    return path


def renumbered(pages: Iterable[RawPage]) -> list[RawPage]:
    return [replace(page, sequence=sequence) for sequence, page in enumerate(pages)]


def in_small_pages(pages: list[RawPage], most_values: int, packet_samples: int) -> list[RawPage]:
    """The same stream, of packets of one length, in pages of few lacing values: packets go on across them."""
    small: list[RawPage] = []
    is_open, granule = False, 0
    for page in pages:
        at = 0
        for begin in range(0, len(page.lacing), most_values):
            lacing = page.lacing[begin : begin + most_values]
            body = page.body[at : at + sum(lacing)]
            at += len(body)
            ended = sum(value < 255 for value in lacing)
            granule += ended * packet_samples * (page.granule > 0)
            is_end = begin + most_values >= len(page.lacing)
            flags = page.flags & 2 | is_open | (page.flags & 4) * is_end
            place = min(granule, page.granule) if ended else -1
            small.append(RawPage(flags, place, page.serial, 0, lacing, body))
            is_open = lacing[-1] == 255
    return renumbered(small)
