"""The program that opens strangers' files with PyAV: one short-lived, limited child for each.

Started as a file by its own interpreter, it imports of ours only what decodes. It reads one JSON request a
line and answers one JSON line; the answers of children that run at once come in any order and carry the
request's id.
A long answer comes in parts, each a line of its own, before the line that ends it.
It ends when its standard input does, which is when its parent ends, however that happens.
"""

import json
import os
import signal
import sys
from typing import Any

import av
from av.container import InputContainer

from server.media.chapters.worker import list_chapters
from server.media.copying.flac.decode import tell_frames
from server.media.edges.worker import compare_edges
from server.media.sandbox.walls import wall_in_process
from server.media.tags.worker import list_tags

_MAX_PACKETS = 500  # without one decodable frame among them the stream counts as undecodable


def main() -> None:
    children: dict[int, int] = {}
    signal.signal(signal.SIGCHLD, lambda *_: reap(children))
    av.logging.set_level(None)
    answer({"ready": True})
    for line in sys.stdin.buffer:
        begin(json.loads(line), children)


def begin(request: dict[str, Any], children: dict[int, int]) -> None:
    """A child of its own. None can end before its id is known: until then the signal waits."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
    child = os.fork()
    if child == 0:
        try:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            limit(request)
            answer({"id": request["id"], **respond(request)})
            os._exit(0)
        finally:
            os._exit(1)
    children[child] = request["id"]
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})


def reap(children: dict[int, int]) -> None:
    """Children that have ended. One that died is answered for."""
    while children:
        child, status = os.waitpid(-1, os.WNOHANG)
        if not child:
            return
        request_id = children.pop(child)
        if status != 0:
            answer({"id": request_id, "problem": "died"})


def limit(request: dict[str, Any]) -> None:
    wall_in_process(cpu_s=request["cpu_s"], memory_bytes=request["memory_bytes"])
    signal.alarm(request["wall_s"])


def answer(message: dict[str, Any]) -> None:
    """In one write below PIPE_BUF, so that the lines of several children never mix."""
    os.write(1, json.dumps(message).encode() + b"\n")


def respond(request: dict[str, Any]) -> dict[str, Any]:
    """What is asked for, by opening the file with the one demuxer it may have."""

    def tell(part: list[Any]) -> None:
        answer({"id": request["id"], "part": part})

    if "segments" in request:
        return compare_edges(request, tell)
    if "flac_frames" in request:
        return tell_frames(request, tell)
    demuxer = request["demuxer"]
    options = {"protocol_whitelist": "file", "format_whitelist": demuxer}
    source = f"file:{request['path']}"
    try:
        with av.open(source, format=demuxer, options=options, metadata_errors="replace") as container:
            if "max_cover_bytes" in request:
                return list_tags(container, request["max_cover_bytes"], tell)
            if "max_chapters" in request:
                return list_chapters(container, request["path"], demuxer, request["max_chapters"], tell)
            return examine(container)
    except (av.error.FFmpegError, ValueError):
        return {"problem": "unreadable"}


def examine(container: InputContainer) -> dict[str, Any]:
    """What the first audio stream is, by decoding until the first frame."""
    if not container.streams.audio:
        return {"problem": "no_audio", "has_video": bool(container.streams.video)}
    return describe(container, container.streams.audio[0])


def describe(container: InputContainer, stream: av.AudioStream) -> dict[str, Any]:
    frame = first_frame(container, stream)
    if frame is None:
        return {"problem": "undecodable"}
    context = stream.codec_context
    duration = None
    if stream.duration is not None and stream.time_base is not None:
        duration = int(stream.duration * stream.time_base * frame.sample_rate)
    return {
        "codec": context.codec.canonical_name,
        "sample_rate": frame.sample_rate,
        "channels": frame.layout.nb_channels,
        "frame_format": frame.format.packed.name,
        "duration_samples": duration,
        "extradata": (context.extradata or b"")[:64].hex(),
    }


def first_frame(container: InputContainer, stream: av.AudioStream) -> av.AudioFrame | None:
    for count, packet in enumerate(container.demux(stream)):
        try:
            for frame in packet.decode():
                if frame.samples:
                    return frame
        except av.error.FFmpegError:
            pass  # a damaged packet; a later one may do
        if count >= _MAX_PACKETS:
            break
    return None


if __name__ == "__main__":
    main()
