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

    def skip_optional(self, times: int, count: int) -> None:
        """As often, one bit and, where it is set, `count` more. Headers consist of little else."""
        data, at = self._data, self._at
        try:
            for _ in range(times):
                at += 1 + count * (data[at >> 3] >> (at & 7) & 1)
        except IndexError:
            raise DamagedHeader from None
        self._at = at
        self.skip(0)

    def expect(self, value: int, count: int) -> None:
        if self.read(count) != value:
            raise DamagedHeader
