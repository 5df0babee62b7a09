"""Changes good files a little, the same way for the same seed, where their structure says that it matters."""

import random
from collections.abc import Callable, Sequence

_NUMBERS = (
    *(0, 1, 2, 3, 7, 8, 16, 31, 127, 128, 255, 256, 32767, 32768, 65535, 65536),
    *(2**24, 2**31 - 1, 2**31, 2**32 - 1, 2**63 - 1, 2**63, 2**64 - 1),
)
_SIZES = (1, 2, 3, 4, 4, 4, 8, 8)
_MOST_BLOCK = 4096
_NEAR = range(-8, 40)
_NEAR_SHARE = 0.6

Change = Callable[["Mutator", bytearray], None]


class Mutator:
    """`tokens` are what the format's structures begin with; changes gather round them."""

    def __init__(self, seed: int | str, corpus: Sequence[bytes], tokens: Sequence[bytes] = ()) -> None:
        self.random = random.Random(seed)  # noqa: S311  repeatable on purpose, and no secret
        self.corpus = corpus
        self.tokens = tokens

    def next(self) -> bytes:
        data = bytearray(self.random.choice(self.corpus))
        for _ in range(self.random.choice((1, 1, 1, 2, 2, 3, 5, 12))):
            self.random.choice(_CHANGES)(self, data)
        return bytes(data)

    def place(self, data: bytearray) -> int:
        """Mostly near the start of a structure."""
        if self.tokens and self.random.random() < _NEAR_SHARE:
            begin = self.random.randrange(len(data) + 1)
            token = self.random.choice(self.tokens)
            found = data.find(token, begin)
            found = found if found >= 0 else data.find(token)
            if found >= 0:
                near = found + self.random.choice(_NEAR)
                return min(max(near, 0), len(data))
        return self.random.randrange(len(data) + 1)

    def block(self, data: bytearray) -> int:
        """So much that something is left."""
        return self.random.randrange(1, min(_MOST_BLOCK, len(data) // 4) + 2)


def _flip(mutator: Mutator, data: bytearray) -> None:
    at = mutator.place(data)
    if at < len(data):
        data[at] ^= 1 << mutator.random.randrange(8)


def _byte(mutator: Mutator, data: bytearray) -> None:
    at = mutator.place(data)
    if at < len(data):
        data[at] = mutator.random.randrange(256)


def _number(mutator: Mutator, data: bytearray) -> None:
    """In place of another one, near what formats like to count with."""
    size, at = mutator.random.choice(_SIZES), mutator.place(data)
    number = mutator.random.choice((*_NUMBERS, len(data), mutator.random.randrange(1 << 8 * size)))
    number += mutator.random.choice((-1, 0, 0, 1))
    order = mutator.random.choice(("little", "big"))
    data[at : at + size] = (number % (1 << 8 * size)).to_bytes(size, "big")[:: 1 if order == "big" else -1]


def _cut_off(mutator: Mutator, data: bytearray) -> None:
    del data[mutator.place(data) :]


def _remove(mutator: Mutator, data: bytearray) -> None:
    at = mutator.place(data)
    del data[at : at + mutator.block(data)]


def _repeat(mutator: Mutator, data: bytearray) -> None:
    at, to = mutator.place(data), mutator.place(data)
    data[to:to] = data[at : at + mutator.block(data)]


def _erase(mutator: Mutator, data: bytearray) -> None:
    at = mutator.place(data)
    size = min(mutator.block(data), len(data) - at)
    data[at : at + size] = bytes([mutator.random.choice((0, 255))]) * size


def _splice(mutator: Mutator, data: bytearray) -> None:
    """The end of another file behind the beginning of this one."""
    other = mutator.random.choice(mutator.corpus)
    data[mutator.place(data) :] = other[mutator.random.randrange(len(other) + 1) :]


def _token(mutator: Mutator, data: bytearray) -> None:
    if mutator.tokens:
        token, at = mutator.random.choice(mutator.tokens), mutator.place(data)
        data[at : at + mutator.random.choice((0, len(token)))] = token


_CHANGES: tuple[Change, ...] = (
    *(_flip, _byte, _number, _number, _number, _cut_off),
    *(_remove, _repeat, _erase, _splice, _token),
)
