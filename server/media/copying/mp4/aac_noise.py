"""Tells whether a packet of AAC leaves bands of noise to its decoder (ISO/IEC 14496-3, section 4.6.13)."""

from server.media.copying.mp4.aac_bits import Bits, OutOfBits

_SINGLE, _PAIR = 0, 1
_EIGHT_SHORT = 2
_NOISE_BOOK = 13
_HEAD_BYTES = 256  # the sections of the first channel lie within


def substitutes_noise(packet: bytes) -> bool:
    """Looks at the first channel, and only where the packet starts with one."""
    try:
        return _NOISE_BOOK in _books(Bits(packet[:_HEAD_BYTES]))
    except OutOfBits:
        return False


def _books(bits: Bits) -> set[int]:
    """The codebooks of the first channel's sections."""
    element = bits.read(3)
    bits.read(4)
    shape = None
    if element == _PAIR and bits.read(1):
        shape = _window_shape(bits)
        if bits.read(2) == 1:
            groups, bands, _ = shape
            bits.read(groups * bands)
    elif element not in (_SINGLE, _PAIR):
        return set()
    bits.read(8)
    return _section_books(bits, *(shape or _window_shape(bits)))


def _window_shape(bits: Bits) -> tuple[int, int, int]:
    """Groups of windows, bands in each, and how many bits tell a section's length."""
    bits.read(1)
    is_short = bits.read(2) == _EIGHT_SHORT
    bits.read(1)
    if is_short:
        bands = bits.read(4)
        return 8 - bits.read(7).bit_count(), bands, 3
    bands = bits.read(6)
    bits.read(1)
    return 1, bands, 5


def _section_books(bits: Bits, groups: int, bands: int, length_bits: int) -> set[int]:
    books = set()
    escape = (1 << length_bits) - 1
    for _ in range(groups):
        band = 0
        while band < bands:
            books.add(bits.read(4))
            while (length := bits.read(length_bits)) == escape:
                band += escape
            band += length
    return books
