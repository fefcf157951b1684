"""Arrow columns become arrays of one kind, in however many chunks they come."""

import pyarrow as pa
import pytest

from churngrid.features.arrays.arrow_columns import has_hours, moments_of, numbers_of


@pytest.mark.parametrize("chunks", [[[0, 1, 2]], [[0, 1], [2]], [[0, None], [2]]])
@pytest.mark.parametrize("read", [moments_of, numbers_of])
def test_no_array_may_be_written_to(read, chunks):
    """Kernels are compiled apart for what may be, and only one of both is compiled ahead."""
    assert not read(pa.chunked_array(chunks, pa.int64())).flags.writeable


def test_one_compiled_loop_serves_columns_of_any_number_of_chunks():
    whole, apart = (
        moments_of(pa.chunked_array(chunks, pa.timestamp("us")))
        for chunks in ([[0, 1]], [[0], [1]])
    )
    assert has_hours(whole)
    compiled = len(has_hours.signatures)
    assert has_hours(apart)
    assert len(has_hours.signatures) == compiled
