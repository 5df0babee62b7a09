# mypy: allow-untyped-calls
# mutagen says that it is typed, but few of its functions are.
"""Tags are read from every format, carried into segments of every format, and cost exactly what was said."""

import struct
import zlib
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from server.media.encoding.options import DEMUXERS
from server.media.proof import prove_copies
from server.media.tags.names import Cover, Tags
from server.media.tags.read import SourceTags, read_tags
from server.media.tags.size import most_tag_bytes
from server.media.tags.write import can_hold_tags, write_tags
from tests.media.conftest import Room
from tests.media.proof.test_proof import COPIED, ONE_EACH, cut, source_of
from zerokerf.formats import Format

pytestmark = pytest.mark.asyncio(loop_scope="session")

TAGGABLE = [name for name in ONE_EACH if COPIED[name] is not Format.AAC]


def noise_png(side: int = 160) -> bytes:
    """A picture that checkers accept, and longer than an Ogg page."""
    noise = Random(1)
    rows = b"".join(b"\0" + noise.randbytes(3 * side) for _ in range(side))
    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", head), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in chunks
    )


PNG = noise_png()
ALL = Tags(
    title="Ålesund, 東京",
    artist="Some One",
    album="Far Away",
    album_artist="Some Others",
    genre="Speech",
    date="2024",
    track=3,
    track_count=12,
)


async def read(path: Path, kind: Format, room: Room) -> SourceTags:
    return await read_tags(path, DEMUXERS[kind], room.limits, room.prober)


def cover() -> Cover:
    """One that decoders accept."""
    return Cover("image/png", PNG)


@pytest.mark.parametrize("with_cover", [False, True])
@pytest.mark.parametrize("name", TAGGABLE)
async def test_what_is_written_can_be_read_and_costs_no_more_than_was_said(
    name: str, with_cover: bool, sources: Path, room: Room
) -> None:
    source = source_of(sources / name)
    kind = source.copier.format
    tags = replace(ALL, cover=cover() if with_cover else None)
    tagged = []

    for segment in cut(source, [0, 6_000, 70_000, source.copier.sample_count], room.folder):
        write_tags(segment.path, kind, tags)
        size_bytes = segment.path.stat().st_size
        added = size_bytes - segment.size_bytes
        assert 0 < added <= most_tag_bytes(kind, tags) <= added + 2_000
        tagged.append(replace(segment, size_bytes=size_bytes, tag_bytes=added))

    await prove_copies(source, tagged, room.prober, is_full=True)
    assert (await read(tagged[0].path, kind, room)).tags == tags


@pytest.mark.parametrize("name", TAGGABLE)
async def test_the_same_tags_give_the_same_bytes(name: str, sources: Path, room: Room) -> None:
    source = source_of(sources / name)
    (segment,) = cut(source, [0, 50_000], room.folder)
    twin = room.folder / "twin"
    twin.write_bytes(segment.path.read_bytes())

    for path in (segment.path, twin, twin):
        write_tags(path, source.copier.format, replace(ALL, cover=cover()))

    assert twin.read_bytes() == segment.path.read_bytes()


async def test_adts_and_nothing_to_write_leave_a_file_as_it_is(sources: Path, room: Room) -> None:
    for name, tags in (("adts.aac", ALL), ("cbr.mp3", Tags())):
        source = source_of(sources / name)
        (segment,) = cut(source, [0, 40_960], room.folder)

        write_tags(segment.path, source.copier.format, tags)

        assert segment.path.stat().st_size == segment.size_bytes
        assert tags == Tags() or most_tag_bytes(source.copier.format, tags) == 0


async def test_a_giant_wav_holds_no_tags(sources: Path) -> None:
    assert can_hold_tags(sources / "16bit.wav", Format.WAV)
    assert not can_hold_tags(sources / "rf64.wav", Format.WAV)


@pytest.mark.parametrize("name", ["16bit.wav", "aac.m4a"])
async def test_a_file_that_could_not_grow_stays_as_it_is(name: str, sources: Path, room: Room) -> None:
    source = source_of(sources / name)
    (segment,) = cut(source, [0, 50_000], room.folder)
    with segment.path.open("r+b") as file:
        file.truncate(2**32 - 1000)  # no disk is used for the zeros

    write_tags(segment.path, source.copier.format, ALL)

    assert segment.path.stat().st_size == 2**32 - 1000
