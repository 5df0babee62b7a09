"""What is declined of MP4 files, each with its reason."""

from pathlib import Path

import pytest

from server.media.copying.copier import NotCopyable
from server.media.copying.mp4.aac_sbr import carries_sbr
from server.media.copying.mp4.cut import open_m4a
from tests.media.copying.m4a_changes import (
    PACKETS,
    STBL,
    WHOLE,
    Change,
    clock_of,
    constant_size,
    durations,
    edit,
    elsewhere,
    encrypted,
    itunes,
    new_setup,
    replace_entry,
    resized,
    short_clock,
    unknown_duration,
)
from tests.media.copying.m4a_tools import AAC, RATE, Node, by_ffmpeg, encode, remade


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return encode(tmp_path_factory.mktemp("mp4") / "source.m4a", RATE, 2, AAC)


@pytest.fixture(scope="module")
def low(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return encode(tmp_path_factory.mktemp("mp4") / "low.m4a", 22_050, 1, (*AAC, "-b:a", "48k"))


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
    "protected": (lambda moov: replace_entry(moov, bytes, b"drms"), "encrypted"),
    "another codec": (lambda moov: replace_entry(moov, bytes, b"ac-3"), "not AAC"),
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
