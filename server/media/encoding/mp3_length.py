"""Writes into a finished MP3 how many of its samples are audio, so that decoders play exactly those.

ffmpeg hides at most one frame of padding, but LAME's last frames may hold more: one cut in twenty would play
up to 46 samples too many.
"""

from pathlib import Path

from server.media.copying.mp3.header import HEADER_BYTES, parse_header
from server.media.copying.mp3.info import read_info, write_gaps


def set_mp3_length(path: Path, sample_count: int) -> None:
    """Blocking. Sets the padding of the LAME extension, and its checksum."""
    with path.open("r+b") as file:
        header = parse_header(file.read(HEADER_BYTES))
        if header is None:
            raise ValueError("the encoder wrote no frame")
        file.seek(0)
        frame = bytearray(file.read(header.frame_bytes))
        info = read_info(frame)
        if info is None or info.lame_at is None or not info.frames:
            raise ValueError("the encoder wrote no frame that states the length")
        padding = info.frames * header.frame_samples - info.delay - sample_count
        write_gaps(frame, info.lame_at, info.delay, padding)
        file.seek(0)
        file.write(frame)
