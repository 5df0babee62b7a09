"""Following signed links to local files."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlsplit

from storage.interface import SignedUrl

BYTES = bytes(range(256)) * 8192  # 2 MiB
HOUR = timedelta(hours=1)


def path_of(link: SignedUrl | str) -> str:
    """Without the host, which the public one need not share with this gateway."""
    parts = urlsplit(link if isinstance(link, str) else link.url)
    return f"{parts.path}?{parts.query}"


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not holds():  # noqa: ASYNC110 - the file system tells nobody
            await asyncio.sleep(0.01)
