"""Segments of WAV hold exactly their samples, in a file that describes them as the source did."""

import random
import struct
import subprocess
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest
import soundfile

from server.media.copying.copier import Integrity, NotCopyable
from server.media.copying.wav_cut import WavCopier, open_wav
from server.media.wav import build_header, read_header
from tests.media.corpus import ffmpeg, riff, speech_like
from zerokerf.errors import CorruptFile

FFMPEG = Path(imageio_ffmpeg.get_ffmpeg_exe())
SAMPLES = 33_335
PLACES = (0, 1, 4_410, 7_351, 12_345, 12_346, 33_334, SAMPLES)


def by_libsndfile(path: Path, subtype: str, channels: int = 2, rate: int = 44_100, kind: str = "WAV") -> None:
    soundfile.write(path, speech_like(SAMPLES, rate, channels), rate, subtype=subtype, format=kind)


def by_ffmpeg(path: Path, *options: str) -> None:
    master = path.with_suffix(".master.wav")
    by_libsndfile(master, "PCM_24")
    ffmpeg(FFMPEG, "-i", master, *options, path)


def of_twenty_valid_bits(path: Path) -> None:
    """20 of 24 bits in use, for the channels of a centre speaker and a subwoofer."""
    by_libsndfile(path, "PCM_24", kind="WAVEX")
    data = bytearray(path.read_bytes())
    at = data.index(b"fmt ") + 8
    struct.pack_into("<HI", data, at + 18, 20, 0xC)
    path.write_bytes(data)


def without_lengths(path: Path, length: bytes) -> None:
    by_libsndfile(path, "PCM_16")
    data = bytearray(path.read_bytes())
    data[4:8] = length
    at = data.index(b"data")
    data[at + 4 : at + 8] = length
    path.write_bytes(data)


SOURCES: dict[str, Callable[[Path], None]] = {
    "u8": lambda path: by_libsndfile(path, "PCM_U8", 1),
    "u8 of three": lambda path: by_libsndfile(path, "PCM_U8", 3),
    "s16": lambda path: by_libsndfile(path, "PCM_16"),
    "s24": lambda path: by_libsndfile(path, "PCM_24", 1, 96_000),
    "s32": lambda path: by_libsndfile(path, "PCM_32"),
    "f32": lambda path: by_libsndfile(path, "FLOAT"),
    "f64": lambda path: by_libsndfile(path, "DOUBLE"),
    "8 channels": lambda path: by_libsndfile(path, "PCM_24", 8, 192_000, "WAVEX"),
    "20 of 24 bits": of_twenty_valid_bits,
    "5.1 by ffmpeg": lambda path: by_ffmpeg(path, "-ac", "6", "-c:a", "pcm_s16le"),
    "rf64": lambda path: by_ffmpeg(path, "-c:a", "pcm_s16le", "-rf64", "always"),
    "w64": lambda path: by_libsndfile(path, "PCM_24", kind="W64"),
    "tagged": lambda path: by_ffmpeg(path, "-c:a", "pcm_s16le", "-metadata", "title=Odd", "-write_bext", "1"),
    "lengths of zero": lambda path: without_lengths(path, bytes(4)),
    "lengths of a stream": lambda path: without_lengths(path, b"\xff\xff\xff\xff"),
}


