"""Which chapters a segment gets, on its own time line."""

from hypothesis import given
from hypothesis import strategies as st

from server.media.chapters.read import Chapter
from server.media.chapters.within import MAX_WITHIN, chapters_within, in_order

S = 1_000_000_000
BOOK = (Chapter(0, 10 * S, "One"), Chapter(10 * S, 20 * S, "Two"), Chapter(20 * S, 30 * S, "Three"))


def test_chapters_are_clipped_and_shifted() -> None:
    assert chapters_within(BOOK, 5 * S, 25 * S, None) == (
        Chapter(0, 5 * S, "One"),
        Chapter(5 * S, 15 * S, "Two"),
        Chapter(15 * S, 20 * S, "Three"),
    )


def test_a_part_of_one_chapter_names_it() -> None:
    assert chapters_within(BOOK, 12 * S, 15 * S, None) == (Chapter(0, 3 * S, "Two"),)


def test_a_segment_with_the_title_of_its_only_chapter_needs_none() -> None:
    assert chapters_within(BOOK, 10 * S, 20 * S, "Two") == ()
    assert chapters_within(BOOK, 10 * S - 1000, 20 * S + 1000, "Two") == ()
    assert chapters_within((Chapter(0, S, None),), 0, S, None) == ()


def test_what_a_cut_leaves_of_a_neighbour_is_no_chapter() -> None:
    assert chapters_within(BOOK, 10 * S - 20_000_000, 20 * S, None) == (
        Chapter(20_000_000, 10 * S + 20_000_000, "Two"),
    )


def test_an_overlap_shows_the_chapter_before() -> None:
    pieces = chapters_within(BOOK, 9 * S, 20 * S, "Two")

    assert [piece.title for piece in pieces] == ["One", "Two"]


def test_the_last_chapter_lasts_as_long_as_the_segment() -> None:
    assert chapters_within((Chapter(5 * S, 5 * S, "A"),), 0, 20 * S, None) == (Chapter(5 * S, 20 * S, "A"),)


def test_there_are_none_before_the_first_and_none_without_any() -> None:
    assert chapters_within((Chapter(5 * S, 9 * S, "A"),), 0, 5 * S, None) == ()
    assert chapters_within((), 0, 5 * S, None) == ()


def test_chapters_in_disorder_are_put_in_order() -> None:
    told = [Chapter(20, 25, "c"), Chapter(0, 99, "a"), Chapter(10, 10, "lost"), Chapter(10, 5, "b")]

    assert in_order(told) == (Chapter(0, 10, "a"), Chapter(10, 20, "b"), Chapter(20, 25, "c"))
    assert in_order([]) == ()


times = st.integers(0, 400 * S)


@given(st.lists(st.tuples(times, times), max_size=400), times, st.integers(1, 400 * S))
def test_chapters_of_a_segment_rise_and_lie_within_it(
    spans: list[tuple[int, int]], start_ns: int, length_ns: int
) -> None:
    told = in_order([Chapter(*span, str(at)) for at, span in enumerate(spans)])

    pieces = chapters_within(told, start_ns, start_ns + length_ns, None)

    assert len(pieces) <= MAX_WITHIN
    bounds = [bound for piece in pieces for bound in (piece.start_ns, piece.end_ns)]
    assert bounds == sorted(bounds)
    assert not bounds or (bounds[0] >= 0 and bounds[-1] <= length_ns)
