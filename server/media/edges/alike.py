"""Whether samples are the same, and how far apart they are."""

import numpy as np

from server.media.edges.stretch import Samples


def is_alike(one: Samples, other: Samples, tolerance: float) -> bool:
    """Every sample. 0 and -0 sound alike."""
    if one.dtype != other.dtype or one.shape != other.shape:
        return False
    return distance(one, other)[1] <= tolerance


def distance(one: Samples, other: Samples) -> tuple[int, float]:
    """After how many samples they are the same, and how far they are apart until then: 1 is full scale.

    0 where their shapes differ, which says nothing about them.
    """
    is_float = one.dtype.kind == "f"
    if one.shape != other.shape or not one.size or np.array_equal(one, other, equal_nan=is_float):
        return 0, 0.0
    scale = 1.0 if is_float else float(2 ** (8 * one.dtype.itemsize - 1))
    off = np.abs(one.astype(np.float64) - other.astype(np.float64)).max(axis=0) / scale
    off = np.nan_to_num(off, nan=2.0, posinf=2.0)
    return int(np.flatnonzero(off)[-1]) + 1, float(off.max())