@pytest.fixture(scope="module", params=SOURCES)
def source(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("wav") / f"{request.param}.wav"
    SOURCES[request.param](path)
    return path


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    path = tmp_path / "plain.wav"
    by_libsndfile(path, "PCM_16")
    return path


def decoded_by_ffmpeg(path: Path) -> bytes:
    argv: list[str | Path] = [FFMPEG, "-nostdin", "-v", "error", "-i", path, "-f", "f64le", "pipe:1"]
    done = subprocess.run(argv, check=True, capture_output=True, timeout=60)
    assert done.stderr == b""
    return done.stdout


def decoded(path: Path) -> np.ndarray:
    samples: np.ndarray = soundfile.read(path, dtype="float64", always_2d=True)[0]
    return samples


def write(copier: WavCopier, first: int, stop: int, path: Path) -> Path:
    copier.write(first, stop - first, path)
    assert path.stat().st_size == copier.size_bytes(first, stop - first)
    return path


def test_every_segment_holds_exactly_its_samples_for_two_decoders(source: Path, tmp_path: Path) -> None:
    copier = open_wav(source)
    whole = decoded_by_ffmpeg(source)
    sample_bytes = 8 * copier.channels

    assert copier.sample_count == SAMPLES == len(whole) // sample_bytes
    assert not copier.integrity.is_truncated
    for first, stop in pairwise(PLACES):
        segment = write(copier, first, stop, tmp_path / f"{first}.wav")
        part = whole[first * sample_bytes : stop * sample_bytes]
        np.testing.assert_array_equal(decoded(segment).reshape(-1), np.frombuffer(part))
        assert segment.stat().st_size % 2 == 0
    assert decoded_by_ffmpeg(tmp_path / "7351.wav") == whole[7_351 * sample_bytes : 12_345 * sample_bytes]


def test_the_description_of_the_samples_is_the_source_s(source: Path, tmp_path: Path) -> None:
    segment = write(open_wav(source), 5, 100, tmp_path / "segment.wav")

    before, after = read_header(source), read_header(segment)
    assert after.format_chunk == before.format_chunk
    assert (after.sample_format, after.channel_mask) == (before.sample_format, before.channel_mask)
    assert after.claimed_samples == after.found_samples == 95


def test_a_mask_and_valid_bits_are_kept(tmp_path: Path) -> None:
    of_twenty_valid_bits(tmp_path / "source.wav")

    segment = write(open_wav(tmp_path / "source.wav"), 0, 10, tmp_path / "segment.wav")

    assert struct.unpack_from("<HHI", segment.read_bytes(), 20 + 16) == (22, 20, 0xC)


def test_a_file_cut_short_gives_what_is_there(plain: Path) -> None:
    plain.write_bytes(plain.read_bytes()[: 44 + 4 * 1_000 + 3])

    copier = open_wav(plain)

    assert copier.sample_count == 1_000
    assert copier.integrity == Integrity(expected_samples=SAMPLES, is_truncated=True)


@pytest.mark.parametrize("length", [0, 0xFFFFFFFF])
def test_a_length_that_was_never_filled_in_expects_nothing(length: int, tmp_path: Path) -> None:
    without_lengths(tmp_path / "stream.wav", length.to_bytes(4, "little"))

    assert open_wav(tmp_path / "stream.wav").integrity == Integrity(expected_samples=None)


def test_chunks_behind_the_samples_are_no_samples(plain: Path) -> None:
    with plain.open("ab") as file:
        file.write(b"LIST" + (4).to_bytes(4, "little") + b"INFO")

    assert open_wav(plain).sample_count == SAMPLES


@pytest.mark.parametrize("codec", ["pcm_alaw", "pcm_mulaw", "adpcm_ms", "adpcm_ima_wav"])
def test_other_codecs_are_declined(codec: str, tmp_path: Path) -> None:
    by_ffmpeg(tmp_path / "coded.wav", "-c:a", codec)

    with pytest.raises(NotCopyable, match="PCM"):
        open_wav(tmp_path / "coded.wav")


def test_a_file_without_samples_is_corrupt(tmp_path: Path) -> None:
    empty = tmp_path / "empty.wav"
    for data in (riff(0, b""), riff(8, b"abc"), b"RIFF", b"", b"RIFF\0\0\0\0WAVE", b"hello " * 99):
        empty.write_bytes(data)
        with pytest.raises(CorruptFile):
            open_wav(empty)


def test_a_limit_is_filled_to_the_last_sample(source: Path) -> None:
    copier, rng = open_wav(source), random.Random(5)
    whole = copier.size_bytes(0, SAMPLES)
    for _ in range(200):
        first = rng.randrange(SAMPLES)
        limit = rng.choice((rng.randrange(120), rng.randrange(whole), 2 * whole))
        count = copier.fit(first, limit)

        assert count == 0 or copier.size_bytes(first, count) <= limit
        assert first + count == SAMPLES or copier.size_bytes(first, count + 1) > limit


def test_every_sample_is_a_place_to_cut(plain: Path) -> None:
    copier = open_wav(plain)

    assert [copier.snap(place) for place in (-3, 0, 4_097, 10**9)] == [0, 0, 4_097, SAMPLES]
    assert copier.excess_samples(0, 100) == 0
    with pytest.raises(ValueError, match="samples"):
        copier.size_bytes(SAMPLES, 1)


def test_a_source_of_five_gigabytes_is_cut_at_its_end(tmp_path: Path) -> None:
    samples = 5 << 28
    source = tmp_path / "sparse.wav"
    source.write_bytes(build_header(riff(0, b"")[20:36], 4, samples))
    tail = random.Random(1).randbytes(4_000)
    with source.open("r+b") as file:
        file.truncate(len(build_header(riff(0, b"")[20:36], 4, samples)) + 4 * samples)
        file.seek(-len(tail), 2)
        file.write(tail)

    copier = open_wav(source)
    segment = write(copier, copier.sample_count - 1_000, copier.sample_count, tmp_path / "segment.wav")

    assert copier.integrity == Integrity(expected_samples=samples)
    assert segment.read_bytes() == riff(4_000, tail)


def test_files_above_four_gigabytes_are_rf64_for_other_readers_too(tmp_path: Path) -> None:
    samples, large = (1 << 30) + 7, tmp_path / "large.wav"
    head = build_header(riff(0, b"")[20:36], 4, samples)
    large.write_bytes(head)
    with large.open("r+b") as file:
        file.truncate(len(head) + 4 * samples)

    assert soundfile.info(large).format == "RF64"
    assert soundfile.info(large).frames == samples
    copier = open_wav(large)
    assert copier.size_bytes(0, samples) == large.stat().st_size
    assert copier.fit(0, large.stat().st_size - 1) == samples - 1


def test_a_w64_whose_length_was_never_filled_in_is_read_to_its_end(tmp_path: Path) -> None:
    source = tmp_path / "stream.w64"
    by_libsndfile(source, "PCM_16", kind="W64")
    data = bytearray(source.read_bytes())
    at = data.index(b"data\xf3\xac")
    data[at + 16 : at + 24] = ((1 << 63) - 1).to_bytes(8, "little")
    source.write_bytes(data)

    copier = open_wav(source)

    assert (copier.sample_count, copier.integrity) == (SAMPLES, Integrity())


def test_mutants_end_in_a_known_error_or_can_be_cut(source: Path, tmp_path: Path) -> None:
    data, rng = source.read_bytes()[:4_000], random.Random(9)
    mutant, segment = tmp_path / "mutant.wav", tmp_path / "segment.wav"
    for _ in range(100):
        changed = bytearray(data)
        for _ in range(rng.choice((1, 2, 8))):
            place = rng.randrange(160)
            changed[place : place + rng.choice((0, 1, 4))] = rng.randbytes(rng.choice((0, 1, 4)))
        mutant.write_bytes(changed)
        try:
            copier = open_wav(mutant)
        except (NotCopyable, CorruptFile):
            continue
        write(copier, 0, copier.sample_count, segment)
        assert open_wav(segment).sample_count == copier.sample_count
