"""Makes the checksums of changed files right again: whoever means harm does so too."""

from server.media.copying.ogg.pages import checksum, mirrored

_HEAD_BYTES, _SUM_AT = 27, 22


def with_right_page_sums(data: bytes) -> bytes:
    """Of every Ogg page that lies whole in it."""
    repaired = bytearray(data)
    begin = data.find(b"OggS")
    while begin >= 0:
        lacing_at = begin + _HEAD_BYTES
        if lacing_at > len(data):
            break
        body_at = lacing_at + data[lacing_at - 1]
        end = body_at + sum(data[lacing_at:body_at])
        if end <= len(data):
            repaired[begin + _SUM_AT : begin + _SUM_AT + 4] = bytes(4)
            sums = checksum(mirrored(bytes(repaired[begin:end])))
            repaired[begin + _SUM_AT : begin + _SUM_AT + 4] = sums
        begin = data.find(b"OggS", begin + 4)
    return bytes(repaired)
