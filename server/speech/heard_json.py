"""What was heard in a chunk as a small file, so that it can wait in the store until all chunks are there."""

import json

from server.speech.chunks import HeardChunk
from server.speech.transcript_tokens import Heard


def to_json(chunk: HeardChunk) -> bytes:
    """The same chunk always gives the same bytes."""
    windows = [
        [[piece.text, piece.start_ms, piece.end_ms, round(piece.confidence, 4)] for piece in window]
        for window in chunk.windows
    ]
    content = {"index": chunk.index, "channel": chunk.channel, "windows": windows}
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


def from_json(data: bytes) -> HeardChunk:
    content = json.loads(data)
    windows = tuple(tuple(Heard(*piece) for piece in window) for window in content["windows"])
    return HeardChunk(content["index"], windows, content["channel"])
