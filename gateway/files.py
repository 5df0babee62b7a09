"""Signed links to local files: downloads with ranges, and uploads that appear whole or not at all."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime

from fastapi import Request, Response

from gateway.arriving import arriving, at_most
from gateway.config import GatewayConfig, LocalFiles
from gateway.errors import error_answer
from gateway.ranges import Part, UnsatisfiableError, http_date, is_known, wanted_part
from gateway.streams import ClosingStream
from storage.download_name import attachment
from storage.interface import ObjectInfo
from storage.signed_links import Link, verify
from zerokerf.errors import FileTooLarge, InvalidParams, ObjectNotFound

_OCTETS = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class FileRoutes:
    """The handlers of one local store."""

    config: GatewayConfig
    files: LocalFiles

    async def download(self, key: str, request: Request) -> Response:
        link = self._proven(key, request)
        try:
            return await self._serve(link, await self.files.store.head(key), request)
        except ObjectNotFound:
            return error_answer(404, "NOT_FOUND", "This file does not exist any more.")

    async def upload(self, key: str, request: Request) -> Response:
        link = self._proven(key, request)
        _check_type(link, request)
        most = min(link.max_size or self.config.max_upload_bytes, self.config.max_upload_bytes)
        if int(request.headers.get("content-length", "0")) > most:
            raise FileTooLarge(most)
        body = at_most(arriving(request, self.config.idle_timeout_s), most)
        info = await self.files.store.put(key, body, content_type=link.content_type or _OCTETS)
        return Response(headers={"ETag": _etag(info)})

    def _proven(self, key: str, request: Request) -> Link:
        query = request.url.query
        return verify(self.files.signing_keys, request.method, key, query, self.files.now())

    async def _serve(self, link: Link, info: ObjectInfo, request: Request) -> Response:
        etag, modified = _etag(info), info.modified or datetime.now(UTC)
        headers = {
            "Accept-Ranges": "bytes",
            "Cache-Control": "private",
            "ETag": etag,
            "Last-Modified": http_date(modified),
        }
        if is_known(request.headers, etag):
            return Response(status_code=304, headers=headers)
        headers["Content-Disposition"] = attachment(link.filename or link.key.rpartition("/")[2])
        headers["Content-Type"] = link.content_type or _OCTETS
        try:
            part = wanted_part(request.headers, info.size, etag, modified)
        except UnsatisfiableError:
            sentence = f"The range lies outside of the file's {info.size} bytes."
            beyond = {"Content-Range": f"bytes */{info.size}"}
            return error_answer(416, "RANGE_NOT_SATISFIABLE", sentence, headers=beyond)
        return await self._content(link.key, info.size, part, headers, request.method)

    async def _content(
        self, key: str, size_bytes: int, part: Part | None, headers: dict[str, str], method: str
    ) -> Response:
        status, wanted = 200, part or Part(0, size_bytes)
        if part is not None:
            last = part.offset + part.length - 1
            status, headers["Content-Range"] = 206, f"bytes {part.offset}-{last}/{size_bytes}"
        headers["Content-Length"] = str(wanted.length)
        if method == "HEAD":
            return Response(status_code=status, headers=headers)
        chunks = self.files.store.get(key, offset=wanted.offset, length=wanted.length)
        # Opened before the status is sent, so that a file deleted in between is still an error.
        first = await anext(chunks, b"")
        return ClosingStream(_joined(first, chunks), status, headers)


async def _joined(first: bytes, rest: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    async with aclosing(rest):
        yield first
        async for chunk in rest:
            yield chunk


def _check_type(link: Link, request: Request) -> None:
    given = request.headers.get("content-type", "")
    if link.content_type and given != link.content_type:
        raise InvalidParams({"Content-Type": f"This link takes {link.content_type} only."})


def _etag(info: ObjectInfo) -> str:
    return f'"{info.etag}"'
