"""Finds the first track of sound in an MP4 file (ISO/IEC 14496-12 and -14) and reads how it is played."""

from dataclasses import dataclass
from typing import BinaryIO

from server.media.copying.copier import NotCopyable
from server.media.copying.mp4.aac_config import SoundConfig, read_aac
from server.media.copying.mp4.boxes import Box, Boxes, DamagedTables, walk
from server.media.copying.mp4.gapless import Timeline, read_timeline
from server.media.copying.mp4.tables import PacketTable, read_packets, read_sample_count
from zerokerf.errors import CorruptFile

_ENTRY_BYTES = {b"\0\0": 28, b"\0\1": 44}  # of a sample entry before its boxes, by QuickTime's version
_MAX_ENTRY_BYTES = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundTrack:
    """The track, with all that its tables claim; nothing yet says that the file holds it all."""

    config: SoundConfig
    packets: PacketTable
    timeline: Timeline
    #: The ES_Descriptor that sets up the decoder.
    decoder_setup: bytes


def read_track(file: BinaryIO, size_bytes: int) -> SoundTrack:
    """Reads the index of the file, not its sound. Raises NotCopyable and CorruptFile."""
    moov = _find_moov(file, size_bytes)
    movie = Boxes(file, moov)
    if movie.find(b"mvex"):
        raise NotCopyable("It is a fragmented MP4 file.")
    mdia = _first_sound(file, movie)
    trak, media = Boxes(file, mdia), Boxes(file, mdia).inside(b"mdia")
    stbl = media.inside(b"minf", b"stbl")
    _check_is_inside(media)
    decoder_setup = _read_entry(file, stbl)
    config = read_aac(decoder_setup)
    packets = read_packets(stbl, size_bytes)
    if len(packets) == 0:
        raise CorruptFile("it holds no samples.")
    total = read_sample_count(stbl, len(packets), config.packet_samples)
    timeline = read_timeline(movie, trak, media, config, total)
    return SoundTrack(config=config, packets=packets, timeline=timeline, decoder_setup=decoder_setup)


def _find_moov(file: BinaryIO, size_bytes: int) -> Box:
    moov = None
    for box in walk(file, 0, size_bytes):
        if box.name == b"moof":
            raise NotCopyable("It is a fragmented MP4 file.")
        if box.name == b"moov" and moov is None:
            moov = box
    if moov is None or moov.end > size_bytes:
        raise CorruptFile("the index of its sound is missing.")
    return moov


def _first_sound(file: BinaryIO, movie: Boxes) -> Box:
    for trak in movie.all(b"trak"):
        handler = Boxes(file, trak).read_any(b"mdia", b"hdlr")
        if handler is not None and handler[8:12] == b"soun":
            return trak
    raise CorruptFile("it holds no audio.")


def _check_is_inside(media: Boxes) -> None:
    """The one data reference must say that the data lies in the same file."""
    reference = media.read_any(b"minf", b"dinf", b"dref")
    if reference is not None and (len(reference) < 20 or reference[7] != 1 or not reference[19] & 1):
        raise NotCopyable("Its sound lies in another file.")


def _read_entry(file: BinaryIO, stbl: Boxes) -> bytes:
    """The body of the decoder's set-up box, behind version and flags."""
    stsd = stbl.need(b"stsd")
    if stsd.size_bytes > _MAX_ENTRY_BYTES:
        raise DamagedTables
    if stbl.read(b"stsd")[4:8] != b"\0\0\0\1":
        raise NotCopyable("Its sound changes its kind on the way.")
    entries = Boxes(file, stsd, skipped_bytes=8)
    _refuse_other_kinds(entries)
    skipped_bytes = _ENTRY_BYTES.get(entries.read(b"mp4a")[8:10])
    if skipped_bytes is None:
        raise NotCopyable("Its sound is described in a rare way.")
    boxes = entries.inside(b"mp4a", skipped_bytes=skipped_bytes)
    if boxes.find(b"sinf"):
        raise NotCopyable("It is encrypted.")
    setup = boxes.read_any(b"esds")
    return (setup if setup is not None else boxes.read(b"wave", b"esds"))[4:]


def _refuse_other_kinds(entries: Boxes) -> None:
    if entries.find(b"alac"):
        raise NotCopyable("Its sound is ALAC, which loses nothing when it is encoded anew.")
    if entries.find(b"enca") or entries.find(b"drms"):
        raise NotCopyable("It is encrypted.")
    if not entries.find(b"mp4a"):
        raise NotCopyable("Its sound is not AAC.")
