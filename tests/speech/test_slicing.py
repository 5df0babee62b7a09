"""What is said in the parts of a cut recording: every word once, in the part that holds its middle."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from server.speech.slicing import Part, sliced
from server.speech.transcript import Transcript, Word
from server.speech.transcript_normal import normalised

RATES = st.sampled_from([8_000, 11_025, 16_000, 44_100, 48_000])


def said(text: str, start_ms: int, end_ms: int, channel: str | None = None) -> Word:
    return Word(text, start_ms, end_ms, 1.0, "en", channel=channel)


def texts(transcript: Transcript) -> list[str]:
    return [word.text for word in transcript.words]


@st.composite
def cut_recordings(draw: st.DrawFn) -> tuple[Transcript, list[Part], int]:
    rate = draw(RATES)
    samples = draw(st.integers(1, 60 * rate))
    cuts = draw(st.sets(st.integers(1, max(1, samples - 1)), max_size=8)) - {samples}
    edges = [0, *sorted(cuts), samples]
    overlaps = [0, *(draw(st.integers(0, start)) for start in edges[1:-1])]
    parts = [Part(a, b - a, overlap) for (a, b), overlap in zip(pairwise(edges), overlaps, strict=True)]
    duration_ms = samples * 1000 // rate
    times = st.lists(st.integers(0, duration_ms), min_size=2, max_size=2).map(sorted)
    found = draw(st.lists(st.tuples(times, st.sampled_from([None, "channel_1", "channel_2"])), max_size=30))
    words = [
        said(f"w{number}", start_ms, end_ms, channel)
        for number, ((start_ms, end_ms), channel) in enumerate(found)
    ]
    words.sort(key=lambda word: word.start_ms)
    return normalised(words, language="en", duration_ms=duration_ms), parts, rate


@given(cut_recordings())
def test_every_word_is_in_exactly_one_part_and_inside_its_file(
    made: tuple[Transcript, list[Part], int],
) -> None:
    whole, parts, rate = made

    slices = sliced(whole, parts, rate)  # a transcript whose times leave the file cannot be made

    assert sorted(text for each in slices for text in texts(each)) == sorted(texts(whole))
    for part, each in zip(parts, slices, strict=True):
        assert each.duration_ms == (part.overlap_samples + part.sample_count) * 1000 // rate


@given(cut_recordings())
def test_a_word_is_where_its_middle_is(made: tuple[Transcript, list[Part], int]) -> None:
    whole, parts, rate = made
    ends = {word.text: word.start_ms + word.end_ms for word in whole.words}

    for part, each in zip(parts, sliced(whole, parts, rate), strict=True):
        for text in texts(each):
            middle = ends[text] * rate  # in halves of a sample and thousandths of a second
            assert 2000 * part.first_sample <= middle or part.first_sample == 0
            is_last = part is parts[-1]
            assert middle < 2000 * (part.first_sample + part.sample_count) or is_last


@given(cut_recordings())
def test_words_move_with_their_file_and_are_cut_off_at_its_ends(
    made: tuple[Transcript, list[Part], int],
) -> None:
    whole, parts, rate = made
    before = {word.text: word for word in whole.words}

    for part, each in zip(parts, sliced(whole, parts, rate), strict=True):
        begins_ms = (part.first_sample - part.overlap_samples) * 1000 // rate
        for word in each.words:
            start_ms, end_ms = before[word.text].start_ms - begins_ms, before[word.text].end_ms - begins_ms
            assert word.start_ms == min(max(0, start_ms), each.duration_ms)
            assert word.end_ms == min(max(0, end_ms), each.duration_ms)


def test_an_overlap_is_before_the_words_of_its_part() -> None:
    whole = Transcript((said("one", 100, 400), said("two", 900, 1200), said("three", 1900, 2000)), "en", 2000)

    first, second = sliced(whole, [Part(0, 8000), Part(8000, 8000, overlap_samples=4000)], 8000)

    assert [(word.text, word.start_ms, word.end_ms) for word in first.words] == [("one", 100, 400)]
    assert [(word.text, word.start_ms, word.end_ms) for word in second.words] == [
        ("two", 400, 700),
        ("three", 1400, 1500),
    ]


def test_a_word_across_a_cut_is_cut_off_where_its_file_begins() -> None:
    whole = Transcript((said("across", 800, 1300),), "en", 2000)

    first, second = sliced(whole, [Part(0, 8000), Part(8000, 8000)], 8000)

    assert first.words == ()
    assert [(word.start_ms, word.end_ms) for word in second.words] == [(0, 300)]


def test_nothing_said_is_nothing_in_every_part() -> None:
    slices = sliced(Transcript((), "en", 2000), [Part(0, 1), Part(1, 15_999)], 8000)

    assert [(each.words, each.duration_ms) for each in slices] == [((), 0), ((), 1999)]
