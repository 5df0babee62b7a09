"""Every section that is measured has its place in the documentation."""

import pytest

from benchmarks.__main__ import SECTIONS
from benchmarks.page import PAGES, USUAL_PAGE


@pytest.mark.parametrize("section", SECTIONS)
def test_a_section_has_one_place(section: str) -> None:
    page = PAGES.get(section, USUAL_PAGE).read_text()

    marks = [page.find(f"<!-- measured, {section}: {edge} -->") for edge in ("begin", "end")]

    assert 0 <= marks[0] < marks[1]
