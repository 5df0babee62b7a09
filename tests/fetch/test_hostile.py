"""Servers that stall, babble or lie: every wait ends, and nothing is left behind."""

import asyncio
import time
from dataclasses import replace
from pathlib import Path

import pytest

from tests.fetch.site import LIMITS, Request, Script, always, fetch, forever, head, left_in, serving
from zerokerf.errors import DownloadFailed, FileTooLarge

IMPATIENT = replace(LIMITS, idle_s=0.15, connect_s=0.15, tries=2)


async def _hangs_before_the_head(_: Request, writer: asyncio.StreamWriter) -> None:
    await forever()


async def _hangs_within_the_head(_: Request, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nX-A: ")
    await forever()


async def _hangs_within_the_body(_: Request, writer: asyncio.StreamWriter) -> None:
    writer.write(head(Content_Length=100) + b"x" * 50)
    await forever()


async def _drips_the_head(_: Request, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nX-A: ")
    while not writer.is_closing():
        writer.write(b"a")
        await asyncio.sleep(0.02)


async def _endless_100s(_: Request, writer: asyncio.StreamWriter) -> None:
    while not writer.is_closing():
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        await asyncio.sleep(0.02)


@pytest.mark.parametrize(
    "script",
    [_hangs_before_the_head, _hangs_within_the_head, _hangs_within_the_body, _drips_the_head, _endless_100s],
)
async def test_a_stalled_answer_is_given_up(tmp_path: Path, script: Script) -> None:
    began = time.monotonic()
    async with serving(script) as site:
        with pytest.raises(DownloadFailed, match="sent nothing"):
            await fetch(site.url(), tmp_path / "source", limits=IMPATIENT)

    assert len(site.requests) == 2
    assert time.monotonic() - began < 4
    assert left_in(tmp_path) == []


async def test_a_drip_that_never_pauses_meets_the_total_limit(tmp_path: Path) -> None:
    async def drips(_: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(head(Content_Length=100_000))
        while not writer.is_closing():
            writer.write(b"x")
            await asyncio.sleep(0.01)

    async with serving(drips) as site:
        with pytest.raises(DownloadFailed, match=r"not complete after 0\.4 s"):
            await fetch(site.url(), tmp_path / "source", limits=replace(LIMITS, total_s=0.4))

    assert len(site.requests) == 1
    assert left_in(tmp_path) == []


async def test_a_body_that_never_ends_meets_the_size_limit(tmp_path: Path) -> None:
    async def floods(_: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(head())
        while not writer.is_closing():
            writer.write(b"x" * 65536)
            await writer.drain()

    async with serving(floods) as site:
        with pytest.raises(FileTooLarge):
            await fetch(site.url(), tmp_path / "source")

    assert left_in(tmp_path) == []


async def test_waiting_between_tries_counts_into_the_total(tmp_path: Path) -> None:
    async with serving(always(head(503, Retry_After=30, Content_Length=0))) as site:
        with pytest.raises(DownloadFailed, match="not complete after"):
            await fetch(site.url(), tmp_path / "source", limits=replace(LIMITS, total_s=0.2))

    assert len(site.requests) == 1


@pytest.mark.parametrize(
    "answer",
    [
        b"220 mail.example ESMTP\r\n\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        b"<html>not a head</html>\r\n\r\n",
        head(X_Huge="a" * 300_000),
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 60_000 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: a\x00b\r\n\r\n",
    ],
)
async def test_what_is_not_http_fails_at_once(tmp_path: Path, answer: bytes) -> None:
    async with serving(always(answer)) as site:
        with pytest.raises(DownloadFailed, match="not valid HTTP"):
            await fetch(site.url(), tmp_path / "source")

    assert len(site.requests) == 1
    assert left_in(tmp_path) == []


@pytest.mark.parametrize(
    "chunks", [b"zz\r\nabc", b"5\r\nabcdefgh\r\n", b"5;" + b"x" * 200_000, b"FFFFFFFFFFFFFFFFFFFFFF\r\na"]
)
async def test_broken_chunks_are_tried_again_and_then_given_up(tmp_path: Path, chunks: bytes) -> None:
    async with serving(always(head(Transfer_Encoding="chunked") + chunks)) as site:
        with pytest.raises(DownloadFailed, match="connection broke"):
            await fetch(site.url(), tmp_path / "source")

    assert len(site.requests) == LIMITS.tries
    assert left_in(tmp_path) == []


async def test_a_port_where_nobody_listens_is_tried_again_and_then_given_up(tmp_path: Path) -> None:
    async with serving(always(b"")) as site:
        pass

    with pytest.raises(DownloadFailed, match="could not be reached"):
        await fetch(site.url(), tmp_path / "source")


async def test_a_server_that_hangs_up_is_tried_again_and_then_given_up(tmp_path: Path) -> None:
    async with serving(always(b"")) as site:
        with pytest.raises(DownloadFailed, match="connection broke"):
            await fetch(site.url(), tmp_path / "source")

    assert len(site.requests) == LIMITS.tries
