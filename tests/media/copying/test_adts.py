"""Segments of an AAC stream are its frames, byte for byte, and decode alone to exactly their samples."""

import os
import random
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile

from server.media.copying.adts.cut import AdtsCopier, open_adts
from server.media.copying.copier import NotCopyable
from server.media.decoder import Decoder
from tests.media.corpus import decode_all, ffmpeg, speech_like
from zerokerf.errors import CorruptFile
from zerokerf.formats import Format

ID3 = b"ID3\x04\0\0\0\0\0\x0a" + bytes(10)
TAIL = b"APETAGEX" + bytes(24) + b"TAG" + bytes(125)
#: Rate and channels.
KINDS = [(44100, 2), (48000, 1), (22050, 2), (8000, 1), (44100, 6)]


def make_adts(folder: Path, binary: Path, rate: int, channels: int) -> Path:
    """Without noise substitution: a decoder draws that noise anew after every cut."""
    master, path = folder / "master.wav", folder / "source.aac"
    soundfile.write(master, speech_like(4 * rate + 71, rate, channels), rate, subtype="PCM_24")
    ffmpeg(
        binary, "-i", master, "-c:a", "aac", "-b:a", f"{24 * channels}k", "-aac_pns", "0", "-f", "adts", path
    )
    return path


def decoded(binary: Path, path: Path, channels: int) -> np.ndarray:
    samples = np.frombuffer(decode_all(binary, path, "aac", "pcm_f32le"), np.float32)
    return samples.reshape(-1, channels)


def frames_of(data: bytes) -> list[bytes]:
    frames, at = [], 0
    while at < len(data):
        size = (data[at + 3] & 3) << 11 | data[at + 4] << 3 | data[at + 5] >> 5
        frames.append(data[at : at + size])
        at += size
    return frames


def framed(like: bytes, payload: bytes) -> bytes:
    """A frame of the same kind around other content."""
    size = 7 + len(payload)
    lengths = bytes((like[3] & 0xFC | size >> 11, size >> 3 & 255, size << 5 & 0xE0 | like[5] & 0x1F))
    return like[:3] + lengths + like[6:7] + payload


@pytest.fixture(scope="module")
def stereo(tmp_path_factory: pytest.TempPathFactory, decoder: Decoder) -> Path:
    return make_adts(tmp_path_factory.mktemp("adts"), decoder.binary, 44100, 2)


def written(data: bytes, folder: Path) -> Path:
    path = folder / "source.aac"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(("rate", "channels"), KINDS)
def test_segments_decode_alone_to_their_samples(
    rate: int, channels: int, tmp_path: Path, decoder: Decoder
) -> None:
    path, output = make_adts(tmp_path, decoder.binary, rate, channels), tmp_path / "segment.aac"
    copier, whole = open_adts(path), decoded(decoder.binary, path, channels)
    points = [copier.snap(round(second * rate)) for second in (0, 0.1, 1.3501, 2.333333, 3.9, 9)]

    assert (copier.sample_rate, copier.channels, copier.sample_count) == (rate, channels, len(whole))
    for first, end in pairwise(points):
        copier.write(first, end - first, output)
        alone = decoded(decoder.binary, output, channels)
        fade = 1024 if first else 0
        assert len(alone) == end - first + copier.excess_samples(first, end - first)
        assert np.array_equal(alone[fade:], whole[first + fade : end])


