"""Node, for what receivers in JavaScript do."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

RECEIVER = Path(__file__).parents[1] / "node" / "webhook_receiver.mjs"


def node_program() -> str:
    program = shutil.which("node")
    if program is None:
        message = "Node is missing: install Node 20 or newer"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    return program


@asynccontextmanager
async def node_receiver(secret: str) -> AsyncIterator[tuple[str, asyncio.StreamReader]]:
    """Where it listens, and what it prints of each request."""
    node = await asyncio.create_subprocess_exec(
        node_program(), RECEIVER, secret, stdout=asyncio.subprocess.PIPE
    )
    assert node.stdout
    try:
        yield f"http://127.0.0.1:{int(await node.stdout.readline())}/", node.stdout
    finally:
        node.kill()
        await node.wait()
