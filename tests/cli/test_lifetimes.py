"""Expiries and lifetimes as they are typed."""

from datetime import UTC, datetime, timedelta

import pytest

from zerokerf.cli.account.lifetimes import parse_expiry, parse_lifetime

NOW = datetime(2026, 5, 2, 8, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "lifetime"),
    [
        ("30d", timedelta(days=30)),
        (" 1 day ", timedelta(days=1)),
        ("3650days", timedelta(days=3650)),
        ("12h", timedelta(hours=12)),
        ("1h30m", timedelta(minutes=90)),
    ],
)
def test_a_lifetime_is_days_or_any_duration(text: str, lifetime: timedelta) -> None:
    assert parse_lifetime(text) == lifetime
    assert parse_expiry(text, NOW) == NOW + lifetime


@pytest.mark.parametrize(
    ("text", "expiry"),
    [
        ("2027-03-31", datetime(2027, 3, 31, tzinfo=UTC)),
        ("2027-03-31T12:00Z", datetime(2027, 3, 31, 12, tzinfo=UTC)),
        ("2027-03-31 12:00", datetime(2027, 3, 31, 12, tzinfo=UTC)),
        ("2027-03-31T12:00+02:00", datetime(2027, 3, 31, 10, tzinfo=UTC)),
    ],
)
def test_an_expiry_may_be_a_date_in_utc_unless_it_says(text: str, expiry: datetime) -> None:
    assert parse_expiry(text, NOW) == expiry


@pytest.mark.parametrize(
    "text",
    [
        "soon",
        "0d",
        "-1d",
        "1.5d",
        "999999d",
        "2027-13-01",
        "2027-03-31x",
        "2026-05-02",
        "0001-01-01T00:00+14:00",
    ],
)
def test_what_is_no_time_to_come_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\.$"):
        parse_expiry(text, NOW)
