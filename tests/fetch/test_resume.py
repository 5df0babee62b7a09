"""Connections that break: what is tried again, what goes on from where it was, what starts over."""

import asyncio
import hashlib
from pathlib import Path

import pytest

from server.fetch.download import download
from tests.fetch.site import (
    LIMITS,
    LOOPBACK,
    Request,
    Script,
    always,
    content,
    fetch,
    head,
    in_turn,
    left_in,
    serving,
)
from zerokerf.errors import DownloadFailed

BODY = hashlib.sha256(b"").digest() * 100_000
TAG = '"v1"'
OLD_ENOUGH = {"Last_Modified": "Sat, 01 Jan 2022 00:00:00 GMT", "Date": "Sat, 01 Jan 2022 00:01:00 GMT"}


def breaks(sent: int, /, **headers: str) -> Script:
    return always(head(200, Content_Length=len(BODY), **headers), BODY[:sent])


def ranges(body: bytes = BODY, /, **headers: str) -> Script:
    """Serves what is asked for, without a look at the condition."""

    async def script(request: Request, writer: asyncio.StreamWriter) -> None:
        start = int(request.headers["range"].removeprefix("bytes=").removesuffix("-"))
        stated = f"bytes {start}-{len(body) - 1}/{len(body)}"
        writer.write(head(206, Content_Range=stated, Content_Length=len(body) - start, **headers))
        writer.write(body[start:])

    return script


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
async def test_a_passing_failure_is_tried_again(tmp_path: Path, status: int) -> None:
    async with serving(in_turn(always(head(status, Content_Length=0)), content(BODY))) as site:
        found = await fetch(site.url(), tmp_path / "source")

    assert found.size_bytes == len(BODY)
    assert len(site.requests) == 2


async def test_a_failure_that_stays_is_told_with_its_status(tmp_path: Path) -> None:
    async with serving(always(head(503, Content_Length=0))) as site:
        with pytest.raises(DownloadFailed, match="503") as failed:
            await fetch(site.url(), tmp_path / "source")

    assert failed.value.facts == {"status": "503"}
    assert len(site.requests) == LIMITS.tries
    assert left_in(tmp_path) == []


@pytest.mark.parametrize(
    ("headers", "condition"),
    [({"ETag": TAG}, TAG), (OLD_ENOUGH, OLD_ENOUGH["Last_Modified"])],
    ids=["etag", "date"],
)
async def test_a_broken_body_goes_on_where_it_broke(
    tmp_path: Path, headers: dict[str, str], condition: str
) -> None:
    async with serving(in_turn(breaks(1_000_000, **headers), ranges(**headers))) as site:
        found = await fetch(site.url(), tmp_path / "source")

    assert found.path.read_bytes() == BODY
    assert found.sha256 == hashlib.sha256(BODY).hexdigest()
    assert site.requests[1].headers["range"] == "bytes=1000000-"
    assert site.requests[1].headers["if-range"] == condition


async def test_a_server_without_ranges_starts_over(tmp_path: Path) -> None:
    async with serving(in_turn(breaks(1_000_000, ETag=TAG), content(BODY, ETag=TAG))) as site:
        found = await fetch(site.url(), tmp_path / "source")

    assert found.path.read_bytes() == BODY
    assert found.sha256 == hashlib.sha256(BODY).hexdigest()


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"ETag": 'W/"weak"'},
        {"ETag": TAG, "Accept_Ranges": "none"},
        {"Last_Modified": OLD_ENOUGH["Date"], "Date": OLD_ENOUGH["Date"]},
        {"Last_Modified": "yesterday", "Date": "today"},
    ],
)
async def test_without_proof_of_the_version_no_range_is_asked_for(
    tmp_path: Path, headers: dict[str, str]
) -> None:
    async with serving(in_turn(breaks(1_000_000, **headers), content(BODY))) as site:
        found = await fetch(site.url(), tmp_path / "source")

    assert found.path.read_bytes() == BODY
    assert "range" not in site.requests[1].headers


async def test_a_source_that_changed_meanwhile_is_taken_whole(tmp_path: Path) -> None:
    newer = bytes(reversed(BODY))[:2_000_000]
    async with serving(in_turn(breaks(1_000_000, ETag=TAG), content(newer, ETag='"v2"'))) as site:
        found = await fetch(site.url(), tmp_path / "source")

    assert found.path.read_bytes() == newer
    assert found.sha256 == hashlib.sha256(newer).hexdigest()


@pytest.mark.parametrize(
    "wrong",
    [
        ranges(ETag='"v2"'),
        ranges(BODY + b"longer", ETag=TAG),
        always(head(206, Content_Range="bytes 0-9/3200000", ETag=TAG, Content_Length=10), b"x" * 10),
        always(head(206, Content_Range="nonsense", Content_Length=10), b"x" * 10),
        always(head(206, Content_Length=10), b"x" * 10),
        always(head(416, Content_Length=0)),
    ],
    ids=["other tag", "other size", "other place", "nonsense", "no range", "416"],
)
async def test_a_wrong_continuation_is_never_mixed_in(tmp_path: Path, wrong: Script) -> None:
    async with serving(in_turn(breaks(1_000_000, ETag=TAG), wrong, content(BODY))) as site:
        found = await fetch(site.url(), tmp_path / "source")

    assert found.path.read_bytes() == BODY
    assert "range" not in site.requests[2].headers


async def test_a_length_that_is_never_delivered_is_a_failure(tmp_path: Path) -> None:
    async with serving(breaks(len(BODY) - 1)) as site:
        with pytest.raises(DownloadFailed, match="connection broke"):
            await fetch(site.url(), tmp_path / "source")

    assert len(site.requests) == LIMITS.tries
    assert left_in(tmp_path) == []


async def test_a_server_that_always_breaks_further_on_is_followed_to_the_end(tmp_path: Path) -> None:
    body = BODY * 2

    async def a_megabyte_more(request: Request, writer: asyncio.StreamWriter) -> None:
        start = int(request.headers.get("range", "bytes=0-").removeprefix("bytes=").removesuffix("-"))
        stated = f"bytes {start}-{len(body) - 1}/{len(body)}"
        status = 206 if start else 200
        writer.write(head(status, Content_Range=stated, Content_Length=len(body) - start, ETag=TAG))
        writer.write(body[start : start + 1_200_000])

    async with serving(a_megabyte_more) as site:
        found = await fetch(site.url(), tmp_path / "source")

    assert found.path.read_bytes() == body
    assert len(site.requests) > LIMITS.tries


async def test_progress_never_goes_back_when_a_download_starts_over(tmp_path: Path) -> None:
    seen: list[int] = []
    async with serving(in_turn(breaks(3_000_000), content(BODY))) as site:
        await download(
            site.url(),
            tmp_path / "source",
            policy=LOOPBACK,
            limits=LIMITS,
            on_progress=lambda got, _: seen.append(got),
        )

    assert seen == sorted(set(seen))
    assert seen[-1] == len(BODY)
