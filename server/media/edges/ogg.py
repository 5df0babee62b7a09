"""Where the last page of an Ogg file begins to sound: readers that enter there make up its time stamps."""

from pathlib import Path

_MAX_PAGE_BYTES = 27 + 255 + 255 * 255


def last_page_start(path: Path) -> int:
    """The granule of the last page but one that has any; 0 if there is none among the last few."""
    size_bytes = path.stat().st_size
    with path.open("rb") as file:
        file.seek(max(0, size_bytes - 4 * _MAX_PAGE_BYTES))
        data = file.read()
    at = data.find(b"OggS")
    while at >= 0:
        if granules := _granules_to_the_end(data, at):
            return granules[-2] if len(granules) > 1 else 0
        at = data.find(b"OggS", at + 1)
    return 0


def _granules_to_the_end(data: bytes, at: int) -> list[int]:
    """Of pages that lead from here to the last byte; none if they don't: sound may look like a page."""
    granules = []
    while data.startswith(b"OggS\0", at) and at + 27 <= len(data):
        granule = int.from_bytes(data[at + 6 : at + 14], "little", signed=True)
        body = at + 27 + data[at + 26]
        at = body + sum(data[at + 27 : body])
        if granule >= 0:
            granules.append(granule)
    return granules if at == len(data) else []
