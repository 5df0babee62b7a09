"""What becomes of a damaged file: a typed error, or samples and the truth about them."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from server.media.decode import Decoded
from server.media.integrity import Damage, check_integrity, integrity_notes
from server.media.pcm import read_range
from tests.media.conftest import Room
from zerokerf.errors import CorruptFile, ZerokerfError


@dataclass(frozen=True, slots=True)
class Outcome:
    """`decoded` is None if there is an error instead, and `refused` what a strict job is told."""

    error: ZerokerfError | None = None
    decoded: Decoded | None = None
    refused: CorruptFile | None = None

    @property
    def found_samples(self) -> int:
        return self.decoded.pcm.sample_count if self.decoded else 0

    @property
    def expected_samples(self) -> int | None:
        return self.decoded.integrity.expected_samples if self.decoded else None

    @property
    def notes(self) -> tuple[str, ...]:
        return integrity_notes(self.decoded.integrity, self.found_samples) if self.decoded else ()

    @property
    def samples(self) -> np.ndarray:
        """Of 16 bit files."""
        assert self.decoded is not None
        pcm = self.decoded.pcm
        content = b"".join(read_range(pcm, 0, pcm.sample_count))
        return np.frombuffer(content, "<i2").reshape(-1, pcm.channels)


async def outcome_of(room: Room, path: Path) -> Outcome:
    """Whatever is not a typed error goes through, and fails the test."""
    try:
        decoded = await room.decode(path)
    except ZerokerfError as error:
        return Outcome(error=error)
    try:
        check_integrity(decoded.integrity, decoded.pcm.sample_count, Damage.REFUSE)
    except CorruptFile as refused:
        return Outcome(decoded=decoded, refused=refused)
    return Outcome(decoded=decoded)


def assert_told(outcome: Outcome) -> None:
    """The loss is in the notes of a tolerant job and in the failure of a strict one, with the numbers."""
    assert outcome.notes
    assert all(note.startswith("The source ") and note.endswith(".") for note in outcome.notes)
    assert outcome.refused is not None
    facts = outcome.refused.facts
    assert facts["foundSamples"] == str(outcome.found_samples)
    assert facts.get("expectedSamples") == (
        None if outcome.expected_samples is None else str(outcome.expected_samples)
    )


def corrupted(data: bytes, places: range, size: int = 20) -> bytes:
    """With zeros at each of these places."""
    changed = bytearray(data)
    for at in places:
        changed[at : at + size] = bytes(size)
    return bytes(changed)
