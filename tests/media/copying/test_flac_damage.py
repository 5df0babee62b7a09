"""FLAC that is cut short, damaged, or something else: found out while it is being indexed."""

import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from server.media.copying.copier import Integrity, NotCopyable
from server.media.copying.flac.cut import FlacCopier, open_flac
from server.media.copying.flac.index import read_index
from tests.media.copying.flac_sources import FFMPEG, SAMPLES, by_ffmpeg, by_libflac
from tests.media.corpus import ffmpeg
from zerokerf.errors import CorruptFile

BLOCK = 1152


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("whole") / "whole.flac"
    by_ffmpeg(path, "-sample_fmt", "s16", "-frame_size", str(BLOCK), "-fflags", "+bitexact")
    return path


@pytest.fixture
def damaged(tmp_path: Path) -> Path:
    return tmp_path / "damaged.flac"


def frame_offsets(path: Path) -> list[int]:
    return [int(offset) for offset in read_index(path).frame_offsets]


def outcome(data: bytes | bytearray, path: Path) -> FlacCopier | None:
    path.write_bytes(data)
    try:
        return open_flac(path)
    except (NotCopyable, CorruptFile):
        return None


def test_a_whole_file_is_found_whole(source: Path) -> None:
    assert open_flac(source).integrity == Integrity(expected_samples=SAMPLES, resyncs=0, is_truncated=False)


def test_a_file_cut_short_gives_what_is_there(source: Path, damaged: Path, tmp_path: Path) -> None:
    data, offsets = source.read_bytes(), frame_offsets(source)
    for kept in (
        offsets[1],
        offsets[1] + 16,
        offsets[9] - 1,
        offsets[9] + 99,
        len(data) * 6 // 10,
        len(data) - 1,
    ):
        damaged.write_bytes(data[:kept])
        whole_frames = sum(offset <= kept for offset in offsets) - 1

        copier = open_flac(damaged)

        assert copier.sample_count == whole_frames * BLOCK
        assert copier.integrity == Integrity(expected_samples=SAMPLES, is_truncated=True)
        copier.write(7, copier.sample_count - 7, tmp_path / "rest.flac")
        rest = soundfile.read(tmp_path / "rest.flac", dtype="int32")[0]
        np.testing.assert_array_equal(rest, soundfile.read(source, dtype="int32")[0][7 : copier.sample_count])


def test_nothing_of_a_recording_is_no_recording(source: Path, damaged: Path) -> None:
    data, offsets = source.read_bytes(), frame_offsets(source)
    for kept in (0, 3, 41, 42, offsets[0] - 1, offsets[0], offsets[0] + 5, offsets[1] - 1):
        damaged.write_bytes(data[:kept])
        with pytest.raises(CorruptFile):
            open_flac(damaged)


