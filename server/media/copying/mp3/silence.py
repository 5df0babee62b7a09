"""A silent frame that leaves nothing in the bit reservoir: what follows decodes as if it came first."""

from server.media.copying.mp3.header import HEADER_BYTES, Mp3Header, shortest_header

_CODE_BITS = 4  # four zeros in the second of the tables for small values: all ones


def silent_frame(like: Mp3Header) -> bytes:
    """The shortest of the same kind."""
    header = shortest_header(like, 0)
    data = b"\xff" * silent_data_bytes(like)
    return header.raw + _side_information(header, len(data) * 8) + data


def silent_data_bytes(like: Mp3Header) -> int:
    """How much such a frame holds, all of which it uses up. Decoders that count bytes and not bits find that
    much before the frame after it."""
    header = shortest_header(like, 0)
    return header.frame_bytes - HEADER_BYTES - header.side_bytes


def _side_information(header: Mp3Header, data_bits: int) -> bytes:
    """Every granule of every channel takes its share of the data and decodes it to zeros."""
    lengths = _shares(data_bits, (2 if header.is_mpeg1 else 1) * header.channels)
    zeros = "0" * (46 if header.is_mpeg1 else 50)
    bits = "".join(f"{length:012b}{zeros}1" for length in lengths)
    return int(bits, 2).to_bytes(header.side_bytes, "big")


def _shares(bits: int, count: int) -> list[int]:
    each = bits // count // _CODE_BITS * _CODE_BITS
    return [bits - each * (count - 1), *[each] * (count - 1)]
