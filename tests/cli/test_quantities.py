"""Durations and sizes as people write them."""

from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zerokerf.cli.quantities import format_duration, format_size, parse_duration, parse_rate, parse_size

MIB = 2**20


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("600", 600),
        ("0.5", 0.5),
        ("90s", 90),
        ("10m", 600),
        ("10M", 600),
        (" 10 min ", 600),
        ("1 minute", 60),
        ("2h", 7200),
        ("2 hours", 7200),
        ("1hr", 3600),
        ("1h30m", 5400),
        ("1h 30m 15s", 5415),
        ("1h15s", 3615),
        ("90m", 5400),
        ("1.5h", 5400),
        ("250ms", 0.25),
        ("1s250ms", 1.25),
        ("1m250ms", 60.25),
        ("2 seconds", 2),
        ("2secs", 2),
        ("1:30:00", 5400),
        ("10:00", 600),
        ("90:00", 5400),
        ("0:00.5", 0.5),
        ("100:00:00", 360_000),
    ],
)
def test_durations_mean_what_they_say(text: str, seconds: float) -> None:
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "ten",
        "m",
        "-1s",
        "+1s",
        "1e3",
        "10x",
        "1m1h",
        "1h1h",
        "1:60",
        "1:60:00",
        "1:2:00",
        "1:00:60",
        ":30",
        "1:",
        "1::00",
        "0",
        "0s",
        "0:00",
        "0.0000001s",
        "\N{ARABIC-INDIC DIGIT ONE}s",
        "10,5s",
        "inf",
        "nan",
        "1/2",
        "1_000",
        "10001h",
        "9" * 60,
        "9" * 10_000,
        "10m\0",
    ],
)
def test_what_is_not_a_duration_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match=r"(is not a duration|is too long).*\.$") as caught:
        parse_duration(text)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("1", 1),
        ("1024", 1024),
        ("1b", 1),
        ("800k", 800 * 1024),
        ("25MB", 25 * MIB),
        ("25mb", 25 * MIB),
        ("25 MB", 25 * MIB),
        ("25MiB", 25 * MIB),
        ("25M", 25 * MIB),
        ("1.5GB", 3 * 2**29),
        ("2GB", 2147483648),
        ("1T", 2**40),
        ("0.3KB", 307),
    ],
)
def test_sizes_mean_what_they_say(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize(
    "text",
    [
        "",
        "MB",
        "0",
        "0.0001KB",
        "-5MB",
        "5PB",
        "5 M B",
        "1e6",
        "5MBB",
        "5ib5",
        "9" * 30,
        "9" * 10_000,
        "5ib",
        "\N{ARABIC-INDIC DIGIT ONE}MB",
    ],
)
def test_what_is_not_a_size_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a.* size.*\.$") as caught:
        parse_size(text)
    assert len(str(caught.value)) < 200


@given(st.timedeltas(min_value=timedelta(milliseconds=1), max_value=timedelta(days=400)))
def test_a_printed_duration_reads_back_to_the_millisecond(duration: timedelta) -> None:
    assert abs(parse_duration(format_duration(duration)) - duration) <= timedelta(microseconds=500)


@given(st.integers(min_value=1, max_value=2**62))
def test_a_printed_size_reads_back_within_a_twentieth(size_bytes: int) -> None:
    assert parse_size(format_size(size_bytes)) == pytest.approx(size_bytes, rel=0.05)


@given(st.text(max_size=80))
def test_no_text_breaks_the_parsers(text: str) -> None:
    for parse in (parse_duration, parse_size):
        with suppress(ValueError):
            assert parse(text)


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0:00:00"), (5400, "1:30:00"), (3723.25, "1:02:03.250"), (0.0004, "0:00:00")]
)
def test_durations_read_like_a_clock(seconds: float, text: str) -> None:
    assert format_duration(timedelta(seconds=seconds)) == text


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.0 KB"),
        (25 * MIB, "25.0 MB"),
        (2**40 - 1, "1.0 TB"),
        (2**50, "1024.0 TB"),
    ],
)
def test_sizes_read_in_units(size: int, text: str) -> None:
    assert format_size(size) == text


@pytest.mark.parametrize(
    ("text", "rate"),
    [("128k", 128_000), ("44.1K", 44_100), ("44100", 44_100), (" 64 k ", 64_000), ("0.5k", 500)],
)
def test_rates_mean_what_they_say(text: str, rate: int) -> None:
    assert parse_rate(text) == rate


@pytest.mark.parametrize(
    "text", ["", "k", "0", "-1", "44.15", "0.0001k", "128M", "1e3", "3000000k", "9" * 99]
)
def test_what_is_no_rate_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a rate"):
        parse_rate(text)
