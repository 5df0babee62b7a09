"""Reads an Ogg file once, from its first page to its last, and indexes the packets of its stream."""

from array import array
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from server.media.copying.copier import NotCopyable
from server.media.copying.ogg.packets import OggPackets, PageMark
from server.media.copying.ogg.pages import Page, PageWindow, read_pages
from zerokerf.errors import CorruptFile

# 110 hours of packets of 20 ms; a hostile file can hold a hundred million empty ones in 100 MB.
_MAX_PACKETS = 20_000_000


def index_packets(path: Path, header_count: int) -> OggPackets:
    """The whole stream, of which the first `header_count` packets are no audio. Memory: 14 bytes a packet.

    Raises NotCopyable if there is more than one stream, CorruptFile if there is no page.
    """
    scan = _Scan(header_count)
    with path.open("rb", buffering=0) as file:
        for window in read_pages(file.fileno()):
            scan.add(window)
    return scan.result(path)


class _Begun(NamedTuple):
    """A packet whose end is in a later window."""

    start: int
    first_byte: int
    second_byte: int


class _Scan:
    """The growing index. Pages come in runs: pages of one window that follow each other without a loss."""

    def __init__(self, header_count: int) -> None:
        self._header_count = header_count
        self._starts, self._sizes = array("q"), array("I")
        self._first_bytes, self._second_bytes = bytearray(), bytearray()
        self._page_starts, self._page_bodies = array("q"), array("q")
        self._stream_bytes = 0
        self._previous: Page | None = None
        self._is_open = False  # whether the previous page ends within a packet
        self._begun: _Begun | None = None
        self._marks: list[PageMark] = []  # the first, and the last two
        self._resyncs = 0

    def add(self, window: PageWindow) -> None:
        run: list[Page] = []
        for page in window.pages:
            if self._is_loss_before(page):
                self._add_run(window, run)
                run, self._begun = [], None
            run.append(page)
            self._previous = page
            self._is_open = page.lacing[-1] == 255 if page.lacing else self._is_open
        self._add_run(window, run)
        if len(self._starts) > _MAX_PACKETS:
            raise NotCopyable("It holds more packets than can be indexed.")

    def result(self, path: Path) -> OggPackets:
        if self._previous is None:
            raise CorruptFile("no page of its Ogg stream is whole.")
        if len(self._starts) < self._header_count:
            raise NotCopyable("Its headers are not whole.")
        marks, audio = self._marks, slice(self._header_count, None)
        headers = zip(self._starts[: audio.start], self._sizes[: audio.start], strict=True)
        return OggPackets(
            path=path,
            serial=self._previous.serial,
            headers=[(start, start + size) for start, size in headers],
            starts=np.frombuffer(self._starts, np.int64)[audio],
            sizes=np.frombuffer(self._sizes, np.uint32)[audio],
            first_bytes=np.frombuffer(self._first_bytes, np.uint8)[audio],
            second_bytes=np.frombuffer(self._second_bytes, np.uint8)[audio],
            page_starts=np.frombuffer(self._page_starts, np.int64),
            page_bodies=np.frombuffer(self._page_bodies, np.int64),
            first_mark=marks[0] if marks else None,
            previous_mark=marks[-2] if len(marks) > 1 else None,
            last_mark=marks[-1] if marks else None,
            resyncs=self._resyncs,
            has_end=self._previous.is_last,
        )

    def _is_loss_before(self, page: Page) -> bool:
        previous = self._previous
        if previous is None:
            if not page.is_first or page.is_continued:
                raise NotCopyable("Its beginning is missing.")
            return False
        if page.is_first or page.serial != previous.serial or previous.is_last:
            raise NotCopyable("It holds more than one stream.")
        is_next = page.sequence == (previous.sequence + 1) & 0xFFFFFFFF
        is_fitting = is_next and page.is_continued == self._is_open
        if not is_fitting or page.is_after_junk:
            self._resyncs += 1
        return not is_fitting

    def _add_run(self, window: PageWindow, run: list[Page]) -> None:
        if not run:
            return
        lacing = np.frombuffer(b"".join(page.lacing for page in run), np.uint8)
        counts = np.array([len(page.lacing) for page in run])
        stops = np.cumsum(lacing, dtype=np.int64)  # of each lacing value, along the run
        page_stops = np.concatenate(([0], stops))[np.cumsum(counts)]
        page_starts = np.concatenate(([0], page_stops[:-1]))
        bodies = np.array([page.body_at for page in run], np.int64)
        in_window = np.repeat(bodies - window.at - page_starts, counts) + stops - lacing
        if len(lacing):
            self._add_packets(window, run, lacing, stops, in_window)
        self._page_starts.frombytes((page_starts + self._stream_bytes).tobytes())
        self._page_bodies.frombytes(bodies.tobytes())
        self._stream_bytes += int(page_stops[-1])

    def _add_packets(
        self,
        window: PageWindow,
        run: list[Page],
        lacing: NDArray[np.uint8],
        stops: NDArray[np.int64],
        in_window: NDArray[np.int64],
    ) -> None:
        data = np.frombuffer(window.data, np.uint8)
        last = np.flatnonzero(lacing < 255)  # the lacing value that ends a packet, and the one that begins it
        first = np.concatenate(([0], last + 1))[: len(last) + int(lacing[-1] == 255)]
        starts = stops[first] - lacing[first] + self._stream_bytes
        first_bytes = data.take(in_window[first], mode="clip")
        second_bytes = data.take(in_window[first] + 1, mode="clip")
        is_headless = run[0].is_continued and self._begun is None
        if run[0].is_continued and self._begun:
            starts[0], first_bytes[0], second_bytes[0] = self._begun
        whole = slice(int(is_headless), len(last))
        self._add_marks(run, last[whole])
        self._starts.frombytes(starts[whole].tobytes())
        sizes = stops[last[whole]] + self._stream_bytes - starts[whole]
        self._sizes.frombytes(sizes.astype(np.uint32).tobytes())
        self._first_bytes += first_bytes[whole].tobytes()
        self._second_bytes += second_bytes[whole].tobytes()
        self._begun = None
        if len(first) > len(last) and not (is_headless and not len(last)):
            self._begun = _Begun(int(starts[-1]), int(first_bytes[-1]), int(second_bytes[-1]))

    def _add_marks(self, run: list[Page], last: NDArray[np.int64]) -> None:
        """`last` are the lacing values that end a whole packet, counted along the run."""
        page_of = np.searchsorted(np.cumsum([len(page.lacing) for page in run]), last, "right")
        ended = np.bincount(page_of, minlength=len(run))
        totals = len(self._starts) - self._header_count + np.cumsum(ended)
        rows = np.flatnonzero((ended > 0) & (totals > 0)).tolist()
        marks = [
            PageMark(run[row].granule, int(totals[row]), run[row].is_last)
            for row in dict.fromkeys([*rows[:1], *rows[-2:]])
        ]
        self._marks = _first_and_last_two(self._marks + marks)


def _first_and_last_two(marks: list[PageMark]) -> list[PageMark]:
    return marks if len(marks) <= 3 else [marks[0], *marks[-2:]]
