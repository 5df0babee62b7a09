"""Cuts Ogg Opus (RFC 7845) at any sample: packets before the cut are decoded and skipped, none is changed."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from server.media.copying.copier import Integrity, NotCopyable
from server.media.copying.ogg.comments import COMMENT_HEAD_BYTES, bare_comments
from server.media.copying.ogg.layout import lay_out
from server.media.copying.ogg.length import integrity_of, measure
from server.media.copying.ogg.opus_packets import (
    MAGIC,
    SAMPLE_RATE,
    OpusHead,
    packet_ends,
    read_head,
)
from server.media.copying.ogg.packets import OggPackets
from server.media.copying.ogg.scan import index_packets
from server.media.copying.ogg.write import Headers, PacketRange, header_size_bytes, write_segment
from zerokerf.errors import CorruptFile
from zerokerf.formats import Format

# After 600 ms, a CELT decoder that started anywhere has become equal to one that never stopped. The 80 ms
# that RFC 7845 advises leave it 20 to 30 dB below the signal at first.
_PRE_ROLL_SAMPLES = SAMPLE_RATE * 600 // 1000

_TAGS_MAGIC = b"OpusTags"
# libsndfile plays from the wrong place with a larger one.
_MAX_PRE_SKIP = 31_680
_LONGEST_HEAD_BYTES = 21 + 255


class OpusCopier:
    """A Copier of one stream of mono, stereo or surround. Its samples are counted at 48 kHz.

    Positions and lengths are exact whatever the stream holds. So is content, but for SILK, alone or in a
    hybrid: its long-term prediction may take seconds to forget what came before the cut; whether it did is
    for the proof to say. A segment keeps the source's gain, channel mapping and vendor, and no tags.
    """

    def __init__(
        self,
        packets: OggPackets,
        ends: NDArray[np.int64],
        head: OpusHead,
        comments: bytes,
    ) -> None:
        length = measure(packets, ends, trims_many_packets=True)
        self._packets = packets
        self._ends = ends
        self._head = head
        self._comments = comments
        self._sample_count = length.found - head.pre_skip
        self._integrity = integrity_of(packets, length, head.pre_skip)
        if self._sample_count <= 0:
            raise CorruptFile("it holds no samples.")
        self._layout = lay_out(packets, ends, SAMPLE_RATE)
        self._header_bytes = header_size_bytes(self._headers(0))

    @property
    def format(self) -> Format:
        return Format.OPUS

    @property
    def sample_rate(self) -> int:
        return SAMPLE_RATE

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
        return min(max(0, sample), self._sample_count)

    def size_bytes(self, first_sample: int, sample_count: int) -> int:
        kept = self._range(first_sample, sample_count)
        return self._header_bytes + self._layout.size_bytes(kept.begin, kept.end)

    def fit(self, first_sample: int, max_bytes: int) -> int:
        left = self._sample_count - first_sample
        whole = self._range(first_sample, left)
        ends = range(whole.begin + 1, whole.end + 1)
        end = self._layout.fit(whole.begin, ends, max_bytes - self._header_bytes)
        if not end:
            return 0
        return min(left, max(0, int(self._ends[end - 1]) - self._head.pre_skip - first_sample))

    def excess_samples(self, first_sample: int, sample_count: int) -> int:  # noqa: ARG002 - the format hides all
        return 0

    def write(self, first_sample: int, sample_count: int, output: Path) -> None:
        kept = self._range(first_sample, sample_count)
        headers = self._headers(kept.granule - sample_count)
        write_segment(output, self._packets, self._layout, self._ends, headers, kept)

    def _headers(self, pre_skip: int) -> Headers:
        return [[self._head.with_pre_skip(pre_skip)], [self._comments]]

    def _range(self, first_sample: int, sample_count: int) -> PacketRange:
        if first_sample < 0 or sample_count < 1 or first_sample + sample_count > self._sample_count:
            raise ValueError(f"{sample_count} samples from {first_sample} on are not there")
        first = first_sample + self._head.pre_skip
        begin = int(np.searchsorted(self._ends, max(0, first - _PRE_ROLL_SAMPLES), "right"))
        if first - self._start(begin) > _MAX_PRE_SKIP:
            begin += 1
        stop = first + sample_count
        end = int(np.searchsorted(self._ends, stop, "left")) + 1
        zero = self._start(begin)
        return PacketRange(begin=begin, end=end, zero=zero, granule=stop - zero)

    def _start(self, packet: int) -> int:
        return int(self._ends[packet - 1]) if packet else 0


def open_opus(path: Path) -> OpusCopier:
    """Indexes the file, reading it once. Raises NotCopyable and CorruptFile as every copier does."""
    packets = index_packets(path, header_count=2)
    with path.open("rb", buffering=0) as file:
        head = packets.header(file.fileno(), 0, _LONGEST_HEAD_BYTES)
        comments = packets.header(file.fileno(), 1, COMMENT_HEAD_BYTES)
    if not head.startswith(MAGIC):
        raise NotCopyable("Its stream is not Opus.")
    ends = packet_ends(packets.sizes, packets.first_bytes, packets.second_bytes)
    return OpusCopier(packets, ends, read_head(head), bare_comments(comments, _TAGS_MAGIC))
