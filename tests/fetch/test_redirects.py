"""Redirects: each hop is checked as if it were the first."""

from pathlib import Path

import pytest

from tests.fetch.site import LIMITS, Script, always, content, fetch, head, in_turn, left_in, serving
from zerokerf.errors import DownloadFailed


def to(location: str, status: int = 302) -> Script:
    return always(head(status, Location=location, Content_Length=0))


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_followed_and_the_given_url_still_names_the_file(
    tmp_path: Path, status: int
) -> None:
    async with serving(in_turn(to("/b/hashed?x=1", status), content(b"here"))) as site:
        found = await fetch(site.url("/talk.wav"), tmp_path / "source")

    assert found.path.read_bytes() == b"here"
    assert found.file_name == "talk.wav"
    assert [request.target for request in site.requests] == ["/talk.wav", "/b/hashed?x=1"]


@pytest.mark.parametrize(
    "inward",
    [
        "http://[::1]/",
        "http://10.0.0.1/",
        "http://169.254.169.254/latest/meta-data/",
        "//192.168.0.1/a",
        "http://[::ffff:127.0.0.1]/",
        "http://[64:ff9b::7f00:1]/",
    ],
)
async def test_a_redirect_inward_is_refused_without_telling_where(tmp_path: Path, inward: str) -> None:
    async with serving(to(inward)) as site:
        with pytest.raises(DownloadFailed, match="private or reserved") as refused:
            await fetch(site.url(), tmp_path / "source")

    assert inward.strip("/") not in str(refused.value)
    assert len(site.requests) == 1


@pytest.mark.parametrize(
    "location",
    ["file:///etc/passwd", "ftp://example.com/", "http://0x7f.1/", "http://a\\@b/", "\xff"],
)
async def test_a_redirect_to_nonsense_is_refused(tmp_path: Path, location: str) -> None:
    async with serving(to(location)) as site:
        with pytest.raises(DownloadFailed, match="not a usable web address"):
            await fetch(site.url(), tmp_path / "source")

    assert len(site.requests) == 1


async def test_a_redirect_without_a_target_is_refused(tmp_path: Path) -> None:
    async with serving(always(head(302, Content_Length=0))) as site:
        with pytest.raises(DownloadFailed, match="302 without saying where"):
            await fetch(site.url(), tmp_path / "source")


async def test_a_redirect_loop_ends_at_the_limit(tmp_path: Path) -> None:
    async with serving(to("/a.wav")) as site:
        with pytest.raises(DownloadFailed, match="redirects more than 3 times"):
            await fetch(site.url(), tmp_path / "source")

    assert len(site.requests) == LIMITS.max_redirects + 1
    assert left_in(tmp_path) == []


async def test_as_many_redirects_as_allowed_are_followed(tmp_path: Path) -> None:
    async with serving(in_turn(*[to("/next")] * 3, content(b"here"))) as site:
        found = await fetch(site.url(), tmp_path / "source")

    assert found.size_bytes == 4


async def test_credentials_stay_with_the_host_they_were_given_for(tmp_path: Path) -> None:
    async with serving(content(b"x")) as other, serving(in_turn(to("/again"), to(other.url()))) as site:
        await fetch(site.url(host="me:pw@127.0.0.1"), tmp_path / "source")

    assert all("authorization" in request.headers for request in site.requests)
    assert len(site.requests) == 2
    assert "authorization" not in other.requests[0].headers


async def test_a_relative_redirect_from_a_private_name_keeps_being_checked(tmp_path: Path) -> None:
    async with serving(in_turn(to("http://localhost.localdomain.invalid/"))) as site:
        with pytest.raises(DownloadFailed, match="host name"):
            await fetch(site.url(), tmp_path / "source")
