"""Chunks and their stitching, without any sound."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.speech.chunks import HeardChunk, plan_chunks, stitch
from server.speech.heard_json import from_json, to_json
from server.speech.transcript_tokens import Heard
from server.speech.windows import Window

_SECOND = 16_000


def windows(count: int) -> list[Window]:
    return [Window(index * 30 * _SECOND + 100, (index * 30 + 25) * _SECOND) for index in range(count)]


def heard(index: int, text: str, start_ms: int, *, channel: str | None = None) -> HeardChunk:
    pieces = tuple(
        Heard(f" {word}", start_ms + 300 * at, start_ms + 300 * at + 250, 0.9)
        for at, word in enumerate(text.split())
    )
    return HeardChunk(index, (pieces,), channel)


@given(st.integers(0, 300))
def test_chunks_lie_side_by_side_and_hold_every_window_once(count: int) -> None:
    sample_count = count * 30 * _SECOND + 5
    chunks = plan_chunks(windows(count), sample_count)

    assert [chunk.index for chunk in chunks] == list(range(len(chunks)))
    assert [window for chunk in chunks for window in chunk.windows] == windows(count)
    assert all(chunk.windows for chunk in chunks)
    if chunks:
        edges = [chunk.first_sample for chunk in chunks] + [sample_count]
        assert edges[0] == 0
        assert edges[1:] == [chunk.end_sample for chunk in chunks]
        sizes = [len(chunk.windows) for chunk in chunks]
        assert max(sizes) - min(sizes) <= 1


def test_silence_has_no_chunks() -> None:
    assert plan_chunks([], 3600 * _SECOND) == []


def test_a_recording_of_some_minutes_has_work_for_every_worker() -> None:
    assert len(plan_chunks(windows(10), 300 * _SECOND)) == 3
    assert len(plan_chunks(windows(60), 1800 * _SECOND)) == 12
    assert len(plan_chunks(windows(1000), 30_000 * _SECOND)) == 125


def test_chunks_are_stitched_in_the_order_of_the_source() -> None:
    chunks = [heard(2, "after that.", 9000), heard(0, "First this,", 500), heard(1, "then this", 4000)]

    transcript = stitch(chunks, language="en", duration_ms=10_000)

    assert [word.text for word in transcript.words] == ["First", "this", "then", "this", "after", "that"]
    assert [word.start_ms for word in transcript.words] == [500, 800, 4000, 4300, 9000, 9300]


def test_no_word_is_lost_that_two_chunks_share() -> None:
    chunks = [heard(0, "very", 500), heard(1, "very good", 800)]

    transcript = stitch(chunks, language="en", duration_ms=10_000)

    assert [word.text for word in transcript.words] == ["very", "very", "good"]


def test_a_word_that_leaves_the_audio_is_brought_back() -> None:
    transcript = stitch([heard(0, "the end", 9900)], language="en", duration_ms=10_000)

    assert [(word.start_ms, word.end_ms) for word in transcript.words] == [(9900, 10_000), (10_000, 10_000)]


def test_a_chunk_that_is_there_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="once"):
        stitch([heard(0, "twice", 500), heard(0, "twice", 500)], language="en", duration_ms=10_000)


def test_channels_are_stitched_beside_each_other_and_keep_their_names() -> None:
    chunks = [
        heard(0, "hello there", 1000, channel="channel_1"),
        heard(0, "hi", 1100, channel="channel_2"),
        heard(1, "bye", 5000, channel="channel_1"),
    ]

    transcript = stitch(chunks, language="en", duration_ms=10_000)

    assert [(word.text, word.channel) for word in transcript.words] == [
        ("hello", "channel_1"),
        ("hi", "channel_2"),
        ("there", "channel_1"),
        ("bye", "channel_1"),
    ]


def test_no_chunks_are_an_empty_transcript() -> None:
    assert stitch([], language="en", duration_ms=10_000).words == ()


def test_what_was_heard_comes_back_from_its_file() -> None:
    chunk = HeardChunk(
        3, ((Heard(" naïve—", 10, 20, 0.1234),), (), (Heard("你好", 30, 40, 1.0),)), "channel_2"
    )

    assert from_json(to_json(chunk)) == chunk
    assert to_json(from_json(to_json(chunk))) == to_json(chunk)
