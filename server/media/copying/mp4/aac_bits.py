"""Reads numbers from AAC, highest bit first (ISO/IEC 14496-3)."""


class OutOfBits(ValueError):
    """The data ends too early."""


class Bits:
    """A position in some bytes. Raises OutOfBits where they end."""

    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data)
        self.left = 8 * len(data)

    def read(self, count: int) -> int:
        self.left -= count
        if self.left < 0:
            raise OutOfBits
        return self._value >> self.left & ((1 << count) - 1)
