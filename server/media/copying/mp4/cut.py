"""Cuts AAC-LC in MP4 at any sample: packets stay as they are, an edit list hides the rest."""

from pathlib import Path

import numpy as np

from server.media.copying.copier import Integrity, NotCopyable
from server.media.copying.copy_range import write_all
from server.media.copying.mp4.aac_sbr import carries_sbr
from server.media.copying.mp4.boxes import DamagedTables
from server.media.copying.mp4.payload import copy_packets, read_spread
from server.media.copying.mp4.track import SoundTrack, read_track
from server.media.copying.mp4.write import PRIMING_PACKETS, Content, HeadWriter
from zerokerf.errors import CorruptFile
from zerokerf.formats import Format

_SBR_PROBES = 32


class M4aCopier:
    """A Copier of the first track of sound. Each segment keeps its decoder's set-up, and no tags.

    A packet needs the one before it, which each segment carries and hides. Of a truncated file, the samples
    are those of its whole packets.
    """

    def __init__(self, path: Path, track: SoundTrack, size_bytes: int) -> None:
        config, timeline = track.config, track.timeline
        whole = _whole_packets(track, size_bytes)
        end = min(timeline.end_sample, whole * config.packet_samples)
        if end <= timeline.first_sample:
            raise CorruptFile("it holds no samples.")
        self._path = path
        self._track = track
        self._sample_count = end - timeline.first_sample
        self._integrity = Integrity(
            expected_samples=timeline.end_sample - timeline.first_sample,
            is_truncated=whole < len(track.packets),
        )
        self._ends = np.cumsum(track.packets.sizes)  # of payload bytes, behind each packet
        self._heads = HeadWriter(config, track.decoder_setup)

    @property
    def format(self) -> Format:
        return Format.M4A

    @property
    def sample_rate(self) -> int:
        return self._track.config.sample_rate

    @property
    def channels(self) -> int:
        return self._track.config.channels

    @property
    def sample_count(self) -> int:
        return self._sample_count

    @property
    def integrity(self) -> Integrity:
        return self._integrity

    def snap(self, sample: int) -> int:
        return min(max(0, sample), self._sample_count)

    def size_bytes(self, first_sample: int, sample_count: int) -> int:
        _, content = self._content(first_sample, sample_count)
        return self._heads.size_bytes(content) + content.payload_bytes

    def fit(self, first_sample: int, max_bytes: int) -> int:
        fits, too_many = 0, self._sample_count - first_sample + 1
        while too_many - fits > 1:
            middle = (fits + too_many) // 2
            if self.size_bytes(first_sample, middle) <= max_bytes:
                fits = middle
            else:
                too_many = middle
        return fits

    def excess_samples(self, first_sample: int, sample_count: int) -> int:  # noqa: ARG002 - the format hides all
        return 0

    def write(self, first_sample: int, sample_count: int, output: Path) -> None:
        begin, content = self._content(first_sample, sample_count)
        end = begin + content.packet_count
        head = self._heads.head(content, self._track.packets.sizes[begin:end])
        with self._path.open("rb", buffering=0) as source, output.open("wb", buffering=0) as file:
            write_all(file.fileno(), head)
            copy_packets(source.fileno(), file.fileno(), self._track.packets, begin, end)

    def _content(self, first_sample: int, sample_count: int) -> tuple[int, Content]:
        """The first packet, and what lies from there."""
        if first_sample < 0 or sample_count < 1 or first_sample + sample_count > self._sample_count:
            raise ValueError(f"{sample_count} samples from {first_sample} on are not there")
        config = self._track.config
        first = self._track.timeline.first_sample + first_sample
        begin = max(0, first // config.packet_samples - PRIMING_PACKETS)
        end = -(-(first + sample_count) // config.packet_samples)
        content = Content(
            packet_count=end - begin,
            payload_bytes=int(self._ends[end - 1] - (self._ends[begin - 1] if begin else 0)),
            first_sample=first - begin * config.packet_samples,
            sample_count=sample_count,
        )
        return begin, content


def open_m4a(path: Path) -> M4aCopier:
    """Reads the index of the file. Raises NotCopyable and CorruptFile as every copier does."""
    size_bytes = path.stat().st_size
    with path.open("rb") as file:
        track = read_track(file, size_bytes)
        if track.config.may_hide_sbr and carries_sbr(read_spread(file.fileno(), track.packets, _SBR_PROBES)):
            raise NotCopyable("Its sound is HE-AAC, not AAC-LC.")
    return M4aCopier(path, track, size_bytes)


def _whole_packets(track: SoundTrack, size_bytes: int) -> int:
    """How many packets from the start lie inside of the file. Raises DamagedTables where they overlap."""
    stops = track.packets.offsets + track.packets.sizes
    beyond = np.flatnonzero(stops > size_bytes)
    whole = int(beyond[0]) if len(beyond) else len(stops)
    if int(track.packets.sizes[:whole].sum()) > size_bytes:
        raise DamagedTables
    return whole
