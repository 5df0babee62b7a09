"""A PostgreSQL server that recovers from a crash answers, but not yet: that is an outage like any other."""

import asyncio
from contextlib import suppress

import pytest

from server.database.open import open_database
from zerokerf.errors import Unavailable

_FIELDS = b"SFATAL\0VFATAL\0C57P03\0Mthe database system is starting up\0\0"
_NOT_YET = b"E" + (len(_FIELDS) + 4).to_bytes(4, "big") + _FIELDS
_TLS_REQUEST_BYTES = 8


async def test_a_server_that_is_starting_up_is_unavailable() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            if len(await reader.read(1024)) == _TLS_REQUEST_BYTES:
                writer.write(b"N")
                await reader.read(1024)
            writer.write(_NOT_YET)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, open_database(f"postgresql://tester@127.0.0.1:{port}/records") as database:
        with pytest.raises(Unavailable):
            await database.check()
