"""Sources in MP4, two decoders, and a reader and writer of boxes that shares nothing with the room's own."""

import struct
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import av
import imageio_ffmpeg
import numpy as np
import soundfile

from tests.media.corpus import ffmpeg, speech_like

FFMPEG = Path(imageio_ffmpeg.get_ffmpeg_exe())
RATE = 44_100
SAMPLES = 142_571

AAC = ("-c:a", "aac", "-aac_pns", "0")  # without noise substitution, so that samples can be compared

#: Name of each source that can be cut, its rate and channels, and how ffmpeg makes it.
SOURCES: dict[str, tuple[int, int, tuple[str, ...]]] = {
    "plain.m4a": (RATE, 2, AAC),
    "faststart.m4a": (RATE, 2, (*AAC, "-movflags", "+faststart")),
    "coarse_clock.m4a": (RATE, 2, (*AAC, "-movie_timescale", "1000")),
    "no_edit_list.m4a": (RATE, 2, (*AAC, "-use_editlist", "0")),
    "quicktime.mov": (RATE, 2, AAC),
    "low.m4a": (22_050, 1, (*AAC, "-b:a", "48k")),
    "telephone.m4a": (8_000, 1, (*AAC, "-b:a", "24k")),
    "high.m4a": (96_000, 2, (*AAC, "-b:a", "256k")),
    "surround.m4a": (48_000, 6, (*AAC, "-b:a", "384k")),
}


def encode(target: Path, rate: int, channels: int, options: Sequence[str], samples: int = SAMPLES) -> Path:
    master = target.with_name(f"{target.name}.wav")
    soundfile.write(master, speech_like(samples, rate, channels), rate, subtype="PCM_24")
    ffmpeg(FFMPEG, "-i", master, "-fflags", "+bitexact", *options, target)
    return target


def by_ffmpeg(path: Path) -> np.ndarray:
    """The pinned ffmpeg: one row a sample, bit for bit."""
    argv: list[str | Path] = [FFMPEG, "-nostdin", "-v", "error", "-i", path, "-map", "0:a:0"]
    done = subprocess.run([*argv, "-f", "f32le", "pipe:1"], check=True, capture_output=True, timeout=60)
    assert done.stderr == b""
    return np.frombuffer(done.stdout, np.float32).reshape(-1, channels_of(path))


def by_pyav(path: Path) -> np.ndarray:
    """An older FFmpeg, which honours the start of an edit and not its end."""
    with av.open(str(path)) as container:
        frames = [frame.to_ndarray().T for frame in container.decode(audio=0)]
    return np.concatenate(frames)


def channels_of(path: Path) -> int:
    with av.open(str(path)) as container:
        return container.streams.audio[0].codec_context.channels


class Node:
    """A box: with children if its kind has any, with a body otherwise."""

    _PARENTS = (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"edts", b"dinf", b"udta", b"ilst", b"mvex")

    def __init__(self, name: bytes, body: bytes = b"", children: "list[Node] | None" = None) -> None:
        self.name = name
        self.children = children if children is not None else []
        self.body = body
        if children is None and name in self._PARENTS:
            self.children, self.body = parse(body), b""

    def __getitem__(self, path: str) -> "Node":
        head, _, rest = path.partition("/")
        child = next(child for child in self.children if child.name == head.encode())
        return child[rest] if rest else child

    def drop(self, name: str) -> None:
        self.children = [child for child in self.children if child.name != name.encode()]

    def dump(self) -> bytes:
        body = self.body + b"".join(child.dump() for child in self.children)
        return struct.pack(">I4s", 8 + len(body), self.name) + body


def parse(data: bytes) -> list[Node]:
    nodes, at = [], 0
    while at < len(data):
        size, name = struct.unpack_from(">I4s", data, at)
        nodes.append(Node(name, data[at + 8 : at + size]))
        at += size
    return nodes


def remade(source: Path, target: Path, change: Callable[[Node], object]) -> Path:
    """The same packets under a changed index. The source's index stands at its end, so that nothing moves."""
    nodes = parse(source.read_bytes())
    assert nodes[-1].name == b"moov"
    change(nodes[-1])
    target.write_bytes(b"".join(node.dump() for node in nodes))
    return target


def itunes_note(delay: int, padding: int, count: int) -> Node:
    note = f" 00000000 {delay:08X} {padding:08X} {count:016X}" + " 00000000" * 8
    data = Node(b"data", struct.pack(">II", 1, 0) + note.encode())
    name, mean = Node(b"name", bytes(4) + b"iTunSMPB"), Node(b"mean", bytes(4) + b"com.apple.iTunes")
    item = Node(b"----", mean.dump() + name.dump() + data.dump())
    handler = Node(b"hdlr", struct.pack(">8x4s4s9x", b"mdir", b"appl"))
    meta = Node(b"meta", bytes(4) + handler.dump() + Node(b"ilst", children=[item]).dump())
    return Node(b"udta", children=[meta])
