"""The header of a Layer III frame: ISO 11172-3 §2.4.1.3, for the lower rates ISO 13818-3, and MPEG-2.5."""

from dataclasses import dataclass

from server.media.probing.sniff import MPEG_RATES, mpeg_frame_bytes

HEADER_BYTES = 4
#: The longest frame: 320 kbit/s at 32 kHz, with its padding byte.
MAX_FRAME_BYTES = 1441
#: What a decoder's filters are late by, in samples: not part of the delay that encoders write down.
DECODER_DELAY = 529


@dataclass(frozen=True, slots=True)
class Mp3Header:
    """The four bytes, which are known to be valid and of layer III."""

    raw: bytes

    @property
    def is_mpeg1(self) -> bool:
        return self.raw[1] >> 3 & 3 == 3

    @property
    def sample_rate(self) -> int:
        return MPEG_RATES[self.raw[1] >> 3 & 3][self.raw[2] >> 2 & 3]

    @property
    def channels(self) -> int:
        return 1 if self.raw[3] >> 6 == 3 else 2

    @property
    def frame_bytes(self) -> int:
        return mpeg_frame_bytes(self.raw)

    @property
    def frame_samples(self) -> int:
        return 1152 if self.is_mpeg1 else 576

    @property
    def crc_bytes(self) -> int:
        return 0 if self.raw[1] & 1 else 2

    @property
    def side_bytes(self) -> int:
        """Of the side information, which follows the header and its checksum."""
        if self.is_mpeg1:
            return 17 if self.channels == 1 else 32
        return 9 if self.channels == 1 else 17

    @property
    def priming_frames(self) -> int:
        """How many frames before one a decoder has to see to give the same samples for it: the filter bank
        remembers 480 samples, the transform before it one granule."""
        return 1 if self.is_mpeg1 else 2


def parse_header(raw: bytes | bytearray) -> Mp3Header | None:
    """None if no frame of layer III with a stated bit rate starts with these bytes."""
    is_layer_3 = len(raw) >= HEADER_BYTES and raw[1] >> 1 & 3 == 1
    return (
        Mp3Header(bytes(raw[:HEADER_BYTES]))
        if is_layer_3 and mpeg_frame_bytes(bytes(raw[:HEADER_BYTES]))
        else None
    )


def shortest_header(like: Mp3Header, room_bytes: int) -> Mp3Header:
    """For a frame of the same kind, without checksum, with so much room after its side information.

    The room that a frame can ask for in its reservoir (511 bytes, 255 for the lower rates) always fits.
    """
    sync, kind, rate, mode = like.raw
    for kbits_index in range(1, 15):
        header = Mp3Header(bytes((sync, kind | 1, kbits_index << 4 | rate & 0x0D, mode)))
        if header.frame_bytes - HEADER_BYTES - header.side_bytes >= room_bytes:
            return header
    raise ValueError("no frame of this kind has so much room")
