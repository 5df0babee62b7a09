"""MP3 files as they are found: tagged, joined, cut off, damaged, lying, and not copyable at all."""

import os
import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from server.media.copying.copier import NotCopyable
from server.media.copying.mp3.cut import open_mp3
from server.media.decoder import Decoder
from tests.media.copying.mp3_corpus import (
    by_ffmpeg,
    by_mpg123,
    frames_of,
    header_of,
    info_frame,
    make_mp3,
    vbri_frame,
)
from tests.media.corpus import ffmpeg
from zerokerf.errors import CorruptFile

ID3 = b"ID3\x04\0\0\0\0\0\x0a" + bytes(10)
APE_TAG = bytes(300) + b"APETAGEX\xd0\x07\0\0" + (332).to_bytes(4, "little") + bytes(16)
TAIL = APE_TAG + b"LYRICSBEGIN" + b"la" * 50 + b"LYRICSEND" + b"TAG" + bytes(125)


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory, decoder: Decoder) -> bytes:
    """Nothing but frames."""
    return make_mp3(tmp_path_factory.mktemp("mp3"), decoder.binary, "cbr_no_info").read_bytes()


@pytest.fixture(scope="module")
def stated(bare: bytes) -> bytes:
    """The same with a frame in front that says how long it is."""
    frames = frames_of(bare)
    return info_frame(frames[0], frames=len(frames), size=len(bare) + 417, gaps=(576, 1000)) + bare


def written(data: bytes, folder: Path) -> Path:
    path = folder / "source.mp3"
    path.write_bytes(data)
    return path


