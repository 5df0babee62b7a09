# mypy: allow-untyped-calls
# mutagen says that it is typed, but few of its functions are.
"""Finished segments are dressed: other programs read what they are called, and the sound stays as it was."""

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import av
import mutagen
import pytest

from server.media.chapters.read import Chapter, FoundChapters, find_chapters
from server.media.chapters.within import in_order
from server.media.encoding.options import DEMUXERS, plan_encode
from server.media.facts import SourceFacts
from server.media.plan.cuts import NANOS, Cut
from server.media.proof import prove_copies
from server.media.segment import make_segment
from server.media.tags.labels import Labels, SourceLabels, read_labels
from server.media.tags.names import Cover, TagPolicy, Tags
from tests.media.conftest import Room
from tests.media.corpus import RATE, decode_all
from tests.media.proof.test_proof import ONE_EACH, cut, source_of
from tests.media.tags.test_hostile import with_id3
from tests.media.tags.test_tags import PNG, TAGGABLE, read
from zerokerf.formats import Format
from zerokerf.template import Template

pytestmark = pytest.mark.asyncio(loop_scope="session")

HALF_S = NANOS // 2
CHAPTERS = tuple(Chapter(n * HALF_S, (n + 1) * HALF_S, f"Kapitel {n} 東京 😀") for n in range(7))
TALK = Tags(title="Talk", artist="Some One", date="2024-05-01", cover=Cover("image/png", PNG))
CHECKS = {
    Format.FLAC: ("flac", "--test", "--silent"),
    Format.OPUS: ("opusinfo", "-q"),
    Format.OGG: ("ogginfo", "-q"),
    Format.MP3: ("mpg123", "--test", "--quiet", "--no-control"),
}


def labels_of(
    tags: Tags,
    kind: Format,
    policy: TagPolicy = TagPolicy.COPY,
    template: Template | None = None,
    count: int | None = 12,
    max_bytes: int | None = None,
) -> Labels:
    source = SourceLabels(tags=tags, policy=policy, template=template, size_bytes=1_000_000)
    return source.for_segments(kind, count, RATE, max_bytes)


def verdict(kind: Format, path: Path) -> tuple[int, str]:
    """Of the format's own tool, where there is one."""
    command = CHECKS.get(kind)
    if command is None or not shutil.which(command[0]):
        return 0, ""
    checked = subprocess.run([*command, path], check=False, capture_output=True, text=True, timeout=30)
    return checked.returncode, checked.stdout + checked.stderr


def seen_by_ffmpeg(path: Path, kind: Format) -> tuple[dict[str, str], list[tuple[float, str]]]:
    with av.open(str(path), format=DEMUXERS[kind]) as container:
        found = {**container.metadata, **container.streams.audio[0].metadata}
        chapters = [
            (float(each["start"] * (each["time_base"] or 0)), each["metadata"].get("title", ""))
            for each in container.chapters()
        ]
        return {key.lower(): text for key, text in found.items()}, chapters


@pytest.mark.parametrize("name", TAGGABLE)
async def test_a_copied_segment_is_dressed_and_stays_proven(name: str, sources: Path, room: Room) -> None:
    source = source_of(sources / name)
    kind = source.copier.format
    labels = labels_of(replace(TALK, chapters=CHAPTERS), kind)
    tagged = []

    for segment in cut(source, [0, 30_000, 110_000, source.copier.sample_count], room.folder):
        piece = Cut(segment.index, segment.first_sample, segment.sample_count, "duration")
        bare_verdict = verdict(kind, segment.path)
        added = labels.dress(segment.path, piece)
        assert verdict(kind, segment.path) == bare_verdict
        tagged.append(replace(segment, size_bytes=segment.size_bytes + added, tag_bytes=added))

    await prove_copies(source, tagged, room.prober, is_full=True)
    found, chapters = seen_by_ffmpeg(tagged[1].path, kind)
    assert (found["title"], found["album"], found["artist"]) == ("Talk", "Talk", "Some One")
    assert found["track"] in ("2/12", "2")
    assert [title for _, title in chapters] == [chapter.title for chapter in CHAPTERS[1:5]]
    start_s = tagged[1].first_sample / RATE
    for at, (chapter_s, _) in enumerate(chapters):
        assert abs(chapter_s - max(0, (at + 1) / 2 - start_s)) < 0.02
    assert (await read(tagged[2].path, kind, room)).tags.track == 3


@pytest.mark.parametrize("kind", [kind for kind in Format if kind is not Format.AAC])
async def test_dressing_an_encoded_segment_changes_no_sample(kind: Format, sources: Path, room: Room) -> None:
    pcm = await room.open(sources / "16bit.wav")
    piece = Cut(4, 30_000, 80_000, "duration")
    plan = plan_encode(pcm, kind)
    segment = await make_segment(pcm, piece, plan, room.folder, room.decoder, lambda _: None)
    bare, bare_verdict = (
        decode_all(room.decoder.binary, segment.path, DEMUXERS[kind]),
        verdict(kind, segment.path),
    )

    added = labels_of(replace(TALK, chapters=CHAPTERS), kind).dress(segment.path, piece)

    assert segment.path.stat().st_size == segment.size_bytes + added
    assert added > 60_000
    assert decode_all(room.decoder.binary, segment.path, DEMUXERS[kind]) == bare
    assert verdict(kind, segment.path) == bare_verdict
    tagged: dict[str, list[str]] = mutagen.File(segment.path, easy=kind is not Format.WAV)
    assert kind is Format.WAV or tagged["title"] == ["Talk"]
    assert [title for _, title in seen_by_ffmpeg(segment.path, kind)[1]] == [
        chapter.title for chapter in CHAPTERS[1:5]
    ]


