"""Takes packets out of an MP4 file, where those of other tracks may lie between them."""

import os

import numpy as np

from server.media.copying.copy_range import copy_range
from server.media.copying.mp4.tables import PacketTable

_LONGEST_PROBE_BYTES = 8192


def copy_packets(source: int, target: int, packets: PacketTable, begin: int, end: int) -> None:
    """Packets `begin` up to `end`, from descriptor to descriptor. Raises CorruptFile if the source shrank."""
    starts = packets.offsets[begin:end]
    stops = starts + packets.sizes[begin:end]
    breaks = np.flatnonzero(starts[1:] != stops[:-1])
    run_starts = starts[np.concatenate(([0], breaks + 1))]
    run_stops = stops[np.append(breaks, -1)]
    for start, stop in zip(run_starts.tolist(), run_stops.tolist(), strict=True):
        copy_range(source, target, start, stop - start)


def read_spread(source: int, packets: PacketTable, count: int) -> list[bytes]:
    """The first bytes of some packets, taken evenly from all of them. Shorter, where the file is."""
    chosen = np.unique(np.linspace(0, len(packets) - 1, count).astype(np.int64)).tolist()
    return [
        os.pread(source, min(int(packets.sizes[index]), _LONGEST_PROBE_BYTES), int(packets.offsets[index]))
        for index in chosen
    ]
