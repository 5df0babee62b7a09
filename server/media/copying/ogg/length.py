"""How long an Ogg stream is, by its packets and its pages' granules, the way FFmpeg understands both."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from server.media.copying.copier import Integrity, NotCopyable
from server.media.copying.ogg.packets import OggPackets


@dataclass(frozen=True, slots=True)
class OggLength:
    """In samples of the stream, before any is skipped. `claimed` is None where the file makes no claim."""

    found: int
    claimed: int | None


def measure(packets: OggPackets, ends: NDArray[np.int64], *, trims_many_packets: bool) -> OggLength:
    """`ends` says where each packet's samples end.

    Granules say where the stream ends within its last page, and nothing else: a recording of a broadcast
    starts to count anywhere, and decoders disagree about a first page that claims less than it holds.
    FFmpeg takes what is too much from all packets of the last page (Opus) or from the last one (Vorbis), and
    no further. Raises NotCopyable where decoders disagree.
    """
    first, last = packets.first_mark, packets.last_mark
    if first is None or last is None:
        return OggLength(0, None)
    origin = 0 if first.is_last else first.granule - int(ends[first.packets - 1])
    if origin < 0 or last.granule < 0:
        raise NotCopyable("Its pages contradict its packets about the time.")
    total = int(ends[-1])
    if not last.is_last:
        return OggLength(total, None)
    page = _LastPage.of(packets, ends)
    trimmed = max(0, page.granule_before + total - page.begin - last.granule)
    kept = total - trimmed
    if kept < (page.begin if trims_many_packets or len(ends) < 2 else int(ends[-2])):
        raise NotCopyable("Its pages contradict its packets about the time.")
    return OggLength(kept, last.granule - origin)


def integrity_of(packets: OggPackets, length: OggLength, skipped_samples: int = 0) -> Integrity:
    """The samples skipped are those at the stream's start that nobody is meant to hear."""
    claimed = None if length.claimed is None else max(0, length.claimed - skipped_samples)
    return Integrity(expected_samples=claimed, resyncs=packets.resyncs, is_truncated=not packets.has_end)


class _LastPage(NamedTuple):
    """Where the last page with packets begins: in samples found, and by the page before it."""

    begin: int
    granule_before: int

    @classmethod
    def of(cls, packets: OggPackets, ends: NDArray[np.int64]) -> "_LastPage":
        previous = packets.previous_mark
        return cls(int(ends[previous.packets - 1]), previous.granule) if previous else cls(0, 0)
