"""The comment header of a segment (Vorbis I, section 5; RFC 7845, section 5.2): who encoded it, no tags."""

_MAX_VENDOR_BYTES = 1024
#: As much of a source's comment header as is needed to keep its vendor.
COMMENT_HEAD_BYTES = 64 + _MAX_VENDOR_BYTES


def bare_comments(head: bytes, magic: bytes) -> bytes:
    """`magic`, the vendor and an empty list; `head` is the beginning of the source's own comment header."""
    vendor = _vendor(head, len(magic)) if head.startswith(magic) else b""
    return magic + len(vendor).to_bytes(4, "little") + vendor + bytes(4)


def _vendor(head: bytes, at: int) -> bytes:
    size = int.from_bytes(head[at : at + 4], "little")
    vendor = head[at + 4 : at + 4 + size]
    return vendor if len(vendor) == size <= _MAX_VENDOR_BYTES else b""
