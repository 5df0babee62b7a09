"""Which chapters a part of a recording holds, on its own time line. Pure."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from server.media.chapters.read import Chapter

#: More than this neither the lists of MP4 nor the tables of contents of ID3 can count.
MAX_WITHIN = 255
_LEAST_NS = 100_000_000  # what a cut on a grid leaves of a neighbour is no chapter


def in_order(chapters: Sequence[Chapter]) -> tuple[Chapter, ...]:
    """Rising, each until the next one starts, whatever it says itself. Of those that start together the last
    one is kept."""
    starts = {chapter.start_ns: chapter for chapter in sorted(chapters, key=lambda each: each.start_ns)}
    rising = list(starts.values())
    ended = [replace(chapter, end_ns=after.start_ns) for chapter, after in pairwise(rising)]
    return (*ended, *rising[-1:])


def chapters_within(
    chapters: Sequence[Chapter], start_ns: int, end_ns: int, title: str | None
) -> tuple[Chapter, ...]:
    """At most MAX_WITHIN of chapters in order, clipped to a range and counted from its start.

    None where they would say no more than the `title` of the range does.
    """
    found = [piece for piece in _clipped(chapters, start_ns, end_ns) if _is_long(piece)][:MAX_WITHIN]
    length_ns = end_ns - start_ns
    if len(found) == 1 and found[0].title == title and _is_all(found[0], length_ns):
        return ()
    return tuple(found)


def _clipped(chapters: Sequence[Chapter], start_ns: int, end_ns: int) -> Iterator[Chapter]:
    """The last chapter ends with the range: what it says of its end may be anything."""
    first = max(0, bisect_right(chapters, start_ns, key=lambda each: each.start_ns) - 1)
    after = bisect_left(chapters, end_ns, key=lambda each: each.start_ns)
    for index in range(first, after):
        chapter = chapters[index]
        stop = end_ns if index + 1 == len(chapters) else min(end_ns, chapter.end_ns)
        yield replace(chapter, start_ns=max(0, chapter.start_ns - start_ns), end_ns=stop - start_ns)


def _is_long(chapter: Chapter) -> bool:
    return chapter.end_ns - chapter.start_ns >= _LEAST_NS


def _is_all(chapter: Chapter, length_ns: int) -> bool:
    return chapter.start_ns < _LEAST_NS and length_ns - chapter.end_ns < _LEAST_NS
