"""Forms as clients write them, byte by byte."""

from collections.abc import AsyncIterator, Iterable

BOUNDARY = "----formBoundary7MA4YWxk"
TYPE = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}

CONFIG = b"{}"


def part(
    name: str, content: bytes, *, file_name: str | None = None, content_type: str | None = None
) -> bytes:
    disposition = f'form-data; name="{name}"' + (f'; filename="{file_name}"' if file_name is not None else "")
    lines = [f"Content-Disposition: {disposition}"]
    if content_type:
        lines.append(f"Content-Type: {content_type}")
    head = "\r\n".join([f"--{BOUNDARY}", *lines, "", ""])
    return head.encode() + content + b"\r\n"


def file_part(
    content: bytes, *, file_name: str | None = "call-17.mp3", content_type: str = "audio/mpeg"
) -> bytes:
    return part("file", content, file_name=file_name, content_type=content_type)


def form(*parts: bytes) -> bytes:
    return b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()


async def pieces(content: bytes, size: int) -> AsyncIterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]


async def flood(head: bytes, size: int, tail: bytes, chunk: bytes) -> AsyncIterator[bytes]:
    """A form whose file is that many bytes of the chunk, repeated."""
    yield head
    for _ in range(size // len(chunk)):
        yield chunk
    yield chunk[: size % len(chunk)]
    yield tail


def around(parts: Iterable[bytes] = (), after: Iterable[bytes] = ()) -> tuple[bytes, bytes]:
    """What stands before and behind the bytes of a file."""
    head, tail = file_part(b"\0").split(b"\0\r\n")
    return b"".join(parts) + head, tail + b"\r\n" + form(*after)
