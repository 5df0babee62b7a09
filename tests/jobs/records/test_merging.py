"""Progress and facts only ever grow."""

from dataclasses import fields

from hypothesis import given
from hypothesis import strategies as st

from server.jobs.model import Phase, Progress, SourceFacts
from server.jobs.records.merging import merge_facts, merge_progress

COUNTS = st.integers(0, 2**62)
PROGRESS = st.builds(
    Progress,
    percent=st.integers(0, 100),
    phase=st.sampled_from([None, *Phase]),
    bytes_fetched=COUNTS,
    bytes_total=COUNTS,
    samples_done=COUNTS,
    samples_total=COUNTS,
    sample_rate=COUNTS,
    segments_done=COUNTS,
    segments_total=COUNTS,
    cut_percent=st.integers(0, 100),
    heard_percent=st.integers(0, 100),
)
ORDER = [None, *Phase]


@given(st.lists(PROGRESS, max_size=6))
def test_no_number_goes_down_whatever_is_reported(reports: list[Progress]) -> None:
    known = Progress()
    for report in reports:
        merged = merge_progress(known, report)
        for name in (field.name for field in fields(Progress) if field.name not in ("phase", "percent")):
            assert getattr(merged, name) == max(getattr(known, name), getattr(report, name))
        sides = (merged.cut_percent + merged.heard_percent) // 2
        assert merged.percent == max(known.percent, report.percent, sides)
        assert ORDER.index(merged.phase) == max(ORDER.index(known.phase), ORDER.index(report.phase))
        known = merged


@given(PROGRESS, PROGRESS)
def test_reports_in_any_order_say_the_same(one: Progress, other: Progress) -> None:
    assert merge_progress(one, other) == merge_progress(other, one)


def test_percent_ends_at_a_hundred() -> None:
    assert merge_progress(Progress(), Progress(percent=130)).percent == 100


def test_facts_are_replaced_but_never_lost() -> None:
    before = SourceFacts("a.mp3", 10, "ab", "mp3", 44100, 2, 7)

    assert merge_facts(None, before) == before
    assert merge_facts(before, SourceFacts("b.mp3", 20)) == SourceFacts("b.mp3", 20, "ab", "mp3", 44100, 2, 7)