def test_segments_put_together_are_the_source(stereo: Path, tmp_path: Path) -> None:
    copier, output, joined = open_adts(stereo), tmp_path / "segment.aac", b""
    points = sorted({copier.snap(copier.sample_count * k // 1000) for k in range(1001)})

    for first, end in pairwise(points):
        copier.write(first, end - first, output)
        assert output.stat().st_size == copier.size_bytes(first, end - first)
        assert open_adts(output).sample_count == end - first
        joined += output.read_bytes()

    assert joined == stereo.read_bytes()


def test_cuts_lie_between_frames(stereo: Path, tmp_path: Path) -> None:
    copier = open_adts(stereo)

    assert copier.format is Format.AAC
    assert [copier.snap(s) for s in (-9, 0, 511, 512, 1535, 1536)] == [0, 0, 0, 1024, 1024, 2048]
    assert copier.snap(10**9) == copier.snap(copier.sample_count) == copier.sample_count
    for first, count in ((0, 1023), (1, 1023), (-1024, 1024), (0, 0), (0, copier.sample_count + 1024)):
        with pytest.raises(ValueError, match=r"between frames|outside"):
            copier.write(first, count, tmp_path / "segment.aac")


def test_as_many_frames_fit_as_there_is_room_for(stereo: Path) -> None:
    copier = open_adts(stereo)

    for first in (0, 10 * 1024, copier.sample_count - 20 * 1024):
        for limit in (0, 300, 1000, 20_000):
            count = copier.fit(first, limit)
            end = first + count
            assert count == 0 or copier.size_bytes(first, count) <= limit
            assert end == copier.sample_count or copier.size_bytes(first, count + 1024) > limit
    assert copier.fit(copier.sample_count, 10**9) == 0


@pytest.mark.parametrize(
    ("before", "behind"), [(ID3 + ID3, b""), (b"", TAIL), (b"", bytes(999)), (ID3, TAIL)]
)
def test_tags_and_padding_are_no_audio(
    before: bytes, behind: bytes, stereo: Path, tmp_path: Path, decoder: Decoder
) -> None:
    path, output = written(before + stereo.read_bytes() + behind, tmp_path), tmp_path / "segment.aac"
    copier = open_adts(path)

    copier.write(0, copier.sample_count, output)

    assert copier.sample_count == len(decoded(decoder.binary, path, 2))
    assert output.read_bytes() == stereo.read_bytes()
    assert not copier.integrity.is_truncated


def test_a_stream_of_many_windows_is_followed_to_its_end(stereo: Path, tmp_path: Path) -> None:
    data = stereo.read_bytes()
    times = (5 << 20) // len(data)

    assert open_adts(written(data * times, tmp_path)).sample_count == open_adts(stereo).sample_count * times


@pytest.mark.parametrize("lost_bytes", [1, 30, 100])
def test_a_stream_cut_short_is_told_and_counted_as_ffmpeg_does(
    lost_bytes: int, stereo: Path, tmp_path: Path, decoder: Decoder
) -> None:
    path = written(stereo.read_bytes()[:-lost_bytes], tmp_path)
    copier = open_adts(path)

    assert copier.integrity.is_truncated
    assert copier.sample_count == len(decoded(decoder.binary, path, 2))


def with_sbr(frame: bytes, fill_bytes: int) -> bytes:
    """Adds what makes a plain frame one of HE-AAC: a filling element that carries a band replication."""
    bits = "".join(f"{byte:08b}" for byte in frame[7:]).rstrip("0").removesuffix("111")
    count = f"{fill_bytes:04b}" if fill_bytes < 15 else f"1111{fill_bytes - 14:08b}"
    filling = "1101" + "1" + "1" + "0101" + "1001" + "0" * 7
    bits += "110" + count + filling.ljust(8 * fill_bytes, "0") + "111"
    bits = bits.ljust(-(-len(bits) // 8) * 8, "0")
    return framed(frame, int(bits, 2).to_bytes(len(bits) // 8, "big"))


@pytest.mark.parametrize("fill_bytes", [4, 14, 15, 60, 269])
def test_he_aac_is_told_by_what_its_frames_carry(fill_bytes: int, tmp_path: Path, decoder: Decoder) -> None:
    plain = make_adts(tmp_path, decoder.binary, 22050, 1)
    path = written(b"".join(with_sbr(frame, fill_bytes) for frame in frames_of(plain.read_bytes())), tmp_path)

    with pytest.raises(NotCopyable, match="HE-AAC"):
        open_adts(path)


def declined(frames: list[bytes]) -> dict[str, tuple[bytes, str]]:
    stream = b"".join(frames)
    end_only = framed(frames[0], b"\xe0\0\0")
    filling_only = framed(frames[0], int("110" + "0010" + "0" * 16 + "111" + "0" * 6, 2).to_bytes(4, "big"))

    def each(index: int, mask: int, bits: int) -> bytes:
        return b"".join(f[:index] + bytes((f[index] & mask | bits,)) + f[index + 1 :] for f in frames)

    return {
        "another profile": (each(2, 0x3F, 0), "profile"),
        "channels within the frames": (each(3, 0x3F, 0), "channels"),
        "several blocks a frame": (each(6, 0xFC, 1), "several"),
        "a frame of nothing": (stream + end_only + stream, "without sound"),
        "a frame of filling": (stream + filling_only + stream, "without sound"),
        "bytes between frames": (stream + b"junk" + stream, "between"),
        "half a frame lost": (stream + stream[40:], "between"),
        "another rate later": (stream + each(2, 0xC3, 3 << 2), "between"),
        "a hole": (stream + bytes(2 << 20), "midst"),
    }


@pytest.mark.parametrize("name", declined([b"\xff\xf1\x50\x80\x01\xbf\xfc" + bytes(6)]))
def test_what_cannot_be_exact_is_declined_with_a_reason(name: str, stereo: Path, tmp_path: Path) -> None:
    data, word = declined(frames_of(stereo.read_bytes()))[name]

    with pytest.raises(NotCopyable) as raised:
        open_adts(written(data, tmp_path))

    assert word in raised.value.reason


@pytest.mark.parametrize("data", [b"", ID3, bytes(3000), b"\xff" * 9999, b"\xff\xf1\x50\x80", b"RIFF" * 99])
def test_what_holds_no_audio_is_corrupt(data: bytes, tmp_path: Path) -> None:
    with pytest.raises(CorruptFile):
        open_adts(written(data, tmp_path))


def test_a_source_that_shrinks_while_it_is_cut_is_told(stereo: Path, tmp_path: Path) -> None:
    path = written(stereo.read_bytes(), tmp_path)
    copier = open_adts(path)
    os.truncate(path, 3000)

    with pytest.raises(CorruptFile):
        copier.write(0, copier.sample_count, tmp_path / "segment.aac")


def test_no_mutant_does_worse_than_being_declined(stereo: Path, tmp_path: Path) -> None:
    chance, data, output = random.Random(20260612), stereo.read_bytes()[:12_000], tmp_path / "segment.aac"

    for _ in range(400):
        try:
            copier: AdtsCopier = open_adts(written(_mutated(data, chance), tmp_path))
        except (NotCopyable, CorruptFile):
            continue
        middle = copier.snap(copier.sample_count // 2)
        copier.write(middle, copier.sample_count - middle, output)
        assert open_adts(output).sample_count == copier.sample_count - middle


def _mutated(data: bytes, chance: random.Random) -> bytes:
    mutant = bytearray(data)
    for _ in range(chance.randrange(1, 4)):
        at = chance.randrange(chance.choice([50, len(mutant)]))
        length = chance.randrange(1, 900)
        match chance.randrange(5):
            case 0:
                mutant[at] ^= 1 << chance.randrange(8)
            case 1:
                del mutant[at : at + length]
            case 2:
                mutant[at:at] = chance.randbytes(length)
            case 3:
                mutant[at : at + 7] = chance.choice(
                    [b"\xff\xf1\x50\x80\0\0\0", b"\xff" * 7, bytes(7), b"ID3\x04\0\0\0"]
                )
            case _:
                mutant += chance.choice([TAIL, b"999999LYRICS200", data[: at + 1]])
    return bytes(mutant)


def test_a_segment_is_known_by_its_bytes_whatever_tags_are_round_it(stereo: Path, tmp_path: Path) -> None:
    copier, output = open_adts(stereo), tmp_path / "segment.aac"
    first, count = 10 * 1024, 40 * 1024
    copier.write(first, count, output)
    bare = output.read_bytes()
    own = open_adts(output)
    places = (0, 1, 1024, 20_000, count - 1)
    found = copier.recognise(first, count, output)
    assert [found.anchor(place) for place in places] == [own.anchor(place) for place in places]

    output.write_bytes(ID3 + bare + b"TAG".ljust(128))
    tagged = copier.recognise(first, count, output)
    assert tagged.anchor(5_000) == (len(ID3) + own.anchor(5_000)[0], 4096)
    for damaged in (bare[:-1], bare + b"\0", bare[:999] + bytes([bare[999] ^ 1]) + bare[1000:], b""):
        output.write_bytes(damaged)
        with pytest.raises(CorruptFile):
            copier.recognise(first, count, output)
