"""Recordings to measure with, and a server on loopback that hands them out, also slowly."""

import os
import time
import wave
from http.server import BaseHTTPRequestHandler
from pathlib import Path

from tests.services.web import Answer, begin

RATE = 44_100
BYTES_PER_S = RATE * 4
_BLOCK_BYTES = 4 << 20


def make_wav(path: Path, size_bytes: int) -> float:
    """Stereo, 16 bit, noise: nothing about it is easy to encode. Its length in seconds."""
    noise = os.urandom(_BLOCK_BYTES)
    with wave.open(str(path), "wb") as file:
        file.setparams((2, 2, RATE, 0, "NONE", ""))
        for begin_at in range(0, size_bytes, _BLOCK_BYTES):
            file.writeframesraw(noise[: min(_BLOCK_BYTES, size_bytes - begin_at) // 4 * 4])
    return size_bytes / BYTES_PER_S


def whole_file(path: Path) -> Answer:
    """Never in memory as a whole."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        begin(request, 200, {"Content-Length": str(path.stat().st_size)})
        request.wfile.flush()
        with path.open("rb") as file:
            request.connection.sendfile(file)

    return answer


def slow_file(path: Path, trickle_s: int, silence_s: float) -> Answer:
    """Nothing but a little each second at first, then nothing at all for a while, then everything."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        begin(request, 200, {"Content-Length": str(path.stat().st_size)})
        with path.open("rb") as file:
            for _ in range(trickle_s):
                request.wfile.write(file.read(1 << 16))
                time.sleep(1)
            time.sleep(silence_s)
            request.connection.sendfile(file, offset=file.tell())

    return answer
