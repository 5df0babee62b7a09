"""Makes the boxes of a track's sample tables (ISO/IEC 14496-12, sections 8.5 to 8.7, and 14496-14)."""

import struct

from server.media.copying.mp4.aac_config import SoundConfig
from server.media.copying.mp4.tables import Integers

CHUNK_PACKETS = 128


def box(name: bytes, *bodies: bytes) -> bytes:
    body = b"".join(bodies)
    return struct.pack(">I4s", 8 + len(body), name) + body


def full_box(name: bytes, version: int, flags: int, *bodies: bytes) -> bytes:
    return box(name, struct.pack(">I", version << 24 | flags), *bodies)


def sample_entry(config: SoundConfig, decoder_setup: bytes) -> bytes:
    """Rates beyond 16 bits do not fit; decoders take theirs from their own box."""
    rate = config.sample_rate << 16 if config.sample_rate < 1 << 16 else 0
    shape = struct.pack(">6xH8xHH4xI", 1, config.channels, 16, rate)
    return box(b"mp4a", shape, full_box(b"esds", 0, 0, decoder_setup))


def durations(packet_count: int, packet_samples: int, end_sample: int) -> bytes:
    """The last packet ends where the sound does. One run, or two for more than one packet."""
    whole = packet_count - 1
    runs = ((whole, packet_samples),) if whole else ()
    return _table(b"stts", ">II", (*runs, (1, end_sample - whole * packet_samples)))


def chunks(packet_count: int) -> bytes:
    """How many packets each chunk holds. One run, or two for more than one chunk."""
    last_chunk = -(-packet_count // CHUNK_PACKETS)
    in_last = packet_count - (last_chunk - 1) * CHUNK_PACKETS
    runs = ((1, CHUNK_PACKETS, 1),) if last_chunk > 1 else ()
    return _table(b"stsc", ">III", (*runs, (last_chunk, in_last, 1)))


def packet_sizes(sizes: Integers) -> bytes:
    return full_box(b"stsz", 0, 0, struct.pack(">II", 0, len(sizes)), sizes.astype(">u4").tobytes())


def chunk_offsets(offsets: Integers, *, is_far: bool) -> bytes:
    name, item = (b"co64", ">u8") if is_far else (b"stco", ">u4")
    return full_box(name, 0, 0, struct.pack(">I", len(offsets)), offsets.astype(item).tobytes())


def recovery(packet_count: int, priming_packets: int) -> bytes:
    """Says how many packets before any other a decoder has to see (section 10.1)."""
    kind = full_box(b"sgpd", 1, 0, struct.pack(">4sIIh", b"roll", 2, 1, -priming_packets))
    return kind + full_box(b"sbgp", 0, 0, struct.pack(">4sIII", b"roll", 1, packet_count, 1))


def _table(name: bytes, layout: str, rows: tuple[tuple[int, ...], ...]) -> bytes:
    return full_box(name, 0, 0, struct.pack(">I", len(rows)), *(struct.pack(layout, *row) for row in rows))
