"""A frame, page or packet of a segment is flipped, dropped, doubled or shortened: no such file is proven."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import av
import pytest

from server.media.copying.open_copier import open_copier
from server.media.edges.proof import EdgeSource, prove_edges
from server.media.encoding.options import DEMUXERS
from server.media.proof import prove_copies
from tests.media.conftest import Room
from tests.media.proof.test_proof import ONE_EACH, Segment, cut, source_of
from zerokerf.errors import SegmentDiffers, VerificationFailed
from zerokerf.formats import Format

pytestmark = pytest.mark.asyncio(loop_scope="session")

Mutation = Callable[[bytes, int, int], bytes]


def flip(data: bytes, begin: int, size: int) -> bytes:
    at = begin + size // 2
    return data[:at] + bytes([data[at] ^ 0x10]) + data[at + 1 :]


def drop(data: bytes, begin: int, size: int) -> bytes:
    return data[:begin] + data[begin + size :]


def double(data: bytes, begin: int, size: int) -> bytes:
    return data[: begin + size] + data[begin:]


def shorten(data: bytes, begin: int, size: int) -> bytes:
    return data[: begin + size // 2] + data[begin + size :]


def cut_off(data: bytes, begin: int, size: int) -> bytes:
    return data[: begin + size // 2]


#: Frames have checksums, or are compared with the source's byte by byte.
SEEN_WHOLE = (Format.FLAC, Format.OGG, Format.OPUS, Format.AAC)
MUTATIONS: tuple[Mutation, ...] = (flip, drop, double, shorten, cut_off)


def units(path: Path, kind: Format) -> list[tuple[int, int]]:
    """First byte and length of each frame, page or packet of audio."""
    if kind in (Format.OGG, Format.OPUS):
        data = path.read_bytes()
        starts = [at for at in range(len(data)) if data.startswith(b"OggS", at)]
        return [(begin, end - begin) for begin, end in pairwise([*starts, len(data)])][2:]
    with av.open(str(path), format=DEMUXERS[kind]) as container:
        return [(packet.pos or 0, packet.size) for packet in container.demux(audio=0) if packet.size]


async def first_to_catch(source: EdgeSource, segment: Segment, room: Room) -> str:
    """The cheapest proof that refuses the file; its size and hash are those of the file as it is."""
    data = segment.path.read_bytes()
    written = replace(segment, size_bytes=len(data))
    for is_full in (False, True):
        try:
            await prove_copies(source, [written], room.prober, is_full=is_full)
        except (SegmentDiffers, VerificationFailed) as error:
            return "full" if is_full else "edges" if isinstance(error, SegmentDiffers) else "structure"
    return "sha256" if hashlib.sha256(data).hexdigest() != segment.sha256 else "none"


def expected(kind: Format, where: str, mutation: Mutation) -> str:
    """Wherever lengths change, opening the file is enough."""
    if mutation is not flip or kind in SEEN_WHOLE:
        return "structure"
    if kind is Format.MP3 and where == "head":
        return "sha256"  # the frame that only carries data for later ones: the bit flipped is in no use
    return "full" if where == "middle" else "edges"


@pytest.mark.parametrize("name", ONE_EACH)
async def test_every_mutation_of_one_unit_is_caught(name: str, sources: Path, room: Room) -> None:
    source = source_of(sources / name)
    kind = source.copier.format
    (segment,) = cut(source, [10_240, source.copier.sample_count - 10_240], room.folder)
    whole = segment.path.read_bytes()
    each = units(segment.path, kind)
    places = {"head": 0, "second": 1, "middle": len(each) // 2, "last": len(each) - 1}
    caught = {}
    for where, at in places.items():
        for mutation in MUTATIONS:
            segment.path.write_bytes(mutation(whole, *each[at]))
            caught[where, mutation.__name__] = await first_to_catch(source, segment, room)

    assert caught == {
        (where, mutation.__name__): expected(kind, where, mutation)
        for where in places
        for mutation in MUTATIONS
    }


@pytest.mark.parametrize("name", ["vorbis.ogg", "celt.opus", "16bit.flac"])
async def test_the_edges_alone_see_damage_that_checksums_hide(name: str, sources: Path, room: Room) -> None:
    """As if a writer had put the wrong frames into a file that is right in itself."""
    source = source_of(sources / name)
    (segment,) = cut(source, [10_240, source.copier.sample_count - 10_240], room.folder)
    shifted = [source.copier.snap(20_480), source.copier.snap(source.copier.sample_count)]
    (other,) = cut(source, [shifted[0], shifted[1]], room.folder)
    spliced = replace(other, first_sample=segment.first_sample)

    with pytest.raises(SegmentDiffers):
        await prove_edges(source, [(spliced, open_copier(source.copier.format, spliced.path))], room.prober)
