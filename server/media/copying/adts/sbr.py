"""Tells HE-AAC from plain AAC: spectral band replication travels in a filling element at a frame's end
(ISO 14496-3 §4.4.2.7, §4.5.2.8)."""

_FILL, _END = 6, 7
_SBR_KINDS = (0b1101, 0b1110)
_MAX_FILL_BYTES = 269


def carries_sbr(frame: bytes) -> bool:
    """Reads backwards from the end, where no table is needed. One plain frame in seventy looks alike, so ask
    for several."""
    bits = int.from_bytes(frame, "big")
    if not bits:
        return False
    aligning = (bits & -bits).bit_length() - 1  # zeros up to a whole byte
    if aligning > 7 or bits >> aligning & 7 != _END:
        return False
    before_end = bits >> aligning + 3
    backwards = before_end.to_bytes(len(frame), "little")
    longest = min(_MAX_FILL_BYTES, len(frame) - 2)
    return any(
        backwards[fill_bytes - 1] >> 4 in _SBR_KINDS and _begins_fill(backwards, fill_bytes)
        for fill_bytes in range(1, longest + 1)
    )


def _begins_fill(backwards: bytes, fill_bytes: int) -> bool:
    """Whether the bits before so many bytes announce a filling element of that length."""
    head = int.from_bytes(backwards[fill_bytes : fill_bytes + 2], "little")
    if fill_bytes < 15:
        return head & 0x7F == _FILL << 4 | fill_bytes
    return head & 0x7FFF == (_FILL << 4 | 15) << 8 | fill_bytes - 14
