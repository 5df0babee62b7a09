"""What may follow the last frame: anything but more frames."""

import os

import numpy as np

from server.media.copying.copier import NotCopyable
from server.media.probing.sniff import FrameBytes

_MAX_TAIL_BYTES = 1 << 20
_LOOK_BYTES = 6


def check_tail(file: int, start: int, end: int, frame_bytes: FrameBytes) -> None:
    """Raises NotCopyable if frames go on, of whatever kind, or if there is too much to be sure.

    `frame_bytes` gives the length of the frame that starts with the given bytes, 0 if none does.
    """
    if end - start > _MAX_TAIL_BYTES:
        raise NotCopyable("Something else than frames follows in the midst of it.")
    tail = os.pread(file, end - start, start)
    seen = np.frombuffer(tail, np.uint8)
    starts = np.flatnonzero((seen[:-1] == 0xFF) & (seen[1:] >= 0xE0)).tolist()
    sizes = {at: frame_bytes(tail[at : at + _LOOK_BYTES]) for at in starts}
    if _has_chain({at: at + size for at, size in sizes.items() if size}, len(tail)):
        raise NotCopyable("It is damaged, or put together of several: between its frames are other bytes.")


def _has_chain(after: dict[int, int], end: int) -> bool:
    """Whether, of what only looks like frames, three follow each other, or fewer lead exactly to the end.

    `after` says where each of them would end.
    """
    for second in after.values():
        third = after.get(second, second)
        if end in (second, third) or (third != second and third in after):
            return True
    return False
