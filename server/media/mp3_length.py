"""Writes into a finished MP3 how many of its samples are audio, so that decoders play exactly those.

ffmpeg hides at most one frame of padding, but LAME's last frames may hold more: one cut in twenty would play
up to 46 samples too many.
"""

from pathlib import Path

from server.media.sniff import mpeg_frame_bytes


def set_mp3_length(path: Path, sample_count: int) -> None:
    """Blocking. Sets the padding of the LAME extension, and its checksum."""
    with path.open("r+b") as file:
        head = bytearray(file.read(4))
        head += file.read(mpeg_frame_bytes(bytes(head)) - 4)
        is_mpeg1, is_mono = head[1] >> 3 & 3 == 3, head[3] >> 6 == 3
        at = 4 + ((17 if is_mono else 32) if is_mpeg1 else (9 if is_mono else 17))
        if bytes(head[at : at + 4]) not in (b"Xing", b"Info") or head[at + 7] != 0x0F:
            raise ValueError("the encoder wrote no frame that states the length")
        frames = int.from_bytes(head[at + 8 : at + 12], "big")
        gaps_at = at + 8 + 4 + 4 + 100 + 4 + 21
        delay = int.from_bytes(head[gaps_at : gaps_at + 3], "big") >> 12
        padding = frames * (1152 if is_mpeg1 else 576) - delay - sample_count
        if not 0 <= padding < 4096:
            raise ValueError("the encoder wrote more or fewer frames than expected")
        head[gaps_at : gaps_at + 3] = (delay << 12 | padding).to_bytes(3, "big")
        checksum_at = gaps_at + 3 + 10
        head[checksum_at : checksum_at + 2] = _crc16(bytes(head[:checksum_at])).to_bytes(2, "big")
        file.seek(0)
        file.write(head)


def _crc16(data: bytes) -> int:
    """CRC-16/ARC."""
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xA001 if crc & 1 else 0)
    return crc
