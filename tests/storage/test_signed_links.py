"""Links to files: nothing about them can be changed, and they end when they say."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.signed_links import Link, LocalSigner, sign, verify
from zerokerf.errors import InvalidObjectKey, LinkExpired, LinkInvalid, UploadLinkExpired

KEY = b"current key of thirty-two bytes!"
OLD_KEY = b"previous key of thirty-two bytes"
NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
ENDS = NOW + timedelta(hours=1)
GET = Link("GET", "t/a/j/1/out/1-0.flac", ENDS, filename="Größe; 1.flac", content_type="audio/flac")
PUT = Link("PUT", "t/a/u/1/data.bin", ENDS, content_type="audio/wav", max_size=1000)


@pytest.mark.parametrize("link", [GET, PUT, Link("GET", "a", ENDS)])
def test_a_link_says_what_was_signed(link: Link) -> None:
    assert verify([KEY], link.method, link.key, sign(KEY, link), NOW) == link


def test_a_download_link_answers_head_as_well_and_nothing_else() -> None:
    query = sign(KEY, GET)

    assert verify([KEY], "HEAD", GET.key, query, NOW) == GET
    for method in ("PUT", "POST", "DELETE", "get", ""):
        with pytest.raises(LinkInvalid):
            verify([KEY], method, GET.key, query, NOW)


@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE"])
def test_an_upload_link_answers_put_only(method: str) -> None:
    with pytest.raises(LinkInvalid):
        verify([KEY], method, PUT.key, sign(KEY, PUT), NOW)


def _altered(link: Link) -> list[str]:
    """The query with each field changed, emptied, doubled, dropped or added."""
    pairs = parse_qsl(sign(KEY, link))
    queries = [urlencode([*pairs, ("n", "added")]), urlencode([*pairs, ("z", "")])]
    for name, value in pairs:
        others = [pair for pair in pairs if pair[0] != name]
        for values in ([value + "1"], [""], [value, value], []):
            queries.append(urlencode(others + [(name, each) for each in values]))  # noqa: PERF401  one loop too deep to read otherwise
    return queries


@pytest.mark.parametrize(
    ("link", "query"), [(link, query) for link in (GET, PUT) for query in _altered(link)]
)
def test_every_alteration_is_found(link: Link, query: str) -> None:
    with pytest.raises(LinkInvalid):
        verify([KEY], link.method, link.key, query, NOW)


@pytest.mark.parametrize("key", ["t/a/j/1/out/1-1.flac", "t/b/j/1/out/1-0.flac", "", "../x", "a\nb"])
def test_a_link_opens_no_other_object(key: str) -> None:
    with pytest.raises(LinkInvalid):
        verify([KEY], "GET", key, sign(KEY, GET), NOW)


@given(st.text(max_size=60))
def test_no_text_is_a_link(query: str) -> None:
    with pytest.raises(LinkInvalid):
        verify([KEY, OLD_KEY], "GET", GET.key, query, NOW)


@given(st.text())
def test_any_file_name_survives(filename: str) -> None:
    link = Link("GET", "a", ENDS, filename=filename.encode("utf-8", "replace").decode())

    assert verify([KEY], "GET", "a", sign(KEY, link), NOW) == link


def test_an_expired_link_is_told_apart_from_an_altered_one() -> None:
    last_second = ENDS - timedelta(seconds=1)

    assert verify([KEY], "GET", GET.key, sign(KEY, GET), last_second) == GET
    with pytest.raises(LinkExpired) as download:
        verify([KEY], "GET", GET.key, sign(KEY, GET), ENDS)
    with pytest.raises(UploadLinkExpired):
        verify([KEY], "PUT", PUT.key, sign(KEY, PUT), ENDS)
    with pytest.raises(LinkInvalid):
        verify([KEY], "GET", GET.key, sign(KEY, GET) + "x", ENDS)
    assert download.value.reason == "DOWNLOAD_EXPIRED"


def test_links_of_the_previous_key_live_on_while_it_is_accepted() -> None:
    old = sign(OLD_KEY, GET)

    assert verify([KEY, OLD_KEY], "GET", GET.key, old, NOW) == GET
    with pytest.raises(LinkInvalid):
        verify([KEY], "GET", GET.key, old, NOW)


async def test_the_signer_makes_urls_that_the_verifier_accepts() -> None:
    signer = LocalSigner("https://files.example/base/", KEY, now=lambda: NOW)

    get = await signer.sign_get("a/b.wav", timedelta(hours=1), filename="x y.wav", content_type="audio/wav")
    put = await signer.sign_put("a/c.bin", timedelta(minutes=5), content_type="audio/wav", max_size=77)

    assert get.url.startswith("https://files.example/base/files/a/b.wav?")
    assert (get.method, dict(get.headers), get.expires_at) == ("GET", {}, ENDS)
    assert verify([KEY], "GET", "a/b.wav", urlsplit(get.url).query, NOW).filename == "x y.wav"
    assert (put.method, dict(put.headers)) == ("PUT", {"Content-Type": "audio/wav"})
    assert verify([KEY], "PUT", "a/c.bin", urlsplit(put.url).query, NOW).max_size == 77


@pytest.mark.parametrize("expires", [timedelta(0), timedelta(seconds=-1), timedelta(days=7, seconds=1)])
async def test_a_link_lives_between_a_second_and_a_week(expires: timedelta) -> None:
    signer = LocalSigner("https://files.example", KEY)

    with pytest.raises(ValueError, match="seven days"):
        await signer.sign_get("a/b.wav", expires, filename="x.wav")


async def test_no_link_is_made_for_a_hostile_key() -> None:
    with pytest.raises(InvalidObjectKey):
        await LocalSigner("https://x", KEY).sign_get("../b", timedelta(hours=1), filename="x")
