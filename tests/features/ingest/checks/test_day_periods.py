"""Whether a day lies in one of the periods of a thing."""

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from churngrid.features.ingest.checks.day_periods import Periods

DAYS = st.integers(0, 12)


@given(
    periods=st.lists(
        st.tuples(st.sampled_from("ab"), DAYS, st.one_of(st.none(), DAYS)), max_size=6
    ),
    asked=st.lists(st.tuples(st.sampled_from("abc"), DAYS), max_size=6),
)
def test_periods_agree_with_looking_at_each_one(periods, asked):
    def times(days):
        ticks = [None if day is None else day * 86_400_000_000 for day in days]
        return pa.array(ticks, pa.timestamp("us", tz="UTC"))

    owners, begins, ends = zip(*periods, strict=True) if periods else ((), (), ())
    table = pa.table({"o": pa.array(owners, pa.string()), "b": times(begins), "e": times(ends)})
    mask = Periods.of(table, "o", "b", "e").outside(
        pa.chunked_array([pa.array([owner for owner, _ in asked], pa.string())]),
        pa.chunked_array([times([day for _, day in asked])]),
    )
    expected = [
        owner in owners
        and not any(
            other == owner and begin <= day and (end is None or day < end)
            for other, begin, end in periods
        )
        for owner, day in asked
    ]
    assert mask.tolist() == expected
