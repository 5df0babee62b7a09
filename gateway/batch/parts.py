"""The parts of a multipart/form-data body, one after the other, while they arrive."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass

from multipart import (  # type: ignore[import-untyped]  # the package has annotations but no py.typed
    MultipartError,
    MultipartSegment,
    PushMultipartParser,
    parse_options_header,
)

from gateway.strict_json import refuse

_MOST_PARTS = 64
_LONGEST_BOUNDARY = 70  # RFC 2046
_MALFORMED = "The request body is not valid multipart/form-data."


@dataclass(frozen=True, slots=True)
class Part:
    """`content` has to be read to its end before the next part is asked for."""

    name: str
    file_name: str
    content_type: str
    content: AsyncIterator[bytes]


async def parts_of(chunks: AsyncGenerator[bytes, None], content_type: str) -> AsyncGenerator[Part, None]:
    """Raises InvalidParams for what is malformed or not whole."""
    async with aclosing(_events(chunks, _boundary(content_type))) as events:
        async for event in events:
            if isinstance(event, MultipartSegment):
                yield Part(event.name, event.filename or "", event.content_type or "", _content(events))


async def _events(chunks: AsyncGenerator[bytes, None], boundary: str) -> AsyncGenerator[object, None]:
    """The start of a part, its bytes, None for its end."""
    try:
        with PushMultipartParser(boundary, max_segment_count=_MOST_PARTS) as parser:
            async with aclosing(chunks):
                async for chunk in chunks:
                    for event in parser.parse(chunk) if chunk else ():
                        yield event
    except MultipartError:
        refuse(_MALFORMED)


async def _content(events: AsyncGenerator[object, None]) -> AsyncGenerator[bytes, None]:
    async for event in events:
        if not isinstance(event, bytes | bytearray):
            return
        yield bytes(event)


def _boundary(content_type: str) -> str:
    boundary = str(parse_options_header(content_type)[1].get("boundary", ""))
    if not 0 < len(boundary) <= _LONGEST_BOUNDARY or not boundary.isascii():
        refuse("The request must name the boundary of its multipart/form-data.")
    return boundary
