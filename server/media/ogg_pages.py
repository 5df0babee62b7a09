"""The first and the last page of an Ogg file, which tell whether it is whole and about how long it is."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_WINDOW_BYTES = 128 * 1024  # twice what a page can be at most


@dataclass(frozen=True, slots=True)
class Page:
    """`granule` counts the samples up to the end of this page, from wherever the stream started counting."""

    granule: int
    serial: int
    is_last: bool


def first_and_last_page(path: Path) -> tuple[Page | None, Page | None]:
    """The first page with samples, and the one that ends the last stream. Blocking, reads two windows."""
    with path.open("rb") as file:
        head = file.read(_WINDOW_BYTES)
        size = file.seek(0, 2)
        file.seek(max(0, size - _WINDOW_BYTES))
        tail = file.read()
    first = next((page for page in _pages(head) if page.granule > 0), None)
    last = [page for page in _pages(tail) if page.is_last]
    return first, last[-1] if last else None


def _pages(window: bytes) -> Iterator[Page]:
    """Those that lie whole in the window."""
    at = window.find(b"OggS")
    while at >= 0:
        lacing_end = at + 27 + window[at + 26] if at + 27 <= len(window) else len(window) + 1
        end = lacing_end + sum(window[at + 27 : lacing_end])
        if end <= len(window):
            granule = int.from_bytes(window[at + 6 : at + 14], "little", signed=True)
            serial = int.from_bytes(window[at + 14 : at + 18], "little")
            yield Page(granule, serial, bool(window[at + 5] & 4))
        at = window.find(b"OggS", at + 4)
