"""Follows a Vorbis setup header to the one thing that a copy needs: which modes use the long window.

Everything before the modes has to be walked through, because nothing says how long it is (Vorbis I, section
4.2.4). Its values are the decoder's business.
"""

from functools import lru_cache

from server.media.copying.ogg.vorbis_bits import Bits, DamagedHeader

MAGIC = b"\x05vorbis"


def long_modes(setup: bytes, channels: int) -> list[bool]:
    """For each mode, whether its blocks are long. Raises DamagedHeader."""
    return list(_long_modes(setup, channels))


@lru_cache(maxsize=4)  # all segments of a file have the same header
def _long_modes(setup: bytes, channels: int) -> tuple[bool, ...]:
    if not setup.startswith(MAGIC):
        raise DamagedHeader
    bits = Bits(setup[len(MAGIC) :])
    for _ in range(bits.read(8) + 1):
        _skip_codebook(bits)
    for _ in range(bits.read(6) + 1):
        bits.expect(0, 16)
    for skip in (_skip_floor, _skip_residue):
        for _ in range(bits.read(6) + 1):
            skip(bits)
    for _ in range(bits.read(6) + 1):
        _skip_mapping(bits, channels)
    modes = tuple(_mode(bits) for _ in range(bits.read(6) + 1))
    bits.expect(1, 1)
    return modes


def _mode(bits: Bits) -> bool:
    is_long = bool(bits.read(1))
    bits.expect(0, 32)  # the kinds of window and of transform, of which there is one
    bits.skip(8)
    return is_long


def _skip_codebook(bits: Bits) -> None:
    bits.expect(0x564342, 24)
    dimensions, entries = bits.read(16), bits.read(24)
    if bits.read(1):
        _skip_ordered_lengths(bits, entries)
    elif bits.read(1):
        bits.skip_optional(entries, 5)
    else:
        bits.skip(5 * entries)
    _skip_lookup(bits, dimensions, entries)


def _skip_ordered_lengths(bits: Bits, entries: int) -> None:
    bits.skip(5)
    left = entries
    while left > 0:
        left -= bits.read(left.bit_length())
    if left < 0:
        raise DamagedHeader


def _skip_lookup(bits: Bits, dimensions: int, entries: int) -> None:
    kind = bits.read(4)
    if kind == 0:
        return
    if kind > 2 or dimensions == 0:
        raise DamagedHeader
    bits.skip(64)
    value_bits = bits.read(4) + 1
    bits.skip(1)
    values = entries * dimensions if kind == 2 else _whole_root(entries, dimensions)
    bits.skip(values * value_bits)


def _whole_root(value: int, degree: int) -> int:
    """The largest number whose power is no larger; the power of floats is only near it."""
    root = int(value ** (1 / degree))
    while (root + 1) ** degree <= value:
        root += 1
    while root**degree > value:
        root -= 1
    return root


def _skip_floor(bits: Bits) -> None:
    kind = bits.read(16)
    if kind == 0:
        bits.skip(8 + 16 + 16 + 6 + 8)
        bits.skip(8 * (bits.read(4) + 1))
    elif kind == 1:
        _skip_floor_1(bits)
    else:
        raise DamagedHeader


def _skip_floor_1(bits: Bits) -> None:
    classes = [bits.read(4) for _ in range(bits.read(5))]
    dimensions = []
    for _ in range(max(classes, default=-1) + 1):
        dimensions.append(bits.read(3) + 1)
        subclass_bits = bits.read(2)
        if subclass_bits:
            bits.skip(8)
        bits.skip(8 << subclass_bits)
    bits.skip(2)
    range_bits = bits.read(4)
    bits.skip(range_bits * sum(dimensions[index] for index in classes))


def _skip_residue(bits: Bits) -> None:
    if bits.read(16) > 2:
        raise DamagedHeader
    bits.skip(3 * 24)
    classifications = bits.read(6) + 1
    bits.skip(8)
    books = 0
    for _ in range(classifications):
        books += bits.read(3).bit_count()
        if bits.read(1):
            books += bits.read(5).bit_count()
    bits.skip(8 * books)


def _skip_mapping(bits: Bits, channels: int) -> None:
    bits.expect(0, 16)
    submaps = bits.read(4) + 1 if bits.read(1) else 1
    if bits.read(1):
        bits.skip((bits.read(8) + 1) * 2 * (channels - 1).bit_length())
    bits.expect(0, 2)
    if submaps > 1:
        bits.skip(4 * channels)
    bits.skip(3 * 8 * submaps)
