"""What people read of lengths adds up as the samples do."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from server.media.plan import Cut
from server.media.plan_time import total_ms
from zerokerf.cli.cut_time import durations_ms

edges = st.lists(st.integers(1, 10**12), min_size=1, max_size=50, unique=True).map(
    lambda each: [0, *sorted(each)]
)


@given(edges=edges, rate=st.integers(1, 384_000))
def test_lengths_of_segments_add_up_to_that_of_the_whole(edges: list[int], rate: int) -> None:
    cuts = [Cut(index, first, end - first, "") for index, (first, end) in enumerate(pairwise(edges))]

    assert sum(durations_ms(cuts, rate)) == total_ms(edges[-1], rate)
