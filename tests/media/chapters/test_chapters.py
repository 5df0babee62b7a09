# mypy: allow-untyped-calls
# mutagen says that it is typed, but few of its functions are.
"""Chapters are read in the limited process, whole or not at all, whoever wrote them."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from mutagen.apev2 import APEv2
from mutagen.flac import FLAC, CueSheet, CueSheetTrack, CueSheetTrackIndex
from mutagen.id3 import ID3, TXXX
from mutagen.oggvorbis import OggVorbis

from server.media.chapters.read import Chapter, read_chapters
from server.media.plan.cuts import NANOS
from tests.media.conftest import Room
from tests.media.corpus import ffmpeg
from zerokerf.errors import CorruptFile, TooManyChapters

pytestmark = pytest.mark.asyncio(loop_scope="session")

DEMUXERS = {".mp3": "mp3", ".m4a": "mov", ".ogg": "ogg", ".flac": "flac", ".wav": "wav"}


async def chapters_of(room: Room, path: Path) -> tuple[Chapter, ...]:
    return await read_chapters(path, DEMUXERS[path.suffix], room.limits, room.prober)


def with_chapters(room: Room, source: Path, suffix: str, titles: list[str], length_ms: int = 500) -> Path:
    lines = [";FFMETADATA1"]
    for number, title in enumerate(titles):
        start = number * length_ms
        lines += [
            "[CHAPTER]",
            "TIMEBASE=1/1000",
            f"START={start}",
            f"END={start + length_ms}",
            f"title={title}",
        ]
    meta = room.folder / "chapters.txt"
    meta.write_text("\n".join(lines), encoding="utf-8")
    target = room.folder / f"book{suffix}"
    inputs: list[str | Path] = ["-i", source, "-i", meta, "-map", "0:a", "-map_chapters", "1"]
    if suffix == ".mp3":  # of version 4, ffmpeg does not read chapters with titles above 127 bytes
        inputs += ["-id3v2_version", "3"]
    ffmpeg(room.decoder.binary, *inputs, target)
    return target


@pytest.mark.parametrize("suffix", [".mp3", ".m4a"])
async def test_places_and_titles_are_those_of_the_file(suffix: str, sources: Path, room: Room) -> None:
    book = with_chapters(room, sources / "16bit.wav", suffix, ["Anfang", "Größe 😀", "日本語"])

    chapters = await chapters_of(room, book)

    assert [chapter.title for chapter in chapters] == ["Anfang", "Größe 😀", "日本語"]
    for number, chapter in enumerate(chapters):
        assert abs(chapter.start_ns - number * NANOS // 2) <= NANOS // 1000 * 12  # m4a rounds to its frames


@pytest.mark.parametrize("suffix", [".ogg", ".flac"])
async def test_chapters_in_comments_are_read(suffix: str, sources: Path, room: Room) -> None:
    book = room.folder / f"book{suffix}"
    comments = ["CHAPTER001=00:00:01.250", "CHAPTER001NAME=Second", "CHAPTER000=00:00:00.000"]
    tags = [option for comment in comments for option in ("-metadata", comment)]
    ffmpeg(room.decoder.binary, "-i", sources / "16bit.wav", *tags, book)

    chapters = await chapters_of(room, book)

    assert [(chapter.start_ns, chapter.title) for chapter in chapters] == [
        (0, None),
        (1_250_000_000, "Second"),
    ]


async def test_a_file_without_chapters_has_none(sources: Path, room: Room) -> None:
    assert await chapters_of(room, sources / "16bit.wav") == ()


async def test_long_titles_and_thousands_of_chapters_arrive_whole_beside_other_answers(
    sources: Path, room: Room
) -> None:
    book = with_chapters(room, sources / "16bit.wav", ".mp3", [f"{n} " + "😀" * 400 for n in range(1000)], 3)

    probing = asyncio.create_task(room.probe(sources / "cbr.mp3"))
    many = await asyncio.gather(*(chapters_of(room, book) for _ in range(4)))

    assert (await probing).codec == "mp3"
    for chapters in many:
        assert [chapter.title.split()[0] for chapter in chapters if chapter.title] == [
            str(n) for n in range(1000)
        ]
        assert {len(chapter.title or "") for chapter in chapters} == {300}


async def test_more_chapters_than_can_be_cut_are_refused(sources: Path, room: Room) -> None:
    book = with_chapters(room, sources / "16bit.wav", ".mp3", ["x"] * 10_001, 1)

    with pytest.raises(TooManyChapters, match="more than 10000 chapters"):
        await chapters_of(room, book)


async def test_titles_in_no_encoding_are_read_as_far_as_they_can_be(sources: Path, room: Room) -> None:
    book = with_chapters(room, sources / "16bit.wav", ".m4a", ["abcd", "efgh"])
    book.write_bytes(book.read_bytes().replace(b"abcd", b"a\xff\xfed"))

    chapters = await chapters_of(room, book)

    assert [chapter.title for chapter in chapters] == ["a\ufffd\ufffdd", "efgh"]
    assert (await room.probe(book)).codec == "aac"


async def test_a_file_that_cannot_be_opened_is_refused(room: Room) -> None:
    book = room.folder / "book.m4a"
    book.write_bytes(b"\0\0\0\x18ftypM4A " + b"\xff" * 1000)

    with pytest.raises(CorruptFile, match="chapters"):
        await chapters_of(room, book)


# ---- cue sheets inside of files

SHEET = """PERFORMER "Some One"
FILE "book.wav" WAVE
  TRACK 01 AUDIO
    TITLE "Anfang"
    INDEX 01 00:00:00
  TRACK 02 AUDIO
    TITLE "Größe 😀"
    INDEX 00 00:01:00
    INDEX 01 00:01:15
