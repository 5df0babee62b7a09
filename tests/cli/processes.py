"""What tests do with a running `zerokerf`: interrupt it, and read what a terminal shows of it."""

import asyncio
import os
import signal


async def interrupt(process: asyncio.subprocess.Process) -> bytes:
    """Presses Ctrl-C at a fifth of the work; returns what was said after that."""
    assert process.stderr is not None
    async with asyncio.timeout(120):
        while b" 20%" not in await process.stderr.readline():
            pass
        process.send_signal(signal.SIGINT)
        _, err = await process.communicate()
    return err


def read_until(file: int, sign: bytes | None) -> bytes:
    """What is shown up to a sign, or up to the end."""
    read = b""
    try:
        while sign is None or sign not in read:
            read += os.read(file, 4096)
    except OSError:
        pass  # The other end of the terminal is closed.
    return read
