"""What is said of a source that is not whole, and when that is a reason to refuse it."""

import pytest

from server.media.integrity import Damage, Integrity, check_integrity, integrity_notes
from zerokerf.errors import CorruptFile

FOUND = 300_123
CASES = {
    Integrity(expected_samples=441_000, is_truncated=True): (
        "The source is cut short: it should hold 441000 samples, 300123 are there.",
    ),
    Integrity(is_truncated=True): (
        "The source is cut short: it ends after 300123 samples in the midst of its audio.",
    ),
    Integrity(expected_samples=441_000): (
        "The source is not whole: it should hold 441000 samples, 300123 are there.",
    ),
    Integrity(resyncs=1): ("The source is damaged: its audio is interrupted in 1 place.",),
    Integrity(expected_samples=FOUND + 1, resyncs=7, is_garbled=True): (
        "The source is not whole: it should hold 300124 samples, 300123 are there.",
        "The source is damaged: its audio is interrupted in 7 places.",
    ),
    Integrity(resyncs=None, is_garbled=True): (
        "The source is damaged: some of its audio could not be decoded as it should be.",
    ),
}
WHOLE = (
    Integrity(),
    Integrity(resyncs=None),
    Integrity(expected_samples=FOUND),
    Integrity(expected_samples=FOUND - 1),
)


@pytest.mark.parametrize("integrity", CASES)
def test_every_kind_of_damage_has_its_sentence(integrity: Integrity) -> None:
    assert integrity_notes(integrity, FOUND) == CASES[integrity]


@pytest.mark.parametrize("integrity", CASES)
def test_damage_is_tolerated_or_refused_with_its_numbers(integrity: Integrity) -> None:
    check_integrity(integrity, FOUND, Damage.TOLERATE)
    with pytest.raises(CorruptFile) as refused:
        check_integrity(integrity, FOUND, Damage.REFUSE)

    facts = {"expectedSamples": integrity.expected_samples, "resyncs": integrity.resyncs or None}
    known = {name: str(value) for name, value in facts.items() if value is not None}
    assert refused.value.facts == {"foundSamples": str(FOUND), **known}


@pytest.mark.parametrize("integrity", WHOLE)
def test_a_whole_source_is_never_refused(integrity: Integrity) -> None:
    assert integrity_notes(integrity, FOUND) == ()
    check_integrity(integrity, FOUND, Damage.REFUSE)