def variants(bare: bytes, stated: bytes) -> dict[str, bytes]:
    """What decides about where samples are counted from, and how many there are."""
    frames = frames_of(bare)
    first, count, size = frames[0], len(frames), len(bare) + 417
    return {
        "tags in front and behind": ID3 + ID3 + stated + TAIL,
        "junk in front": bytes(999) + bare,
        "junk behind": stated + bytes(range(200)) * 20,
        "zeros behind": bare + bytes(5000),
        "a frame that counts only": info_frame(first, name=b"Xing", frames=count) + bare,
        "a delay without a count": info_frame(first, size=size, gaps=(576, 1000)) + bare,
        "no delay": info_frame(first, frames=count, size=size, gaps=(0, 0)) + bare,
        "much padding": info_frame(first, frames=count, size=size, gaps=(1105, 4000)) + bare,
        "little padding": info_frame(first, frames=count, size=size, gaps=(576, 528)) + bare,
        "an info frame that counts itself": info_frame(first, frames=count + 1, gaps=(576, 1000)) + bare,
        "an index of Fraunhofer's": vbri_frame(first, count, size) + bare,
        "joined files": stated + stated,
        "a long tag behind": stated + bytes(len(stated) // 12) + APE_TAG,
        "a silent frame of another kind": bytes((*first[:3], first[3] ^ 8)) + bytes(len(first) - 4) + bare,
    }


@pytest.mark.parametrize("name", variants(b"\xff\xfb\x90\x44" + bytes(413), b""))
def test_samples_are_counted_as_ffmpeg_does(
    name: str, bare: bytes, stated: bytes, tmp_path: Path, decoder: Decoder
) -> None:
    path, output = written(variants(bare, stated)[name], tmp_path), tmp_path / "segment.mp3"
    whole, copier = by_ffmpeg(decoder.binary, path, 2), open_mp3(path)

    assert copier.sample_count == len(whole)
    for first, end in ((0, 5000), (5000, 111_111), (111_111, len(whole))):
        copier.write(first, end - first, output)
        assert np.array_equal(by_ffmpeg(decoder.binary, output, 2), whole[first:end])


def test_a_file_of_many_windows_is_indexed_frame_by_frame(tmp_path: Path, decoder: Decoder) -> None:
    frames = frames_of(make_mp3(tmp_path, decoder.binary, "cbr_no_reservoir").read_bytes()) * 24
    copier = open_mp3(written(b"".join(frames), tmp_path))
    ends = np.cumsum([len(frame) for frame in frames])

    assert ends[-1] > 3 << 20
    assert copier.sample_count == 1152 * len(frames)
    for k in range(7, len(frames) - 3, 97):
        whole = copier.size_bytes(1152 * k, 1152 * 2)
        assert whole - copier.size_bytes(1152 * k, 1152) == ends[k + 1] - ends[k]


@pytest.mark.parametrize(
    ("kind", "places"),
    # In MPEG-1 a segment that begins two frames behind a joint may begin damaged: no more can be hidden.
    [("cbr_no_info", (-2, -1, 0, 1, 3, 4)), ("mpeg2_no_info", range(-2, 6))],
)
def test_cuts_beside_a_careless_joint_are_exact(
    kind: str, places: Sequence[int], tmp_path: Path, decoder: Decoder
) -> None:
    """Advertisements are put into recordings like this: the frames after the joint find foreign data."""
    frames = frames_of(make_mp3(tmp_path, decoder.binary, kind).read_bytes())
    header, output = header_of(frames[0]), tmp_path / "segment.mp3"
    reach = [frame[4] << 1 | frame[5] >> 7 if header.is_mpeg1 else frame[4] for frame in frames]
    end = next(k for k in range(60, len(frames)) if reach[k] < 50)

    for start in sorted(range(100, 200), key=reach.__getitem__)[-4:]:
        path = written(b"".join(frames[:end] + frames[start:]), tmp_path)
        copier, whole = open_mp3(path), by_ffmpeg(decoder.binary, path, header.channels)
        for place in places:
            first = header.frame_samples * (end + place) + 500
            copier.write(first, 6000, output)
            alone = by_ffmpeg(decoder.binary, output, header.channels)
            assert np.array_equal(alone, whole[first : first + 6000])
            assert open_mp3(output)._orphans == 0  # all that its frames reach back for came along


def test_a_file_cut_short_is_told_and_cut_as_far_as_it_goes(
    stated: bytes, tmp_path: Path, decoder: Decoder
) -> None:
    path, output = written(stated[: len(stated) * 6 // 10], tmp_path), tmp_path / "segment.mp3"
    copier, whole = open_mp3(path), by_ffmpeg(decoder.binary, path, 2)

    assert copier.integrity.is_truncated
    assert copier.integrity.expected_samples == 1152 * len(frames_of(stated[417:])) - 576 - 1000
    assert 0 <= len(whole) - copier.sample_count <= 1152  # it may make something up of the last piece
    first = copier.sample_count - 9999
    copier.write(first, 9999, output)
    assert np.array_equal(by_ffmpeg(decoder.binary, output, 2), whole[first : first + 9999])


@pytest.mark.parametrize("missing", [1, 2, 50])
def test_a_file_that_ends_after_a_whole_frame_is_told_too(
    missing: int, stated: bytes, tmp_path: Path
) -> None:
    frames = frames_of(stated)
    integrity = open_mp3(written(b"".join(frames[:-missing]), tmp_path)).integrity

    assert integrity.is_truncated


@pytest.mark.parametrize("harm", ["drop", "double", "shorten", "flip"])
def test_a_harmed_segment_is_not_taken_for_whole(harm: str, stated: bytes, tmp_path: Path) -> None:
    segment = tmp_path / "segment.mp3"
    open_mp3(written(stated, tmp_path)).write(70_001, 120_000, segment)
    frames = frames_of(segment.read_bytes())
    random.seed(7)

    for k in random.sample(range(1, len(frames)), 40):
        frame = frames[k]
        harmed = {
            "drop": b"",
            "double": frame * 2,
            "shorten": frame[:-20],
            "flip": bytes((frame[0] ^ 1, *frame[1:])),
        }[harm]
        segment.write_bytes(b"".join([*frames[:k], harmed, *frames[k + 1 :]]))
        try:
            found = open_mp3(segment)
        except NotCopyable:
            continue
        assert found.integrity.is_truncated or found.sample_count != 120_000


def _at_48k(frame: bytes) -> bytes:
    frame = frame[:2] + bytes((frame[2] | 4,)) + frame[3:]
    return frame[: header_of(frame).frame_bytes]


def declined(bare: bytes, stated: bytes) -> dict[str, tuple[bytes, str]]:
    """Files, and a word of the reason."""
    frames = frames_of(bare)
    first, count = frames[0], len(frames)
    moved = info_frame(first, frames=count)
    moved = moved[:1] + b"\xfa" + moved[2:4] + b"\0\0" + moved[4:-2]
    free = b"".join(bytes((*frame[:2], frame[2] & 0x0F)) + frame[3:] for frame in frames)
    late = next(k for k in range(30, count) if 0 < (frames[k][4] << 1 | frames[k][5] >> 7) < 60)
    return {
        "free format": (free, "lengths"),
        "layer I": (b"\xff\xff\x90\x00" * 500, "layer"),
        "an info frame without numbers": (info_frame(first) + bare, "disagree"),
        "an info frame after junk": (bytes(50) + stated, "disagree"),
        "an info frame behind a checksum": (moved + bare, "disagree"),
        "a count that is too low": (info_frame(first, frames=count - 9, gaps=(0, 900)) + bare, "fewer"),
        "an end before the start": (
            info_frame(first, frames=2, gaps=(4000, 4000)) + b"".join(frames[:2]),
            "nothing",
        ),
        "bytes between frames": (b"".join(frames[:50]) + b"junk" + b"".join(frames[50:]), "between"),
        "half a frame lost": (b"".join(frames[:50]) + b"".join(frames[50:])[200:], "between"),
        "a tag in the middle": (bare + ID3 + bare, "between"),
        "mono after stereo": (
            bare + b"".join(bytes((*f[:3], f[3] | 0xC0)) + f[4:] for f in frames),
            "between",
        ),
        "another rate in the middle": (bare + b"".join(map(_at_48k, frames)), "between"),
        "a hole": (b"".join(frames[:50]) + bytes(2 << 20), "midst"),
        "one frame": (first, "few"),
        "two frames, one of them half": (first + frames[1][:200], "two"),
        "too little before the start": (b"".join(frames[late:]), "missing"),
    }


@pytest.mark.parametrize("name", declined((b"\xff\xfb\x90\x44\x10" + bytes(412)) * 60, b""))
def test_what_cannot_be_exact_is_declined_with_a_reason(
    name: str, bare: bytes, stated: bytes, tmp_path: Path
) -> None:
    data, word = declined(bare, stated)[name]

    with pytest.raises(NotCopyable) as raised:
        open_mp3(written(data, tmp_path))

    assert word in raised.value.reason
    assert raised.value.reason.endswith(".")


def test_layer_two_is_declined(tmp_path: Path, decoder: Decoder, stated: bytes) -> None:
    path = tmp_path / "layer2.mp2"
    ffmpeg(decoder.binary, "-i", written(stated, tmp_path), "-c:a", "mp2", "-f", "mp2", path)

    with pytest.raises(NotCopyable, match="layer I or II"):
        open_mp3(path)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        ID3,
        b"ID3\x04\0\0\x7f\x7f\x7f\x7f" + bytes(500),
        bytes(3000),
        b"RIFF....WAVE" * 99,
        b"\xff" * 99_999,
    ],
    ids=["nothing", "only a tag", "a tag that lies", "zeros", "something else", "ones"],
)
def test_what_holds_no_audio_is_corrupt(data: bytes, tmp_path: Path) -> None:
    with pytest.raises(CorruptFile):
        open_mp3(written(data, tmp_path))


def test_a_source_that_shrinks_while_it_is_cut_is_told(bare: bytes, tmp_path: Path) -> None:
    path = written(bare, tmp_path)
    copier = open_mp3(path)
    os.truncate(path, 50_000)

    for first in (140_000, 300_000):
        with pytest.raises(CorruptFile):
            copier.write(first, 44_100, tmp_path / "segment.mp3")


def test_no_mutant_does_worse_than_being_declined(bare: bytes, stated: bytes, tmp_path: Path) -> None:
    chance = random.Random(20260611)
    output = tmp_path / "segment.mp3"

    for _ in range(400):
        data = _mutated(chance.choice([bare, stated])[:30_000], chance)
        try:
            copier = open_mp3(written(data, tmp_path))
        except (NotCopyable, CorruptFile):
            continue
        middle = copier.sample_count // 2
        copier.write(middle, copier.sample_count - middle, output)
        assert output.stat().st_size == copier.size_bytes(middle, copier.sample_count - middle)
        assert open_mp3(output).sample_count == copier.sample_count - middle


def _mutated(data: bytes, chance: random.Random) -> bytes:
    mutant = bytearray(data)
    for _ in range(chance.randrange(1, 4)):
        at = chance.randrange(chance.choice([700, len(mutant)]))
        length = chance.randrange(1, 1500)
        match chance.randrange(6):
            case 0:
                mutant[at] ^= 1 << chance.randrange(8)
            case 1:
                del mutant[at : at + length]
            case 2:
                mutant[at:at] = chance.randbytes(length)
            case 3:
                mutant[at : at + 8] = chance.choice([b"\xff" * 8, bytes(8), b"ID3\x04\0\0\0\0", b"APETAGEX"])
            case 4:
                mutant[at:at] = mutant[at : at + length]
            case _:
                mutant += chance.choice([TAIL, b"LYRICS200", b"999999LYRICS200", data[: at + 1]])
    return bytes(mutant)


def test_mpg123_agrees_about_a_tagged_file(stated: bytes, tmp_path: Path) -> None:
    path, output = written(ID3 + stated + TAIL, tmp_path), tmp_path / "segment.mp3"
    copier, whole = open_mp3(path), by_mpg123(path)

    copier.write(111_111, copier.sample_count - 111_111, output)

    assert len(whole) == copier.sample_count
    assert np.array_equal(by_mpg123(output), whole[111_111:])
