# mypy: allow-untyped-calls
# mutagen says that it is typed, but few of its functions are.
"""Tags that nobody should send are read as far as they go, in bounded time, and are no reason to fail."""

import base64
import struct
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from mutagen.flac import FLAC, Picture
from mutagen.id3 import APIC, COMM, ID3, TIT2, TPE1, TXXX
from mutagen.mp4 import MP4, MP4Cover
from mutagen.oggvorbis import OggVorbis

from server.media.tags.names import Tags
from server.media.tags.read import SourceTags, read_tags
from tests.media.conftest import Room
from tests.media.tags.test_tags import PNG, read
from zerokerf.formats import Format
from zerokerf.template import MAX_TEXT_CHARACTERS

pytestmark = pytest.mark.asyncio(loop_scope="session")

UNREADABLE = SourceTags(Tags(), ("The tags of the source could not be read.",))


def with_id3(source: Path, target: Path, *frames: object) -> Path:
    target.write_bytes(source.read_bytes())
    id3 = ID3()
    for frame in frames:
        id3.add(frame)
    id3.save(target)
    return target


async def test_a_cover_that_is_too_large_is_left_out_and_told(sources: Path, room: Room) -> None:
    data = PNG + bytes(20_000_000)
    picture = APIC(encoding=0, mime="image/png", type=3, data=data)
    path = with_id3(sources / "cbr.mp3", room.folder / "a.mp3", TIT2(text="T"), picture)

    found = await read(path, Format.MP3, room)

    assert found.tags == Tags(title="T")
    assert str(len(data)) in found.notes[0]


async def test_a_cover_that_is_no_picture_is_left_out(sources: Path, room: Room) -> None:
    picture = APIC(encoding=0, mime="image/png", type=3, data=b"<svg onload=...>" * 100)
    path = with_id3(sources / "cbr.mp3", room.folder / "a.mp3", TIT2(text="T"), picture)

    assert (await read(path, Format.MP3, room)).tags == Tags(title="T")


async def test_a_hundred_thousand_comments_do_no_harm(sources: Path, room: Room) -> None:
    path = room.folder / "a.flac"
    path.write_bytes((sources / "16bit.flac").read_bytes())
    flac: Any = FLAC(path)
    flac["title"] = "T"
    flac.tags.extend([(f"KEY{number}", "value") for number in range(100_000)])
    flac.save()

    limits = replace(room.limits, probe_cpu_s=1)
    found = await read_tags(path, "flac", limits, room.prober)

    assert found == SourceTags(Tags(), ("The tags of the source could not be read.",))


async def test_a_million_characters_of_title_are_cut(sources: Path, room: Room) -> None:
    comment = COMM(lang="eng", desc="", text="c" * 1_000_000)
    path = with_id3(sources / "cbr.mp3", room.folder / "a.mp3", TIT2(text="\U0001f3b5" * 1_000_000), comment)

    assert (await read(path, Format.MP3, room)).tags == Tags(title="\U0001f3b5" * MAX_TEXT_CHARACTERS)


async def test_a_tag_that_lies_about_its_size_is_no_reason_to_fail(sources: Path, room: Room) -> None:
    path = room.folder / "a.mp3"
    path.write_bytes(b"ID3\x04\x00\x00\x7f\x7f\x7f\x7f" + (sources / "cbr.mp3").read_bytes())

    found = await read(path, Format.MP3, room)

    assert found.tags == Tags()
    assert found.notes == ("The tags of the source could not be read.",)


