"""Says what kind of AAC a track holds, and declines all but AAC-LC.

ISO/IEC 14496-1, section 7.2.6 (descriptors), and 14496-3, section 1.6 (AudioSpecificConfig).
"""

from dataclasses import dataclass

from server.media.copying.copier import NotCopyable
from server.media.copying.mp4.aac_bits import Bits, OutOfBits
from server.media.copying.mp4.boxes import DamagedTables

_AAC_RATES = (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350)
_CHANNELS = {1: 1, 2: 2, 3: 3, 4: 4, 5: 5, 6: 6, 7: 8, 11: 7, 12: 8, 14: 8}
_MPEG4_AUDIO, _MPEG2_AAC_LC = 0x40, 0x67
_AAC_LC = 2
_KINDS = {
    1: "AAC Main",
    3: "AAC SSR",
    4: "AAC LTP",
    5: "HE-AAC",
    23: "AAC-LD",
    29: "HE-AAC v2",
    39: "AAC-ELD",
    42: "xHE-AAC",
}
_SYNC_EXTENSION = 0x2B7
_ES, _DECODER_CONFIG, _DECODER_SPECIFIC = 3, 4, 5
_HIGHEST_SBR_CORE_RATE = 24_000


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundConfig:
    """How packets become samples."""

    sample_rate: int
    channels: int
    #: Samples per channel that each packet decodes to.
    packet_samples: int
    #: The stream does not say whether it carries the high half of its spectrum as side information.
    may_hide_sbr: bool = False


def read_aac(setup: bytes) -> SoundConfig:
    """From an ES_Descriptor. Raises NotCopyable for anything but AAC-LC."""
    decoder_config = _descriptor(_es_body(_descriptor(setup, _ES)), _DECODER_CONFIG)
    if len(decoder_config) < 13:
        raise DamagedTables
    if decoder_config[0] not in (_MPEG4_AUDIO, _MPEG2_AAC_LC):
        raise NotCopyable("Its sound is not AAC.")
    try:
        return _read_audio_config(_descriptor(decoder_config[13:], _DECODER_SPECIFIC))
    except OutOfBits as error:
        raise DamagedTables from error


def _es_body(es: bytes) -> bytes:
    """What follows the optional fields of an ES_Descriptor."""
    if len(es) < 3:
        raise DamagedTables
    flags, start = es[2], 3
    start += 2 if flags & 0x80 else 0
    start += 1 + es[start] if flags & 0x40 and start < len(es) else 0
    return es[start + (2 if flags & 0x20 else 0) :]


def _descriptor(data: bytes, wanted: int) -> bytes:
    """The body of the descriptor that must stand here."""
    if len(data) < 2 or data[0] != wanted:
        raise DamagedTables
    size, start = 0, 1
    for start in range(1, min(5, len(data))):
        size = size << 7 | data[start] & 0x7F
        if data[start] < 0x80:
            break
    body = data[start + 1 : start + 1 + size]
    if len(body) < size:
        raise DamagedTables
    return body


def _read_audio_config(data: bytes) -> SoundConfig:
    bits = Bits(data)
    kind = _audio_object_type(bits)
    sample_rate = _sample_rate(bits)
    channels = _CHANNELS.get(layout := bits.read(4))
    if kind != _AAC_LC:
        raise NotCopyable(f"Its sound is {_KINDS.get(kind, 'of another kind')}, not AAC-LC.")
    is_short = bits.read(1)
    if bits.read(1):
        raise NotCopyable("Its sound depends on another stream.")
    if channels is None:
        raise NotCopyable(
            "Its channels are laid out by a rule of its own."
            if layout == 0
            else "Its channel layout is unknown."
        )
    bits.read(1)
    return SoundConfig(
        sample_rate=sample_rate,
        channels=channels,
        packet_samples=960 if is_short else 1024,
        may_hide_sbr=_may_hide_sbr(bits) and sample_rate <= _HIGHEST_SBR_CORE_RATE,
    )


def _may_hide_sbr(bits: Bits) -> bool:
    """Reads what may follow the configuration. Raises NotCopyable where it announces SBR."""
    if bits.left < 17 or bits.read(11) != _SYNC_EXTENSION or bits.read(5) not in (5, 22):
        return True
    if bits.read(1):
        raise NotCopyable("Its sound is HE-AAC, not AAC-LC.")
    return False


def _audio_object_type(bits: Bits) -> int:
    kind = bits.read(5)
    return 32 + bits.read(6) if kind == 31 else kind


def _sample_rate(bits: Bits) -> int:
    index = bits.read(4)
    rate = bits.read(24) if index == 15 else dict(enumerate(_AAC_RATES)).get(index)
    if not rate:
        raise DamagedTables
    return rate