"""
TRACKS = [(0, "Anfang"), (1_200_000_000, "Größe 😀")]


def with_sheet_block(source: Path, target: Path) -> Path:
    """Two tracks, the second behind a pause of 441 samples, and the lead-out."""
    target.write_bytes(source.read_bytes())
    flac, sheet = FLAC(target), CueSheet(None)
    indexes = {1: [(1, 0)], 2: [(0, 0), (1, 441)], 170: []}
    for number, start, code in ((1, 0, b""), (2, 44_100, b"ABCDE1234567"), (170, 142_571, b"")):
        track = CueSheetTrack(number, start, isrc=code)
        track.indexes = [CueSheetTrackIndex(*index) for index in indexes[number]]
        sheet.tracks.append(track)
    flac.cuesheet = sheet
    flac.save()
    return target


def with_sheet_text(source: Path, target: Path, text: str) -> Path:
    target.write_bytes(source.read_bytes())
    if target.suffix == ".mp3":
        id3 = ID3()
        id3.add(TXXX(encoding=1, desc="cuesheet", text=text))
        id3.save(target)
    else:
        tagged: Any = FLAC(target) if target.suffix == ".flac" else OggVorbis(target)
        tagged["CueSheet"] = text
        tagged.save()
    return target


def places(chapters: tuple[Chapter, ...]) -> list[tuple[int, str | None]]:
    return [(chapter.start_ns, chapter.title) for chapter in chapters]


@pytest.mark.parametrize("name", ["16bit.flac", "vorbis.ogg", "cbr.mp3"])
async def test_the_tracks_of_a_sheet_in_the_tags_are_chapters(name: str, sources: Path, room: Room) -> None:
    book = with_sheet_text(sources / name, room.folder / name, SHEET)

    assert places(await chapters_of(room, book)) == TRACKS


async def test_a_sheet_in_ape_tags_is_found_behind_mp3(sources: Path, room: Room) -> None:
    book = room.folder / "book.mp3"
    book.write_bytes((sources / "no_xing.mp3").read_bytes())
    ape = APEv2()
    ape["Cuesheet"] = SHEET
    ape.save(book)

    assert places(await chapters_of(room, book)) == TRACKS


async def test_the_sheet_block_of_flac_tells_where_sound_begins(sources: Path, room: Room) -> None:
    book = with_sheet_block(sources / "16bit.flac", room.folder / "book.flac")

    assert places(await chapters_of(room, book)) == [(0, None), (1_010_000_000, None)]


async def test_titles_in_the_tags_come_before_the_block(sources: Path, room: Room) -> None:
    block = with_sheet_block(sources / "16bit.flac", room.folder / "block.flac")

    assert places(await chapters_of(room, with_sheet_text(block, room.folder / "a.flac", SHEET))) == TRACKS


async def test_chapters_come_before_a_sheet_in_the_tags(sources: Path, room: Room) -> None:
    book = with_sheet_text(sources / "16bit.flac", room.folder / "book.flac", SHEET)
    flac: Any = FLAC(book)
    flac["CHAPTER001"], flac["CHAPTER001NAME"] = "00:00:02.000", "Proper"
    flac.save()

    assert places(await chapters_of(room, book)) == [(2_000_000_000, "Proper")]


@pytest.mark.parametrize("text", ["no sheet", SHEET + SHEET, "TRACK 01 AUDIO\n" * 100_000, "x" * 1_200_000])
async def test_a_sheet_that_cannot_be_used_is_none(text: str, sources: Path, room: Room) -> None:
    book = with_sheet_text(sources / "16bit.flac", room.folder / "book.flac", text)

    assert await chapters_of(room, book) == ()


@pytest.mark.parametrize("suffix", [".mp3", ".m4a"])
async def test_a_hundred_thousand_chapters_are_refused(suffix: str, sources: Path, room: Room) -> None:
    book = with_chapters(room, sources / "16bit.wav", suffix, ["x"] * 100_000, 1)

    with pytest.raises(TooManyChapters):
        await chapters_of(room, book)
