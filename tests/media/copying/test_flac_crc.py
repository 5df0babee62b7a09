"""The checksums of FLAC, against their definition, bit by bit."""

import numpy as np
import pytest

from server.media.copying.flac.crc import (
    appended,
    crc8,
    crc16_of_folded,
    crc16_of_run,
    crc16_of_short,
    folded,
    folded_width,
    parities,
)


def slow_crc(data: bytes, bits: int, polynomial: int) -> int:
    remainder = 0
    for byte in data:
        remainder ^= byte << bits - 8
        for _ in range(8):
            remainder = remainder << 1 ^ (polynomial if remainder >> bits - 1 else 0)
            remainder &= (1 << bits) - 1
    return remainder


def random_rows(count: int, size: int) -> np.ndarray:
    return np.random.default_rng(size).integers(0, 256, (count, size), dtype=np.uint8)


@pytest.mark.parametrize("size", [1, 5, 15])
def test_short_rows(size: int) -> None:
    rows = random_rows(20, size)

    assert crc8(rows).tolist() == [slow_crc(row.tobytes(), 8, 7) for row in rows]
    assert crc16_of_short(rows).tolist() == [slow_crc(row.tobytes(), 16, 0x8005) for row in rows]


@pytest.mark.parametrize("size", [1, 119, 120, 121, 240, 241, 959, 960, 961, 3_000, 8_191, 20_001])
def test_long_rows(size: int) -> None:
    data = random_rows(4, size)
    rows = np.zeros((4, folded_width(size)), np.uint8)
    rows[:, rows.shape[1] - size :] = data

    crcs = crc16_of_folded(folded(rows), parities(rows))

    assert crcs.tolist() == [slow_crc(row.tobytes(), 16, 0x8005) for row in data]


@pytest.mark.parametrize("size", [1, 2, 119, 961, 20_001])
def test_all_bytes_together(size: int) -> None:
    data = random_rows(1, size)[0]

    assert crc16_of_run(data) == slow_crc(data.tobytes(), 16, 0x8005)


@pytest.mark.parametrize("zeros", [0, 1, 13, 4_095, 4_096, 10_000])
def test_zeros_behind(zeros: int) -> None:
    data = [bytes([0]), b"\x80\x05", b"fLaC", bytes(range(200))]
    crcs = np.array([slow_crc(some, 16, 0x8005) for some in data], np.uint16)

    moved = appended(crcs, np.full(len(data), zeros))

    assert moved.tolist() == [slow_crc(some + bytes(zeros), 16, 0x8005) for some in data]
