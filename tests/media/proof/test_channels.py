"""Copies of as many channels as there may be are proven like those of two, and no less strictly."""

from dataclasses import replace
from pathlib import Path

import pytest
import soundfile

from server.media.copying.open_copier import open_copier
from server.media.edges.proof import EdgeSource
from server.media.encoding.options import DEMUXERS
from server.media.proof import prove_copies
from tests.media.conftest import Room
from tests.media.corpus import RATE, ffmpeg, speech_like
from tests.media.proof.test_proof import compare, cut
from zerokerf.errors import SegmentDiffers
from zerokerf.formats import Format

pytestmark = pytest.mark.asyncio(loop_scope="session")

ENCODERS = {
    Format.OPUS: ("-c:a", "libopus", "-mapping_family", "1"),
    Format.OGG: ("-c:a", "libvorbis"),
    Format.FLAC: ("-c:a", "flac"),
    Format.WAV: ("-c:a", "pcm_s16le"),
}


def of_eight_channels(kind: Format, room: Room) -> EdgeSource:
    master, path = room.folder / "master.wav", room.folder / f"eight.{kind.extension}"
    soundfile.write(master, speech_like(2 * RATE, channels=8), RATE)
    ffmpeg(
        Path(room.decoder.binary), "-i", master, "-af", "aformat=channel_layouts=7.1", *ENCODERS[kind], path
    )
    copier = open_copier(kind, path)
    assert copier.channels == 8
    return EdgeSource(path=path, demuxer=DEMUXERS[kind], copier=copier)


@pytest.mark.parametrize("kind", ENCODERS)
@pytest.mark.parametrize("is_full", [False, True])
async def test_eight_channels_are_proven(kind: Format, is_full: bool, room: Room) -> None:
    source = of_eight_channels(kind, room)
    segments = cut(source, [0, 30_000, source.copier.sample_count], room.folder)

    proofs = await prove_copies(source, segments, room.prober, is_full=is_full)

    assert [proof.index for proof in proofs] == [0, 1]
    assert kind is Format.OPUS or all(proof.is_bit_exact for proof in proofs)


@pytest.mark.parametrize("kind", ENCODERS)
async def test_eight_channels_of_another_place_are_caught(kind: Format, room: Room) -> None:
    source = of_eight_channels(kind, room)
    (segment,) = cut(source, [30_016, 60_096], room.folder)
    elsewhere = source.copier.snap(segment.first_sample - 4096)

    with pytest.raises(SegmentDiffers):
        await compare(source, replace(segment, first_sample=elsewhere), room, is_full=False)