DAMAGES: dict[str, Callable[[bytes, list[int]], bytes]] = {
    "a bit": lambda data, at: data[: at[20] + 500] + bytes([data[at[20] + 500] ^ 4]) + data[at[20] + 501 :],
    "a header": lambda data, at: data[: at[20] + 2] + b"\0" + data[at[20] + 3 :],
    "a checksum": lambda data, at: data[: at[21] - 1] + bytes([data[at[21] - 1] ^ 1]) + data[at[21] :],
    "a lost frame": lambda data, at: data[: at[20]] + data[at[21] :],
    "the first frame lost": lambda data, at: data[: at[0]] + data[at[0] + 9 :],
    "a doubled frame": lambda data, at: data[: at[21]] + data[at[20] :],
    "swapped frames": lambda data, at: (
        data[: at[20]] + data[at[21] : at[22]] + data[at[20] : at[21]] + data[at[22] :]
    ),
    "a hole of zeros": lambda data, at: data[: at[20] + 9] + bytes(9_000) + data[at[20] + 9_009 :],
    "something inserted": lambda data, at: data[: at[20]] + b"hello" + data[at[20] :],
    "megabytes inserted": lambda data, at: data[: at[20]] + b"\xff\xf8" * (5 << 20) + data[at[20] :],
    "two recordings": lambda data, at: data + data[at[0] - 42 :],
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_in_the_middle_is_declined(damage: str, source: Path, damaged: Path) -> None:
    damaged.write_bytes(DAMAGES[damage](source.read_bytes(), frame_offsets(source)))

    with pytest.raises(NotCopyable, match=r"It is damaged|It holds more samples"):
        open_flac(damaged)


def without_length(data: bytes) -> bytes:
    return data[:21] + bytes([data[21] & 0xF0]) + bytes(4) + data[26:]


def test_a_last_frame_that_comes_twice_is_declined(source: Path, damaged: Path) -> None:
    data = source.read_bytes()
    damaged.write_bytes(without_length(data + data[frame_offsets(source)[-1] :]))

    with pytest.raises(NotCopyable, match="It is damaged"):
        open_flac(damaged)


def test_a_change_of_the_rate_is_declined(source: Path, damaged: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.flac"
    by_ffmpeg(other, "-sample_fmt", "s16", "-frame_size", str(BLOCK), rate=48_000)
    first, second = frame_offsets(source)[85], frame_offsets(other)[85]
    damaged.write_bytes(without_length(source.read_bytes()[:first] + other.read_bytes()[second:]))

    with pytest.raises(NotCopyable, match="It is damaged"):
        open_flac(damaged)


def test_every_changed_bit_of_a_frame_is_found(source: Path, damaged: Path) -> None:
    data, offsets = source.read_bytes(), frame_offsets(source)
    rng = random.Random(11)
    for _ in range(150):
        changed = bytearray(data)
        changed[rng.randrange(offsets[0], len(data))] ^= 1 << rng.randrange(8)

        copier = outcome(changed, damaged)

        assert copier is None or copier.integrity.is_truncated


def test_mutants_end_in_a_known_error_or_in_the_same_samples(
    source: Path, damaged: Path, tmp_path: Path
) -> None:
    data, offsets = source.read_bytes()[: 64 << 10], frame_offsets(source)
    rng = random.Random(12)
    original = soundfile.read(source, dtype="int32")[0]
    for _ in range(250):
        changed = bytearray(data)
        for _ in range(rng.choice((1, 1, 3, 40))):
            place = rng.randrange(rng.choice((42, offsets[0], len(data))))
            size = rng.choice((0, 1, 4, 300))
            changed[place : place + rng.choice((size, 0, 1))] = rng.randbytes(size)

        copier = outcome(changed, damaged)

        if copier is not None and copier.sample_count > 500:
            copier.write(100, 400, tmp_path / "cut.flac")
            if copier.channels == 2:
                cut = soundfile.read(tmp_path / "cut.flac", dtype="int32")[0]
                np.testing.assert_array_equal(cut, original[100:500])


def test_lying_headers_are_declined(source: Path, damaged: Path) -> None:
    data = source.read_bytes()
    rate, channels, total = bytearray(data), bytearray(data), bytearray(data)
    rate[18] ^= 0x01
    channels[20] ^= 0x02
    total[21:26] = bytes([total[21] & 0xF0, 0, 0, 0x40, 0])
    for lie, error in (
        (rate, CorruptFile),
        (channels, CorruptFile),
        (total, NotCopyable),
    ):
        damaged.write_bytes(lie)
        with pytest.raises(error):
            open_flac(damaged)


def test_a_frame_that_is_no_frame_inside_is_found_when_it_is_decoded(damaged: Path, tmp_path: Path) -> None:
    by_libflac(damaged, "PCM_16")
    index = read_index(damaged)
    data = bytearray(damaged.read_bytes())
    start, size = int(index.body_offsets[1]), int(index.body_lengths[1])
    data[start : start + size + 2] = bytes([0xFE] * size) + _check(
        data, int(index.frame_offsets[1]), start, size
    )
    damaged.write_bytes(data)

    with pytest.raises(CorruptFile):
        open_flac(damaged).write(5_000, 10, tmp_path / "never.flac")


def _check(data: bytearray, frame: int, start: int, size: int) -> bytes:
    remainder = 0
    for byte in bytes(data[frame:start]) + bytes([0xFE] * size):
        remainder ^= byte << 8
        for _ in range(8):
            remainder = (remainder << 1 ^ (0x8005 if remainder & 0x8000 else 0)) & 0xFFFF
    return remainder.to_bytes(2, "big")


def test_flac_in_ogg_is_declined(source: Path, tmp_path: Path) -> None:
    in_ogg = tmp_path / "in.ogg"
    ffmpeg(FFMPEG, "-i", source, "-c", "copy", in_ogg)

    with pytest.raises(NotCopyable, match="FLAC in Ogg"):
        open_flac(in_ogg)


def test_text_and_noise_are_no_flac(damaged: Path) -> None:
    for data in (b"hello " * 999, random.Random(3).randbytes(1 << 16), b"fLaC\0\0\0\x22" + bytes(500)):
        damaged.write_bytes(data)
        with pytest.raises(CorruptFile):
            open_flac(damaged)
