"""All classes of errors, and an error of each."""

from collections.abc import Iterator

from zerokerf.errors import ZerokerfError


def classes(root: type[ZerokerfError] = ZerokerfError) -> Iterator[type[ZerokerfError]]:
    yield root
    for child in root.__subclasses__():
        yield from classes(child)


def bare(cls: type[ZerokerfError]) -> ZerokerfError:
    """An error of this class, whatever its own constructor asks for."""
    error = cls.__new__(cls)
    ZerokerfError.__init__(error, "A sentence.")
    return error
