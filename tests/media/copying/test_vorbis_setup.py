"""Vorbis setup headers: the modes are found behind everything that may stand before them."""

import random
from contextlib import suppress
from pathlib import Path

import pytest

from server.media.copying.ogg.vorbis_bits import DamagedHeader
from server.media.copying.ogg.vorbis_setup import long_modes
from tests.media.copying.ogg_tools import encode, packets_of, pages_of


class BitWriter:
    def __init__(self) -> None:
        self.value, self.count = 0, 0

    def put(self, *numbers: tuple[int, int]) -> None:
        """Pairs of a value and its count of bits."""
        for value, count in numbers:
            self.value |= value << self.count
            self.count += count

    def setup(self) -> bytes:
        return b"\x05vorbis" + self.value.to_bytes((self.count + 7) // 8, "little")


def codebook(bits: BitWriter, dimensions: int, entries: int) -> None:
    bits.put((0x564342, 24), (dimensions, 16), (entries, 24))


def rare_setup(modes: list[bool]) -> bytes:
    """What libvorbis never writes: ordered and sparse books, every lookup, floor 0, submaps, many modes."""
    bits = BitWriter()
    bits.put((3, 8))
    codebook(bits, 2, 10)
    bits.put((1, 1), (0, 5), (4, 4), (6, 3), (0, 4))  # ordered: 4 short codes, then 6 longer
    codebook(bits, 2, 5)
    bits.put((0, 1), (1, 1), *[(1, 1), (3, 5), (0, 1), (1, 1), (3, 5), (0, 1), (0, 1)], (0, 4))  # sparse
    codebook(bits, 3, 30)
    bits.put(
        (0, 1), (0, 1), *[(4, 5)] * 30, (1, 4), (0, 32), (0, 32), (6, 4), (0, 1), *[(5, 7)] * 3
    )  # 3**3 <= 30
    codebook(bits, 3, 4)
    bits.put((0, 1), (0, 1), *[(1, 5)] * 4, (2, 4), (0, 32), (0, 32), (15, 4), (1, 1), *[(9, 16)] * 12)
    bits.put((0, 6), (0, 16))  # one time-domain transform
    bits.put((1, 6))
    bits.put((0, 16), (9, 8), (8000, 16), (64, 16), (10, 6), (100, 8), (1, 4), (0, 8), (1, 8))  # floor 0
    bits.put((1, 16), (3, 5), (0, 4), (1, 4), (0, 4))  # floor 1, three partitions of two classes
    bits.put(
        (2, 3), (0, 2), (1, 8), (0, 3), (2, 2), (3, 8), *[(1, 8)] * 4, (1, 2), (7, 4), *[(9, 7)] * (3 + 1 + 3)
    )
    bits.put((0, 6), (2, 16), (0, 24), (99, 24), (9, 24), (1, 6), (0, 8))
    bits.put((5, 3), (1, 1), (3, 5), (0, 3), (0, 1), *[(1, 8)] * 4)
    bits.put((0, 6), (0, 16), (1, 1), (1, 4), (1, 1), (0, 8), (0, 2), (1, 2), (0, 2), (0, 4), (1, 4), (0, 4))
    bits.put(*[(0, 8)] * 6)
    bits.put((len(modes) - 1, 6), *[part for mode in modes for part in ((mode, 1), (0, 32), (0, 8))], (1, 1))
    return bits.setup()


@pytest.mark.parametrize("modes", [[True], [False, True], [True, False, False] * 21 + [True]])
def test_what_no_usual_encoder_writes_is_walked_through(modes: list[bool]) -> None:
    assert long_modes(rare_setup(modes), channels=3) == modes


@pytest.mark.parametrize("quality", ["-1", "3", "10"])
@pytest.mark.parametrize(("rate", "channels"), [(8_000, 1), (44_100, 2), (48_000, 8)])
def test_libvorbis_has_a_long_mode_unless_the_rate_is_low(
    tmp_path: Path, quality: str, rate: int, channels: int
) -> None:
    options = ("-c:a", "libvorbis", "-q:a", quality)
    path = encode(tmp_path / "a.ogg", *options, samples=5000, rate=rate, channels=channels)

    setup = packets_of(pages_of(path.read_bytes()))[2]

    assert long_modes(setup, channels) == ([False] if rate == 8_000 else [False, True])


def test_a_header_that_ends_early_is_damaged() -> None:
    setup = rare_setup([False, True])

    for size in range(len(setup)):
        with pytest.raises(DamagedHeader):
            long_modes(setup[:size], channels=3)


def test_damage_ends_in_an_answer() -> None:
    setup, rng = rare_setup([False, True]), random.Random(5)
    for _ in range(2000):
        mutant = bytearray(setup)
        for _ in range(rng.randrange(1, 4)):
            mutant[rng.randrange(7, len(mutant))] = rng.randrange(256)
        with suppress(DamagedHeader):
            assert 1 <= len(long_modes(bytes(mutant), channels=3)) <= 64


@pytest.mark.parametrize("filler", [0x00, 0xFF, 0x55])
def test_a_header_of_nonsense_is_refused_quickly(filler: int) -> None:
    bits = BitWriter()
    bits.put((255, 8))
    codebook(bits, 1, (1 << 24) - 1)
    bits.put((0, 1), (1, 1))

    with pytest.raises(DamagedHeader):
        long_modes(bits.setup() + bytes([filler]) * 60_000, channels=255)
