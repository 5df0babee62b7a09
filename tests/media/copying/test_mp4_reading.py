"""The tables of MP4 files: all the ways to write them, what is declined, and files that are cut short."""

import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from server.media.copying.copier import Integrity, NotCopyable
from server.media.copying.m4a_config import SoundConfig
from server.media.copying.m4a_cut import open_m4a
from server.media.copying.m4a_sbr import carries_sbr
from server.media.copying.mp4_write import Content, HeadWriter
from tests.media.copying.m4a_tools import AAC, RATE, SAMPLES, Node, by_ffmpeg, encode, itunes_note, remade
from zerokerf.errors import CorruptFile

Change = Callable[[Node], object]

STBL = "trak/mdia/minf/stbl"
PACKETS = -(-(SAMPLES + 1024) // 1024)
WHOLE = PACKETS * 1024  # samples that all packets decode to


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return encode(tmp_path_factory.mktemp("mp4") / "source.m4a", RATE, 2, AAC)


@pytest.fixture(scope="module")
def low(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return encode(tmp_path_factory.mktemp("mp4") / "low.m4a", 22_050, 1, (*AAC, "-b:a", "48k"))


def compact_sizes(moov: Node) -> None:
    sizes = np.frombuffer(moov[f"{STBL}/stsz"].body, ">u4", offset=12).astype(">u2")
    table = moov[f"{STBL}/stsz"]
    table.name, table.body = b"stz2", struct.pack(">7xBI", 16, len(sizes)) + sizes.tobytes()


def long_offsets(moov: Node) -> None:
    table = moov[f"{STBL}/stco"]
    offsets = np.frombuffer(table.body, ">u4", offset=8).astype(">u8")
    table.name, table.body = b"co64", table.body[:8] + offsets.tobytes()


def chunk_of_each_packet(moov: Node) -> None:
    stbl = moov[STBL]
    sizes = np.frombuffer(stbl["stsz"].body, ">u4", offset=12).astype(np.int64)
    (first,) = struct.unpack_from(">I", stbl["stco"].body, 8)
    offsets = (np.cumsum(sizes) - sizes + first).astype(">u4")
    stbl["stco"].body = struct.pack(">4xI", len(sizes)) + offsets.tobytes()
    stbl["stsc"].body = struct.pack(">4xIIII", 1, 1, 1, 1)


def long_headers(moov: Node) -> None:
    for path in ("mvhd", "trak/mdia/mdhd"):
        body = moov[path].body
        moov[path].body = (
            b"\1\0\0\0" + struct.pack(">QQIQ", 0, 0, *struct.unpack_from(">II", body, 12)) + body[20:]
        )
    edit_list = moov["trak/edts/elst"]
    edit_list.body = b"\1\0\0\0" + struct.pack(">IQqI", *struct.unpack_from(">IIiI", edit_list.body, 4))


def unknown_duration(moov: Node) -> None:
    moov["trak/mdia/mdhd"].body = _replaced(moov["trak/mdia/mdhd"].body, 16, b"\xff\xff\xff\xff")


def edit(duration: int, first: int, count: int = 1, speed: int = 1 << 16) -> Change:
    def change(moov: Node) -> None:
        entry = struct.pack(">IiI", duration & 0xFFFFFFFF, first, speed)
        moov["trak/edts/elst"].body = struct.pack(">4xI", count) + count * entry

    return change


def coarse_edit(duration_ms: int) -> Change:
    def change(moov: Node) -> None:
        moov["mvhd"].body = _replaced(moov["mvhd"].body, 12, struct.pack(">II", 1000, duration_ms))
        edit(duration_ms, 1024)(moov)

    return change


def itunes(delay: int, padding: int, then: Change | None = None, count: int | None = None) -> Change:
    """As iTunes does it: whole packets, no edit list unless `then` adds one, and its note."""

    def change(moov: Node) -> None:
        durations(moov, (PACKETS, 1024))
        moov.drop("udta")
        moov.children.append(itunes_note(delay, padding, WHOLE - delay - padding if count is None else count))
        if then is None:
            moov["trak"].drop("edts")
        else:
            then(moov)

    return change


def durations(moov: Node, *runs: tuple[int, int]) -> None:
    table = b"".join(struct.pack(">II", *run) for run in runs)
    moov[f"{STBL}/stts"].body = struct.pack(">4xI", len(runs)) + table
    total = sum(count * ticks for count, ticks in runs)
    moov["trak/mdia/mdhd"].body = _replaced(moov["trak/mdia/mdhd"].body, 16, struct.pack(">I", total))


def _replaced(data: bytes, at: int, new: bytes) -> bytes:
    return data[:at] + new + data[at + len(new) :]


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


def new_setup(kind: int, rate: int = 4, channels: int = 2, object_type: int = 0x40) -> Change:
    """Another AudioSpecificConfig of two bytes."""

    def change(moov: Node) -> None:
        config = struct.pack(">H", kind << 11 | rate << 7 | channels << 3)
        inner = (
            bytes([4, 13 + 2 + len(config), object_type, 0x15]) + bytes(11) + bytes([5, len(config)]) + config
        )
        setup = Node(b"esds", bytes(4) + bytes([3, 3 + len(inner)]) + bytes(3) + inner)
        _replace_entry(moov, lambda entry: entry[:28] + setup.dump())

    return change


def _replace_entry(moov: Node, change: Callable[[bytes], bytes], name: bytes = b"mp4a") -> None:
    table = moov[f"{STBL}/stsd"]
    table.body = table.body[:8] + Node(name, change(table.body[16:])).dump()


def encrypted(moov: Node) -> None:
    _replace_entry(moov, lambda entry: entry + Node(b"sinf", b"").dump())


def clock_of(rate: int) -> Change:
    def change(moov: Node) -> None:
        moov["trak/mdia/mdhd"].body = _replaced(moov["trak/mdia/mdhd"].body, 12, struct.pack(">I", rate))

    return change


def elsewhere(moov: Node) -> None:
    moov["trak/mdia/minf/dinf/dref"].body = struct.pack(">4xI", 1) + Node(b"url ", bytes(4) + b"x\0").dump()


def resized(index: int, size: int) -> Change:
    def change(moov: Node) -> None:
        table = moov[f"{STBL}/stsz"]
        table.body = _replaced(table.body, 12 + 4 * index, struct.pack(">I", size))

    return change


def constant_size(moov: Node) -> None:
    moov[f"{STBL}/stsz"].body = struct.pack(">4xII", 1 << 20, 7_000_000)


def short_clock(moov: Node) -> None:
    moov["trak/mdia/mdhd"].body = _replaced(moov["trak/mdia/mdhd"].body, 16, struct.pack(">I", 20_000))


def shortened_beside_note(moov: Node) -> None:
    itunes(2112, 448)(moov)
    durations(moov, (PACKETS - 1, 1024), (1, 700))


def note_of_words(moov: Node) -> None:
    note = moov["udta"].dump()
    moov.drop("udta")
    moov.children.append(Node(b"udta", note[8:].replace(b" 00000840", b" -0000840")))


DECLINED: dict[str, tuple[Change, str]] = {
    "HE-AAC": (new_setup(5), "HE-AAC"),
    "HE-AAC v2": (new_setup(29), "HE-AAC"),
    "AAC Main": (new_setup(1), "AAC Main"),
    "AAC LTP": (new_setup(4), "AAC LTP"),
    "MPEG-2 AAC SSR": (new_setup(2, object_type=0x68), "not AAC"),
    "MP3": (new_setup(2, object_type=0x6B), "not AAC"),
    "channels by hand": (new_setup(2, channels=0), "laid out"),
    "an unknown layout": (new_setup(2, channels=9), "layout is unknown"),
    "a rate that does not exist": (new_setup(2, rate=13), "damaged"),
    "another clock": (clock_of(90_000), "clock"),
    "two edits": (edit(20_000, 1024, count=2), "several pieces"),
    "a late start": (edit(20_000, -1, count=2), "several pieces"),
    "double speed": (edit(20_000, 1024, speed=2 << 16), "rare way"),
    "an empty edit": (edit(20_000, -1), "rare way"),
    "an edit of nothing": (edit(0, 1024), "nothing"),
    "an edit behind the end": (edit(20_000, WHOLE), "nothing"),
    "uneven packets": (lambda moov: durations(moov, (50, 1024), (1, 1000), (PACKETS - 51, 1024)), "evenly"),
    "a long last packet": (lambda moov: durations(moov, (PACKETS - 1, 1024), (1, 1025)), "evenly"),
    "too few durations": (lambda moov: durations(moov, (PACKETS - 1, 1024)), "damaged"),
    "a short clock": (short_clock, "contradict"),
    "a duration not known": (unknown_duration, "contradict"),
    "a note that counts wrong beside an edit": (
        itunes(2112, 448, edit(WHOLE - 2112 - 448, 2112), count=1000),
        "contradict",
    ),
    "a note beside a shortened packet": (shortened_beside_note, "contradict"),
    "a note of words": (itunes(2112, 448, note_of_words), "gapless"),
    "an edit against the note": (itunes(2112, 448, edit(WHOLE - 1024, 1024)), "contradict"),
    "a note of more than all": (itunes(2112, WHOLE), "gapless"),
    "encrypted": (encrypted, "encrypted"),
    "protected": (lambda moov: _replace_entry(moov, bytes, b"drms"), "encrypted"),
    "another codec": (lambda moov: _replace_entry(moov, bytes, b"ac-3"), "not AAC"),
    "data in another file": (elsewhere, "another file"),
    "an empty packet": (resized(20, 0), "damaged"),
    "packets larger than the file": (constant_size, "damaged"),
    "fragments to come": (lambda moov: moov.children.append(Node(b"mvex", b"")), "fragmented"),
    "no sizes": (lambda moov: moov[STBL].drop("stsz"), "damaged"),
    "no chunks": (lambda moov: moov[STBL].drop("stco"), "damaged"),
}


@pytest.mark.parametrize("name", DECLINED)
def test_what_cannot_be_promised_is_declined_with_its_reason(name: str, source: Path, tmp_path: Path) -> None:
    change, reason = DECLINED[name]
    path = remade(source, tmp_path / "source.m4a", change)

    with pytest.raises(NotCopyable) as declined:
        open_m4a(path)

    assert reason in declined.value.reason
    assert declined.value.reason.endswith(".")


@pytest.mark.parametrize(
    ("name", "options", "reason"),
    [
        ("alac.m4a", ("-c:a", "alac"), "ALAC"),
        ("mp3.mp4", ("-c:a", "libmp3lame"), "not AAC"),
        ("pieces.mp4", (*AAC, "-movflags", "+frag_keyframe+empty_moov"), "fragmented"),
        ("late_pieces.mp4", (*AAC, "-movflags", "+frag_keyframe", "-frag_duration", "500000"), "fragmented"),
    ],
)
def test_what_else_ffmpeg_writes_is_declined(
    name: str, options: tuple[str, ...], reason: str, tmp_path: Path
) -> None:
    path = encode(tmp_path / name, RATE, 2, options)

    with pytest.raises(NotCopyable, match=reason):
        open_m4a(path)


def test_a_low_rate_without_a_word_on_sbr_is_told_by_its_packets(low: Path, tmp_path: Path) -> None:
    silent = remade(low, tmp_path / "silent.m4a", new_setup(2, rate=7, channels=1))

    assert open_m4a(silent).sample_count == len(by_ffmpeg(silent))


def with_fill(sound: int, size: int, kind: int) -> bytes:
    """So many bits of sound, a fill element, the end, and alignment."""
    length = f"{size:04b}" if size < 15 else f"1111{size - 14:08b}"
    bits = "01" * sound + "110" + length + f"{kind:04b}" + "0110" * (2 * size - 1) + "111"
    bits += "0" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8)


@pytest.mark.parametrize("size", [3, 14, 15, 40, 269])
@pytest.mark.parametrize("kind", [0b1101, 0b1110])
def test_sbr_is_found_in_the_last_fill_element(size: int, kind: int) -> None:
    assert carries_sbr([with_fill(sound, size, kind) for sound in range(100, 132)])
    assert not carries_sbr([with_fill(sound, size, 0) for sound in range(100, 132)])
    assert not carries_sbr([b"", b"\0\0", b"\xff"])


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
    moov["trak/mdia/hdlr"].body = _replaced(moov["trak/mdia/hdlr"].body, 8, b"vide")


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
