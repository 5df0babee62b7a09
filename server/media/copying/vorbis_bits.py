"""Reads numbers from a Vorbis header, lowest bit first (Vorbis I, section 2)."""

from server.media.copying.copier import NotCopyable


class DamagedHeader(NotCopyable):
    """It says what the specification does not allow, or ends too early."""

    def __init__(self) -> None:
        super().__init__("Its setup header is damaged.")


class Bits:
    """A position in a header. Raises DamagedHeader where it ends."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def read(self, count: int) -> int:
        begin = self._at
        self.skip(count)
        held = int.from_bytes(self._data[begin >> 3 : (self._at + 7) >> 3], "little")
        return held >> (begin & 7) & ((1 << count) - 1)

    def skip(self, count: int) -> None:
        self._at += count
        if self._at > 8 * len(self._data):
            raise DamagedHeader

    def expect(self, value: int, count: int) -> None:
        if self.read(count) != value:
            raise DamagedHeader
