"""Tells by the packets whether AAC carries spectral band replication that its set-up does not announce.

A decoder that finds it doubles the sample rate. It stands in a fill element, the last before the end
(ISO/IEC 14496-3, tables 4.11 and 4.57), which can be recognised backwards without decoding the packet.
"""

from collections.abc import Sequence

_END, _END_BITS = 0b111, 3
_FILL, _ESCAPE = 0b110, 15
_SBR_KINDS = (0b1101, 0b1110)
_LONGEST_FILL_BYTES = 269


def carries_sbr(packets: Sequence[bytes]) -> bool:
    """One packet in a hundred without it looks like one with it, so it takes a share of them."""
    return 4 * sum(map(_ends_with_sbr, packets)) > len(packets)


def _ends_with_sbr(packet: bytes) -> bool:
    value = int.from_bytes(packet)
    value >>= (value & -value).bit_length() - 1 if value else 0
    if value & _END != _END:
        return False
    value >>= _END_BITS
    return any(_is_sbr(value, size) for size in range(1, _LONGEST_FILL_BYTES + 1))


def _is_sbr(value: int, size: int) -> bool:
    """Whether the bits end with a fill element of so many bytes that holds SBR."""
    kind, head = value >> (8 * size - 4) & 0xF, value >> (8 * size)
    if kind not in _SBR_KINDS:
        return False
    if size < _ESCAPE:
        return head & 0x7F == _FILL << 4 | size
    return head & 0x7FFF == (_FILL << 4 | _ESCAPE) << 8 | size - _ESCAPE + 1
