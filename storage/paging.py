"""Long listings in pieces, so that memory is flat in their length."""

from collections.abc import AsyncIterator
from typing import TypeVar

Item = TypeVar("Item")


async def pages(items: AsyncIterator[Item], size: int) -> AsyncIterator[list[Item]]:
    """All of them in order; none of the pages is empty."""
    page: list[Item] = []
    async for item in items:
        page.append(item)
        if len(page) == size:
            yield page
            page = []
    if page:
        yield page
