"""The samples of single FLAC frames, some decoded ahead of when they are needed."""

import threading
from bisect import bisect_left
from collections.abc import Iterable

from server.media.copying.flac.decode import FrameDecoder, FrameRequest, Samples
from server.media.copying.flac.index import FlacIndex
from zerokerf.errors import CorruptFile

_MOST_AHEAD = 64
_MOST_AHEAD_BYTES = 16 << 20


class DecodedFrames:
    """Frames of one indexed file, shared by many threads. Those that will be needed are decoded many at once,
    which costs less; few are held."""

    def __init__(self, index: FlacIndex, decode: FrameDecoder) -> None:
        self._index = index
        self._decode = decode
        self._lock = threading.Lock()
        self._ahead: list[int] = []
        self._held: dict[int, Samples | None] = {}
        frame_bytes = 4 * index.info.channels * index.most_block
        self._at_once = max(1, min(_MOST_AHEAD, _MOST_AHEAD_BYTES // frame_bytes))

    def expect(self, frames: Iterable[int]) -> None:
        """Which ones will be needed, probably in this order."""
        with self._lock:
            self._ahead = sorted(set(frames))

    def samples(self, frame: int) -> Samples:
        """Raises CorruptFile."""
        with self._lock:
            if frame not in self._held:
                self._hold(frame)
            found = self._held[frame]
        if found is None or len(found) != self._index.starts[frame + 1] - self._index.starts[frame]:
            raise CorruptFile("a FLAC frame of it is damaged.")
        return found

    def _hold(self, frame: int) -> None:
        """What was held before stays for the neighbours that work on it at this moment."""
        at = bisect_left(self._ahead, frame)
        wanted = list(dict.fromkeys([frame, *self._ahead[at : at + self._at_once]]))
        index = self._index
        ends = index.body_offsets[wanted] + index.body_lengths[wanted] + 2
        starts = index.frame_offsets[wanted]
        places = list(zip(starts.tolist(), (ends - starts).tolist(), strict=True))
        request = FrameRequest(path=index.path, info=index.info, most_block=index.most_block, frames=places)
        decoded = self._decode(request)
        recent = list(self._held)[-self._at_once :]
        self._held = {old: self._held[old] for old in recent} | dict(zip(wanted, decoded, strict=True))
