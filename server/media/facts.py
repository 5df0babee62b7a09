"""What the room knows about a source: its format, its stream, and the limits it has to keep."""

from dataclasses import dataclass

from server.media.pcm import SampleFormat
from zerokerf.formats import Format


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaLimits:
    """What one source may ask of us. The defaults suit a single machine."""

    max_channels: int = 8
    max_sample_rate: int = 384_000
    max_duration_s: int = 100 * 3600
    max_segments: int = 10_000
    probe_wall_s: int = 30
    probe_cpu_s: int = 10
    cpu_s: int = 4 * 3600
    memory_bytes: int = 2 * 1024**3


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFacts:
    """One audio stream of one file, as found by content and never by name."""

    format: Format
    demuxer: str
    codec: str
    sample_rate: int
    channels: int
    sample_format: SampleFormat  # the smallest PCM that loses nothing that 16 bit players would hear
    bits_per_sample: int | None
    stream_index: int  # counted among audio streams: ffmpeg's 0:a:N
    duration_hint_samples: int | None
    claimed_samples: int | None  # what the container promises at least, where it does
    size_bytes: int
    #: Seen at a glance; a file that is cut short need not show it before its frames are followed.
    is_truncated: bool = False

    @property
    def decoded_bytes(self) -> int:
        """About how much its samples are, before they are counted."""
        return (self.duration_hint_samples or 0) * self.channels * self.sample_format.sample_bytes
