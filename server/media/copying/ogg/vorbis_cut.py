"""Cuts Ogg Vorbis (Vorbis I) between packets: the packet before the cut gives no output and completes it."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from server.media.copying.copier import Integrity, NotCopyable
from server.media.copying.ogg.comments import COMMENT_HEAD_BYTES, bare_comments
from server.media.copying.ogg.layout import lay_out
from server.media.copying.ogg.length import integrity_of, measure
from server.media.copying.ogg.packets import OggPackets
from server.media.copying.ogg.scan import index_packets
from server.media.copying.ogg.vorbis_packets import MAGIC, VorbisHead, packet_ends, read_head
from server.media.copying.ogg.vorbis_setup import long_modes
from server.media.copying.ogg.write import Headers, PacketRange, header_size_bytes, write_segment
from zerokerf.errors import CorruptFile
from zerokerf.formats import Format

_COMMENT_MAGIC = b"\x03vorbis"
_FRAMING = b"\x01"
# libvorbis writes 8 KiB at most; walking through one takes as many steps as it has bits.
_LONGEST_SETUP_BYTES = 1 << 16


class VorbisCopier:
    """A Copier of one stream, cut where packets meet: 64 to 8192 samples apart, mostly 128 or 1024.

    Trimming a stream's start would reach every sample, but FFmpeg ignores it. Segments keep the source's
    identification and setup headers and its vendor, and no tags.
    """

    def __init__(
        self, packets: OggPackets, ends: NDArray[np.int64], head: VorbisHead, headers: Headers
    ) -> None:
        length = measure(packets, ends, trims_many_packets=False)
        self._packets = packets
        self._ends = ends
        self._head = head
        self._headers = headers
        self._sample_count = length.found
        self._integrity = integrity_of(packets, length)
        if self._sample_count <= 0:
            raise CorruptFile("it holds no samples.")
        if packets.previous_mark is None:
            raise NotCopyable("It is so short that decoders disagree about its length.")
        self._layout = lay_out(packets, ends, head.sample_rate, has_lead_page=True)
        self._header_bytes = header_size_bytes(headers)

    @property
    def format(self) -> Format:
        return Format.OGG

    @property
    def sample_rate(self) -> int:
        return self._head.sample_rate

    @property
    def channels(self) -> int:
        return self._head.channels

    @property
    def sample_count(self) -> int:
        return self._sample_count

    @property
    def integrity(self) -> Integrity:
        return self._integrity

    def snap(self, sample: int) -> int:
        after = self._sample_at(self._packet_at(sample))
        before = self._sample_at(max(0, self._packet_at(sample) - 1))
        return after if after - sample < sample - before else before

    def size_bytes(self, first_sample: int, sample_count: int) -> int:
        kept = self._range(first_sample, sample_count)
        return self._header_bytes + self._layout.size_bytes(kept.begin, kept.end)

    def fit(self, first_sample: int, max_bytes: int) -> int:
        whole = self._range(first_sample, self._sample_count - first_sample)
        ends = range(whole.begin + 2, whole.end + 1)
        end = self._layout.fit(whole.begin, ends, max_bytes - self._header_bytes)
        return self._sample_at(end - 1) - first_sample if end else 0

    def excess_samples(self, first_sample: int, sample_count: int) -> int:  # noqa: ARG002 - the format hides all
        return 0

    def write(self, first_sample: int, sample_count: int, output: Path) -> None:
        kept = self._range(first_sample, sample_count)
        write_segment(output, self._packets, self._layout, self._ends, self._headers, kept)

    def _range(self, first_sample: int, sample_count: int) -> PacketRange:
        """The packet whose samples end at the cut is the first: it is there to be overlapped with."""
        stop = first_sample + sample_count
        begin, last = self._packet_at(first_sample), self._packet_at(stop)
        is_on_grid = self._sample_at(begin) == first_sample and self._sample_at(last) == stop
        if first_sample < 0 or sample_count < 1 or not is_on_grid:
            raise ValueError(f"{sample_count} samples from {first_sample} on can't be cut out")
        return PacketRange(begin=begin, end=last + 1, zero=first_sample, granule=sample_count)

    def _packet_at(self, sample: int) -> int:
        """The first packet whose samples end there or later."""
        return int(np.searchsorted(self._ends, min(max(0, sample), self._sample_count), "left"))

    def _sample_at(self, packet: int) -> int:
        return min(int(self._ends[packet]), self._sample_count)


def open_vorbis(path: Path) -> VorbisCopier:
    """Indexes the file, reading it once. Raises NotCopyable and CorruptFile as every copier does."""
    packets = index_packets(path, header_count=3)
    with path.open("rb", buffering=0) as file:
        first = packets.header(file.fileno(), 0, 30)
        comments = packets.header(file.fileno(), 1, COMMENT_HEAD_BYTES)
        setup = packets.header(file.fileno(), 2, _LONGEST_SETUP_BYTES + 1)
    if not first.startswith(MAGIC):
        raise NotCopyable("Its stream is not Vorbis.")
    if len(setup) > _LONGEST_SETUP_BYTES:
        raise NotCopyable("Its setup header is unusually large.")
    head = read_head(first)
    ends = packet_ends(packets.sizes, packets.first_bytes, head, long_modes(setup, head.channels))
    headers = [[first], [bare_comments(comments, _COMMENT_MAGIC) + _FRAMING, setup]]
    return VorbisCopier(packets, ends, head, headers)
