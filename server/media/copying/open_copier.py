"""The copier of each format."""

from collections.abc import Callable, Mapping
from pathlib import Path

from server.media.copying.adts.cut import open_adts
from server.media.copying.copier import Copier
from server.media.copying.flac.cut import open_flac
from server.media.copying.flac.decode import FrameDecoder, decode_here
from server.media.copying.mp3.cut import open_mp3
from server.media.copying.mp4.cut import open_m4a
from server.media.copying.ogg.opus_cut import open_opus
from server.media.copying.ogg.vorbis_cut import open_vorbis
from server.media.copying.wav_cut import open_wav
from zerokerf.formats import Format

_OPENERS: Mapping[Format, Callable[[Path], Copier]] = {
    Format.MP3: open_mp3,
    Format.WAV: open_wav,
    Format.OGG: open_vorbis,
    Format.AAC: open_adts,
    Format.OPUS: open_opus,
    Format.M4A: open_m4a,
}


def open_copier(kind: Format, path: Path, decode: FrameDecoder = decode_here) -> Copier:
    """Index a file of this format. Blocks. Raises NotCopyable or CorruptFile.

    `decode` is for the FLAC frames in which cuts lie. To write segments of a stranger's file, have them
    decoded in a limited process.
    """
    return open_flac(path, decode) if kind is Format.FLAC else _OPENERS[kind](path)