def id3_tag(version: int, flags: int, body: bytes) -> bytes:
    size = len(body)
    sizes = bytes(size >> shift & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3" + bytes([version, 0, flags]) + sizes + body


def frame_of_four(name: bytes, flags: int, body: bytes) -> bytes:
    """Of ID3v2.4, whose sizes have seven bits a byte."""
    sizes = bytes(len(body) >> shift & 0x7F for shift in (21, 14, 7, 0))
    return name + sizes + struct.pack(">H", flags) + body


def behind(tag: bytes, sources: Path, room: Room) -> Path:
    path = room.folder / "a.mp3"
    path.write_bytes(tag + (sources / "no_xing.mp3").read_bytes())
    return path


async def test_unsynchronised_tags_are_read(sources: Path, room: Room) -> None:
    text = (b"\x01\xff\xfe" + "Ünsÿnc".encode("utf-16-le")).replace(b"\xff", b"\xff\x00")
    tag = id3_tag(4, 0x80, frame_of_four(b"TIT2", 0x0002, text))

    assert (await read(behind(tag, sources, room), Format.MP3, room)).tags == Tags(title="Ünsÿnc")


async def test_a_packed_frame_of_200_megabytes_does_no_harm(sources: Path, room: Room) -> None:
    unpacked_bytes = 200_000_000
    packed = zlib.compressobj()
    body = b"".join(packed.compress(b"\x03" + b"A" * 999_999) for _ in range(200)) + packed.flush()
    length = bytes(unpacked_bytes >> shift & 0x7F for shift in (21, 14, 7, 0))
    frame = frame_of_four(b"TIT2", 0x0009, length + body)

    found = await read(behind(id3_tag(4, 0, frame), sources, room), Format.MP3, room)

    assert found == UNREADABLE or set(found.tags.title or "A") == {"A"}


@pytest.mark.parametrize("kind", [Format.FLAC, Format.M4A, Format.OGG])
async def test_a_giant_cover_is_left_out_of_every_format_and_told(
    kind: Format, sources: Path, room: Room
) -> None:
    names = {Format.FLAC: "16bit.flac", Format.M4A: "aac.m4a", Format.OGG: "vorbis.ogg"}
    path = room.folder / names[kind]
    path.write_bytes((sources / names[kind]).read_bytes())
    data = PNG + bytes(20_000_000 if kind is Format.M4A else 5_000_000)  # a block of FLAC ends at 16 MiB
    opened: Any = {Format.FLAC: FLAC, Format.M4A: MP4, Format.OGG: OggVorbis}[kind](path)
    picture: Any = Picture()
    picture.type, picture.mime, picture.data = 3, "image/png", data
    if kind is Format.FLAC:
        opened.add_picture(picture)
    elif kind is Format.M4A:
        opened["covr"] = [MP4Cover(data, MP4Cover.FORMAT_PNG)]
    else:
        opened["METADATA_BLOCK_PICTURE"] = base64.b64encode(picture.write()).decode()
    opened["\xa9nam" if kind is Format.M4A else "title"] = "T"
    opened.save()

    found = await read(path, kind, room)

    assert found == UNREADABLE or (found.tags == Tags(title="T") and str(len(data)) in found.notes[0])


@pytest.mark.parametrize("claimed_bytes", [0, 100, 2**31 - 1, 2**32 - 1])
async def test_a_picture_may_lie_about_its_size(claimed_bytes: int, sources: Path, room: Room) -> None:
    picture: Any = Picture()
    picture.type, picture.mime, picture.data = 3, "image/png", PNG
    honest = struct.pack(">I", len(PNG))
    lying = picture.write().replace(honest + PNG[:8], struct.pack(">I", claimed_bytes) + PNG[:8])
    path = room.folder / "a.ogg"
    path.write_bytes((sources / "vorbis.ogg").read_bytes())
    ogg: Any = OggVorbis(path)
    ogg["title"], ogg["METADATA_BLOCK_PICTURE"] = "T", base64.b64encode(lying).decode()
    ogg.save()

    found = await read(path, Format.OGG, room)

    assert found.tags.title == "T"
    assert found.tags.cover is None or PNG.startswith(found.tags.cover.data)


async def test_comments_in_no_encoding_are_read_as_far_as_they_can_be(sources: Path, room: Room) -> None:
    path = room.folder / "a.flac"
    path.write_bytes((sources / "16bit.flac").read_bytes())
    flac: Any = FLAC(path)
    flac["title"], flac["artist"] = "abcd", "Right"
    flac.save()
    path.write_bytes(path.read_bytes().replace(b"abcd", b"a\xff\xfed"))

    assert (await read(path, Format.FLAC, room)).tags == Tags(title="a\ufffd\ufffdd", artist="Right")


async def test_many_values_of_one_field_are_one_line(sources: Path, room: Room) -> None:
    frames = [TIT2(encoding=3, text=["One", "Two"]), TPE1(encoding=0, text="caf\xe9\r\n\x07")]
    path = with_id3(sources / "cbr.mp3", room.folder / "a.mp3", *frames)

    tags = (await read(path, Format.MP3, room)).tags

    assert tags.title in ("One", "One;Two", "One Two")
    assert tags.artist == "café"


async def test_thousands_of_frames_do_no_harm(sources: Path, room: Room) -> None:
    frames = [TXXX(encoding=3, desc=f"key{number}", text="value") for number in range(20_000)]
    path = with_id3(sources / "cbr.mp3", room.folder / "a.mp3", TIT2(encoding=3, text="T"), *frames)

    limits = replace(room.limits, probe_cpu_s=1)
    found = await read_tags(path, "mp3", limits, room.prober)

    assert found == UNREADABLE or found.tags == Tags(title="T")


@pytest.mark.parametrize("track", ["0", "-1", "3/0", "99999", "9/x", "1e3", "\u0663", "3/12"])
async def test_odd_track_numbers_do_no_harm(track: str, sources: Path, room: Room) -> None:
    path = room.folder / "a.flac"
    path.write_bytes((sources / "16bit.flac").read_bytes())
    flac: Any = FLAC(path)
    flac["title"], flac["tracknumber"] = "T", track
    flac.save()

    assert (await read(path, Format.FLAC, room)).tags.title == "T"
