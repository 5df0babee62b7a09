"""Lists that the service gives page by page."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TypeVar

Item = TypeVar("Item")

MOST_OF_A_PAGE = 100


async def first_of(found: AsyncGenerator[Item], limit: int) -> list[Item]:
    """So many, or all there are; no more is fetched than that."""
    items: list[Item] = []
    async with aclosing(found):
        async for item in found:
            items.append(item)
            if len(items) == limit:
                break
    return items
