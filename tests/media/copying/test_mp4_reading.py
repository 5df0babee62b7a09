"""The tables of MP4 files: all the ways to write them, what is declined, and files that are cut short."""

from pathlib import Path

import numpy as np
import pytest

from server.media.copying.copier import Integrity
from server.media.copying.mp4.aac_config import SoundConfig
from server.media.copying.mp4.cut import open_m4a
from server.media.copying.mp4.write import Content, HeadWriter
from tests.media.copying.m4a_changes import (
    STBL,
    WHOLE,
    Change,
    chunk_of_each_packet,
    coarse_edit,
    compact_sizes,
    edit,
    itunes,
    long_headers,
    long_offsets,
    replaced,
)
from tests.media.copying.m4a_tools import AAC, RATE, SAMPLES, Node, by_ffmpeg, encode, remade
from zerokerf.errors import CorruptFile


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return encode(tmp_path_factory.mktemp("mp4") / "source.m4a", RATE, 2, AAC)


#: AAC-LC at 44.1 kHz in stereo, as an ES_Descriptor.
SETUP = bytes.fromhex("0316000000 0411 4015 0000000000000000000000 0502 1210")

READABLE: dict[str, Change] = {
    "compact sizes": compact_sizes,
    "64 bit offsets": long_offsets,
    "a chunk for each packet": chunk_of_each_packet,
    "64 bit headers": long_headers,
    "no edit list": lambda moov: moov["trak"].drop("edts"),
    "an empty edit list": edit(0, 0, count=0),
    "an edit longer than its sound": edit(10**9, 1024),
    "an edit from the first sample": edit(50_000, 0),
    "an edit that starts inside of a packet": edit(50_000, 1_777),
    "an edit that starts late": edit(20_000, 90_001),
    "an edit that ends with a packet": edit(20 * 1024, 1024),
    "a clock that rounds the edit's end up": coarse_edit(1236),
    "a clock that rounds the edit's end down": coarse_edit(1234),
    "a note of iTunes": itunes(2112, 448),
    "a note of iTunes with long padding": itunes(2112, 1500),
    "a note of iTunes that counts wrong": itunes(2112, 448, count=1000),
    "a note of iTunes that agrees": itunes(2112, 448, edit(WHOLE - 2112 - 448, 2112)),
    "a note of iTunes beside an edit of the start": itunes(2112, 448, edit(WHOLE - 2112, 2112)),
    "a note of iTunes beside a shorter edit": itunes(2112, 448, edit(WHOLE - 2112 - 460, 2112)),
    "an empty note of iTunes": itunes(0, 0),
}


@pytest.mark.parametrize("name", READABLE)
def test_samples_are_counted_and_cut_as_ffmpeg_plays_them(name: str, source: Path, tmp_path: Path) -> None:
    path = remade(source, tmp_path / "source.m4a", READABLE[name])
    whole = by_ffmpeg(path)
    copier = open_m4a(path)

    assert copier.sample_count == len(whole)
    for first, count in ((0, 5_000), (7_351, 9_999), (copier.sample_count - 4_410, 4_410)):
        copier.write(first, count, tmp_path / "segment.m4a")
        np.testing.assert_array_equal(by_ffmpeg(tmp_path / "segment.m4a"), whole[first : first + count])


@pytest.mark.parametrize("kept", [0.1, 0.6, 0.999])
def test_a_file_cut_short_has_the_samples_of_its_whole_packets(kept: float, tmp_path: Path) -> None:
    whole = encode(tmp_path / "whole.m4a", RATE, 2, (*AAC, "-movflags", "+faststart"))
    decoded = by_ffmpeg(whole)
    data = whole.read_bytes()
    (tmp_path / "short.m4a").write_bytes(data[: int(len(data) * kept)])

    copier = open_m4a(tmp_path / "short.m4a")
    copier.write(0, copier.sample_count, tmp_path / "segment.m4a")

    assert copier.integrity == Integrity(expected_samples=SAMPLES, is_truncated=True)
    assert 0 < copier.sample_count < SAMPLES
    np.testing.assert_array_equal(by_ffmpeg(tmp_path / "segment.m4a"), decoded[: copier.sample_count])


def test_a_whole_file_says_so(source: Path) -> None:
    assert open_m4a(source).integrity == Integrity(expected_samples=SAMPLES)


def test_a_source_that_shrinks_while_it_is_cut_is_corrupt(source: Path, tmp_path: Path) -> None:
    path = tmp_path / "source.m4a"
    path.write_bytes(source.read_bytes())
    copier = open_m4a(path)
    path.write_bytes(source.read_bytes()[:9_000])

    with pytest.raises(CorruptFile, match="shorter"):
        copier.write(0, 100_000, tmp_path / "segment.m4a")


def no_packets(moov: Node) -> None:
    stbl = moov[STBL]
    stbl["stsz"].body = bytes(12)
    for name in ("stts", "stsc", "stco"):
        stbl[name].body = bytes(8)


def silent_film(moov: Node) -> None:
    moov["trak/mdia/hdlr"].body = replaced(moov["trak/mdia/hdlr"].body, 8, b"vide")


@pytest.mark.parametrize(("change", "why"), [(no_packets, "no samples"), (silent_film, "no audio")])
def test_a_file_without_sound_is_corrupt(change: Change, why: str, source: Path, tmp_path: Path) -> None:
    path = remade(source, tmp_path / "source.m4a", change)

    with pytest.raises(CorruptFile, match=why):
        open_m4a(path)


@pytest.mark.parametrize(
    "data", [b"", b"RIFF", bytes(100), b"\0\0\0\x08moov", b"\0\0\0\x08ftyp\0\0\0\x10mdat"]
)
def test_a_file_without_an_index_is_corrupt(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "file.m4a").write_bytes(data)

    with pytest.raises(CorruptFile):
        open_m4a(tmp_path / "file.m4a")


def test_a_lost_index_at_the_end_is_corrupt(source: Path, tmp_path: Path) -> None:
    (tmp_path / "file.m4a").write_bytes(source.read_bytes()[:-100])

    with pytest.raises(CorruptFile, match="index"):
        open_m4a(tmp_path / "file.m4a")


@pytest.mark.parametrize(
    ("packet_bytes", "packet_count", "first_sample"),
    [(20_000_000, 300, 1_500), (100, 5_000_000, 1_024), (400, 128, 0), (400, 129, 1)],
)
def test_heads_of_huge_files_are_measured_and_read_back(
    packet_bytes: int, packet_count: int, first_sample: int, tmp_path: Path
) -> None:
    config = SoundConfig(sample_rate=RATE, channels=2, packet_samples=1024)
    content = Content(
        packet_count=packet_count,
        payload_bytes=packet_bytes * packet_count,
        first_sample=first_sample,
        sample_count=packet_count * 1024 - first_sample,
    )
    writer = HeadWriter(config, SETUP)

    head = writer.head(content, np.full(packet_count, packet_bytes))
    path = tmp_path / "huge.m4a"
    path.write_bytes(head)
    with path.open("r+b") as file:
        file.truncate(len(head) + content.payload_bytes)  # a hole, no disk

    copier = open_m4a(path)
    assert len(head) == writer.size_bytes(content)
    assert copier.sample_count == content.sample_count
    assert not copier.integrity.is_truncated
    assert copier.size_bytes(0, copier.sample_count) == path.stat().st_size