# ---- what is left alone


@pytest.mark.parametrize("name", ONE_EACH)
async def test_without_anything_to_write_a_segment_stays_the_bare_copy(
    name: str, sources: Path, room: Room
) -> None:
    source = source_of(sources / name)
    (segment,) = cut(source, [0, 60_000], room.folder)
    bare = segment.path.read_bytes()
    kind = source.copier.format
    cases = [labels_of(Tags(), kind), labels_of(TALK, kind, TagPolicy.NONE)]
    if kind is Format.AAC:
        cases.append(labels_of(TALK, kind))

    for labels in cases:
        assert labels.dress(segment.path, Cut(0, 0, 60_000, "duration")) == 0
        assert labels.reserve_bytes == 0

    assert segment.path.read_bytes() == bare
    assert len(cases[-1].notes) == (kind is Format.AAC)


async def test_a_title_of_the_cut_is_enough_to_write(sources: Path, room: Room) -> None:
    source = source_of(sources / "cbr.mp3")
    (segment,) = cut(source, [0, 60_000], room.folder)

    labels_of(Tags(), Format.MP3).dress(segment.path, Cut(0, 0, 60_000, "chapter", "Intro"))

    assert (await read(segment.path, Format.MP3, room)).tags == Tags(title="Intro", track=1, track_count=12)


async def test_a_template_names_what_has_no_name(sources: Path, room: Room) -> None:
    source = source_of(sources / "vorbis.ogg")
    (segment,) = cut(source, [0, 60_000], room.folder)
    labels = labels_of(Tags(), Format.OGG, TagPolicy.TEMPLATE, Template("Part {n} of {count}"), count=None)

    labels.dress(segment.path, Cut(6, 0, segment.sample_count, "size"))

    assert (await read(segment.path, Format.OGG, room)).tags == Tags(title="Part 7 of", track=7)


# ---- reading


async def labels_read(path: Path, facts: SourceFacts, room: Room) -> SourceLabels:
    chapters = await find_chapters(path, facts.demuxer, room.limits, room.prober)
    return await read_labels(path, facts, TagPolicy.COPY, None, chapters, room.prober, room.limits)


async def test_nothing_is_read_where_nothing_is_wanted(sources: Path, room: Room) -> None:
    facts = await room.probe(sources / "cbr.mp3")
    gone = room.folder / "gone.mp3"

    found = await read_labels(
        gone, facts, TagPolicy.NONE, Template("x"), FoundChapters(), room.prober, room.limits
    )

    assert found.for_segments(Format.MP3, 3, RATE).tags_of(Cut(0, 0, RATE, "end", "Intro")) == Tags()
    assert found.notes == ()


async def test_what_is_read_is_what_was_written(sources: Path, room: Room) -> None:
    source = source_of(sources / "aac.m4a")
    (segment,) = cut(source, [0, source.copier.sample_count], room.folder)
    written = labels_of(replace(TALK, chapters=CHAPTERS), Format.M4A)
    written.dress(segment.path, Cut(0, 0, segment.sample_count, "end"))
    facts = await room.probe(segment.path)

    found = await labels_read(segment.path, facts, room)

    assert (found.tags.title, found.tags.cover) == ("Talk", TALK.cover)
    assert [chapter.title for chapter in found.tags.chapters] == [chapter.title for chapter in CHAPTERS]
    assert [chapter.start_ns for chapter in found.tags.chapters] == [n * HALF_S for n in range(7)]
    assert found.size_bytes == facts.size_bytes
    assert found.notes == ()


async def test_what_cannot_be_read_is_a_note(sources: Path, room: Room) -> None:
    facts = await room.probe(sources / "cbr.mp3")
    lying = room.folder / "lying.mp3"
    lying.write_bytes(b"ID3\x04\x00\x00\x7f\x7f\x7f\x7f" + (sources / "cbr.mp3").read_bytes())

    found = await labels_read(lying, facts, room)

    assert found.tags == Tags()
    assert len(found.notes) == 2


async def test_too_many_chapters_are_a_note(sources: Path, room: Room) -> None:
    frames = [mutagen.id3.CHAP(element_id=f"c{n}", start_time=n, end_time=n + 1) for n in range(10_001)]
    book = with_id3(sources / "cbr.mp3", room.folder / "book.mp3", *frames)
    facts = await room.probe(book)

    found = await labels_read(book, facts, room)

    assert found.tags == Tags()
    assert found.notes == ("The source has more than 10000 chapters. None of them is kept.",)


async def test_more_chapters_than_a_segment_can_hold_are_a_note(sources: Path, room: Room) -> None:
    chapters = in_order([Chapter(n * 1_000 * NANOS, 0, f"{n}") for n in range(300)])
    source = source_of(sources / "aac.m4a")
    (segment,) = cut(source, [0, 60_000], room.folder)
    labels = labels_of(Tags(chapters=chapters), Format.M4A)

    labels.dress(segment.path, Cut(0, 0, 300_000 * RATE, "end"))

    assert "255 chapters" in labels.notes[0]
    assert len(seen_by_ffmpeg(segment.path, Format.M4A)[1]) == 255
