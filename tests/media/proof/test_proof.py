"""Copied segments are proven by opening, counting and decoding them, and nothing that is damaged passes."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import pytest

from server.media.copying.copier import Copier
from server.media.copying.open_copier import open_copier
from server.media.edges.proof import EdgeSource, prove_edges
from server.media.edges.values import Match
from server.media.encoding.options import DEMUXERS
from server.media.proof import prove_copies
from tests.media.conftest import Room
from zerokerf.errors import SegmentDiffers, SegmentOverLimit, SegmentUnproven, VerificationFailed
from zerokerf.formats import Format

pytestmark = pytest.mark.asyncio(loop_scope="session")

COPIED = {
    "16bit.wav": Format.WAV,
    "24bit.wav": Format.WAV,
    "float.wav": Format.WAV,
    "16bit.flac": Format.FLAC,
    "24bit.flac": Format.FLAC,
    "cbr.mp3": Format.MP3,
    "vbr.mp3": Format.MP3,
    "no_xing.mp3": Format.MP3,
    "22k_mono.mp3": Format.MP3,
    "vorbis.ogg": Format.OGG,
    "celt.opus": Format.OPUS,
    "adts.aac": Format.AAC,
    "aac.m4a": Format.M4A,
}
ONE_EACH = ["16bit.wav", "16bit.flac", "cbr.mp3", "vorbis.ogg", "celt.opus", "adts.aac", "aac.m4a"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    index: int
    path: Path
    first_sample: int
    sample_count: int
    size_bytes: int
    sha256: str
    excess_samples: int = 0
    tag_bytes: int = 0


def source_of(path: Path) -> EdgeSource:
    kind = COPIED[path.name]
    return EdgeSource(path=path, demuxer=DEMUXERS[kind], copier=open_copier(kind, path))


def cut(source: EdgeSource, bounds: Sequence[int], folder: Path) -> list[Segment]:
    places = [source.copier.snap(bound) for bound in bounds]
    return [write(source.copier, at, *span, folder) for at, span in enumerate(pairwise(places))]


def write(copier: Copier, index: int, first: int, end: int, folder: Path) -> Segment:
    path = folder / f"{index}.{copier.format.extension}"
    copier.write(first, end - first, path)
    return Segment(
        index=index,
        path=path,
        first_sample=first,
        sample_count=end - first,
        size_bytes=path.stat().st_size,
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
    )


async def compare(source: EdgeSource, segment: Segment, room: Room, *, is_full: bool) -> None:
    finished = open_copier(source.copier.format, segment.path)
    await prove_edges(source, [(segment, finished)], room.prober, is_full=is_full)


@pytest.mark.parametrize("name", COPIED)
async def test_what_is_copied_is_proven_at_its_edges(name: str, sources: Path, room: Room) -> None:
    source = source_of(sources / name)
    end = source.copier.sample_count
    segments = cut(source, [0, 8_000, 12_345, end * 5 // 8, end], room.folder)

    proofs = await prove_copies(source, segments, room.prober)

    assert [proof.index for proof in proofs] == [0, 1, 2, 3]
    if source.copier.format not in (Format.OPUS, Format.AAC, Format.M4A):
        assert all(proof.is_bit_exact for proof in proofs)


@pytest.mark.parametrize("name", COPIED)
async def test_what_is_copied_is_proven_in_full(name: str, sources: Path, room: Room) -> None:
    source = source_of(sources / name)
    end = source.copier.sample_count
    segments = cut(source, [0, 8_000, end * 5 // 8, end], room.folder)
    finished = [(segment, open_copier(source.copier.format, segment.path)) for segment in segments]

    proofs = await prove_edges(source, finished, room.prober, is_full=True)

    if source.copier.format not in (Format.OPUS, Format.AAC, Format.M4A):
        assert all(proof.is_bit_exact for proof in proofs)


@pytest.mark.parametrize(("name", "demuxer"), [("sony.w64", "w64"), ("rf64.wav", "wav"), ("8bit.wav", "wav")])
async def test_a_source_in_another_container_is_a_source(
    name: str, demuxer: str, sources: Path, room: Room
) -> None:
    copier = open_copier(Format.WAV, sources / name)
    source = EdgeSource(path=sources / name, demuxer=demuxer, copier=copier)
    segments = cut(source, [0, 12_345, copier.sample_count], room.folder)

    assert all(proof.is_bit_exact for proof in await prove_copies(source, segments, room.prober))


async def test_what_a_decoder_hides_is_told(sources: Path, room: Room) -> None:
    hidden = {}
    for name in ("cbr.mp3", "celt.opus", "aac.m4a", "16bit.flac"):
        source = source_of(sources / name)
        (segment,) = cut(source, [40_000, 120_000], room.folder)
        (proof,) = await prove_copies(source, [segment], room.prober)
        hidden[name] = (proof.pre_roll_samples, proof.padding_samples)

    assert hidden["cbr.mp3"][0] >= 1152
    assert (hidden["cbr.mp3"][0] + 80_000 + hidden["cbr.mp3"][1]) % 1152 == 0
    assert hidden["celt.opus"][0] >= 600 * 48
    assert (hidden["aac.m4a"][0] + 80_000 + hidden["aac.m4a"][1]) % 1024 == 0
    assert hidden["16bit.flac"] == (0, 0)


async def test_segments_that_overlap_are_proven(sources: Path, room: Room) -> None:
    source = source_of(sources / "cbr.mp3")
    spans = [(0, 60_000), (50_000, 110_000), (100_000, source.copier.sample_count)]
    segments = [write(source.copier, at, *span, room.folder) for at, span in enumerate(spans)]
    finished = [(segment, open_copier(Format.MP3, segment.path)) for segment in segments]

    for is_full in (False, True):
        proofs = await prove_edges(source, finished, room.prober, is_full=is_full)
        assert all(proof.is_bit_exact for proof in proofs)


@pytest.mark.parametrize("name", ONE_EACH)
async def test_a_segment_from_elsewhere_in_the_source_is_caught(name: str, sources: Path, room: Room) -> None:
    source = source_of(sources / name)
    (segment,) = cut(source, [20_480, 122_880], room.folder)
    moved = replace(segment, first_sample=source.copier.snap(segment.first_sample + 4_096))

    for is_full in (False, True):
        with pytest.raises(SegmentDiffers):
            await compare(source, moved, room, is_full=is_full)


@pytest.mark.parametrize("name", ["16bit.wav", "16bit.flac", "cbr.mp3"])
async def test_a_segment_that_is_one_sample_off_is_caught(name: str, sources: Path, room: Room) -> None:
    source = source_of(sources / name)
    (segment,) = cut(source, [20_000, 120_000], room.folder)

    with pytest.raises(SegmentDiffers):
        await compare(source, replace(segment, first_sample=20_001), room, is_full=False)
    with pytest.raises(VerificationFailed, match="100000 samples where 100001"):
        await compare(source, replace(segment, sample_count=100_001), room, is_full=False)


async def test_a_segment_above_the_limit_is_caught(sources: Path, room: Room) -> None:
    source = source_of(sources / "cbr.mp3")
    segments = cut(source, [0, 50_000], room.folder)

    await prove_copies(source, segments, room.prober, max_bytes=segments[0].size_bytes)
    with pytest.raises(SegmentOverLimit):
        await prove_copies(source, segments, room.prober, max_bytes=segments[0].size_bytes - 1)


async def test_tags_are_counted_with_the_segment(sources: Path, room: Room) -> None:
    source = source_of(sources / "cbr.mp3")
    (segment,) = cut(source, [0, 50_000], room.folder)
    tag = b"TAG".ljust(128)
    segment.path.write_bytes(segment.path.read_bytes() + tag)
    tagged = replace(segment, size_bytes=segment.size_bytes + len(tag), tag_bytes=len(tag))

    await prove_copies(source, [tagged], room.prober)
    with pytest.raises(VerificationFailed, match=f"{tagged.size_bytes} bytes instead of"):
        await prove_copies(source, [replace(tagged, tag_bytes=127)], room.prober)


async def test_more_can_be_asked_than_the_format_promises(sources: Path, room: Room) -> None:
    source = source_of(sources / "adts.aac")
    (segment,) = cut(source, [20_480, 122_880], room.folder)
    finished = [(segment, open_copier(Format.AAC, segment.path))]

    (proof,) = await prove_edges(source, finished, room.prober)
    assert (proof.head, proof.tail) == (Match.FRAMES, Match.SAMPLES)
    assert 0 < proof.settled_samples <= 1024
    with pytest.raises(SegmentDiffers):
        await prove_edges(source, finished, room.prober, least=Match.SAMPLES)


async def test_a_source_that_is_gone_proves_nothing(sources: Path, room: Room) -> None:
    source = source_of(sources / "cbr.mp3")
    segments = cut(source, [0, 50_000], room.folder)

    with pytest.raises(SegmentUnproven):
        await prove_copies(replace(source, path=room.folder / "gone"), segments, room.prober)
