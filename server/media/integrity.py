"""How whole a source is: what it should hold, what is there, and what is done about a difference."""

from dataclasses import dataclass
from enum import StrEnum

from zerokerf.errors import CorruptFile


class Damage(StrEnum):
    """What to do with a source that is damaged or cut short."""

    #: Split it as far as it goes, and say so.
    TOLERATE = "tolerate"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True, kw_only=True)
class Integrity:
    """How whole the file is. `expected_samples` is what it should hold, where that is known."""

    expected_samples: int | None = None
    #: How often the reader lost the frames and found them again; None where nobody counted.
    resyncs: int | None = 0
    is_truncated: bool = False
    #: Whether a decoder complained about what it read.
    is_garbled: bool = False


def check_integrity(integrity: Integrity, found_samples: int, damage: Damage) -> None:
    """Raises CorruptFile with the numbers for what is not whole, if that is to be refused."""
    notes = integrity_notes(integrity, found_samples)
    if damage is Damage.TOLERATE or not notes:
        return
    why = notes[0].replace("The source", "it", 1)
    raise CorruptFile(why, **_facts(integrity, found_samples))


def integrity_notes(integrity: Integrity, found_samples: int) -> tuple[str, ...]:
    """What a person should know of a damaged source, in sentences; none for a whole one."""
    notes = []
    missing = max(0, (integrity.expected_samples or 0) - found_samples)
    numbers = f"it should hold {integrity.expected_samples} samples, {found_samples} are there."
    if integrity.is_truncated:
        end = numbers if missing else f"it ends after {found_samples} samples in the midst of its audio."
        notes.append(f"The source is cut short: {end}")
    elif missing:
        notes.append(f"The source is not whole: {numbers}")
    if integrity.resyncs:
        notes.append(f"The source is damaged: its audio is interrupted in {_times(integrity.resyncs)}.")
    elif integrity.is_garbled:
        notes.append("The source is damaged: some of its audio could not be decoded as it should be.")
    return tuple(notes)


def _times(count: int) -> str:
    return "1 place" if count == 1 else f"{count} places"


def _facts(integrity: Integrity, found_samples: int) -> dict[str, int]:
    facts = {"foundSamples": found_samples}
    if integrity.expected_samples is not None:
        facts["expectedSamples"] = integrity.expected_samples
    if integrity.resyncs:
        facts["resyncs"] = integrity.resyncs
    return facts
