"""What a container itself promises about its length, and whether the file is visibly cut short."""

from dataclasses import dataclass
from pathlib import Path

from server.media.ogg_pages import first_and_last_page
from server.media.sniff import adts_frame_bytes, id3_bytes, mpeg_frame_bytes
from server.media.wav import WavHeader, WavHeaderError, read_header
from zerokerf.errors import CorruptFile

_WINDOW_BYTES = 64 * 1024
_TRUNCATED = "it is cut short"


@dataclass(frozen=True, slots=True)
class Claims:
    """Nothing is known where a field is None."""

    samples: int | None = None
    bits_per_sample: int | None = None
    wav: WavHeader | None = None


def read_claims(path: Path, demuxer: str) -> Claims:
    """Blocking. Raises CorruptFile when the file visibly ends too early."""
    if demuxer in ("wav", "w64"):
        return _wav_claims(path)
    if demuxer == "aac":
        _check_adts(path)
    if demuxer == "ogg":
        return _ogg_claims(path)
    if demuxer in ("flac", "mp3"):
        with path.open("rb") as file:
            file.seek(id3_bytes(file.read(10)))
            head = file.read(_WINDOW_BYTES)
        return _flac_claims(head) if demuxer == "flac" else _mp3_claims(head)
    return Claims()


def _wav_claims(path: Path) -> Claims:
    try:
        header = read_header(path)
    except WavHeaderError as error:
        raise CorruptFile("its header is damaged or incomplete.") from error
    claimed = header.claimed_samples
    if header.found_samples < claimed:
        raise CorruptFile(
            f"{_TRUNCATED}: {claimed} samples are announced, {header.found_samples} are there.",
            expectedSamples=claimed,
            foundSamples=header.found_samples,
        )
    return Claims(wav=header)


def _flac_claims(head: bytes) -> Claims:
    if head[:4] != b"fLaC" or len(head) < 26:
        return Claims()
    packed = int.from_bytes(head[18:26], "big")
    return Claims(packed & (1 << 36) - 1 or None, (packed >> 36 & 31) + 1)


def _mp3_claims(head: bytes) -> Claims:
    """By the Xing or Info frame, less the delay and padding of a LAME extension."""
    if not mpeg_frame_bytes(head[:4]):
        return Claims()
    is_mpeg1, is_mono = head[1] >> 3 & 3 == 3, head[3] >> 6 == 3
    side_bytes = (17 if is_mono else 32) if is_mpeg1 else (9 if is_mono else 17)
    at = 4 + side_bytes
    if head[at : at + 4] not in (b"Xing", b"Info"):
        return Claims()
    flags = int.from_bytes(head[at + 4 : at + 8], "big")
    if not flags & 1:
        return Claims()
    samples = int.from_bytes(head[at + 8 : at + 12], "big") * (1152 if is_mpeg1 else 576)
    lame = at + 8 + 4 + 4 * (flags >> 1 & 1) + 100 * (flags >> 2 & 1) + 4 * (flags >> 3 & 1)
    if head[lame : lame + 4] in (b"LAME", b"Lavf", b"Lavc"):
        gap = int.from_bytes(head[lame + 21 : lame + 24], "big")
        samples -= (gap >> 12) + (gap & 0xFFF)
    return Claims(max(0, samples))


def _ogg_claims(path: Path) -> Claims:
    """At least what lies between the first page and the last; a recording of a broadcast starts anywhere."""
    first, last = first_and_last_page(path)
    if last is None:
        raise CorruptFile(f"{_TRUNCATED}: the page that ends an Ogg stream is missing.")
    if first is None or first.serial != last.serial or last.granule <= first.granule:
        return Claims()
    return Claims(last.granule - first.granule)


def _check_adts(path: Path) -> None:
    """Follows the frames from start to end; the last one must be whole."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(0)
        position = id3_bytes(file.read(10))
        window, start = b"", 0
        while position < size:
            if position + 6 > start + len(window):
                start = position
                file.seek(start)
                window = file.read(1 << 20)
            frame = adts_frame_bytes(window[position - start : position - start + 6])
            if not frame:
                return  # a tag or a flaw: the decoder decides what it is worth
            position += frame
    if position > size:
        raise CorruptFile(f"{_TRUNCATED}: its last frame is not whole.")
