"""What all steps of upkeep have in common: they show that they live, and their errors cross the engine."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from server.workflows.failures import reported
from server.workflows.steps import alive


@asynccontextmanager
async def upkeep() -> AsyncIterator[None]:
    with reported():
        async with alive():
            yield
