"""Which plan is above which, and what an account's plan does not include."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..arrays.array_types import FloatArray

__all__ = ["PLANS", "plan_ranks"]

PLANS = (
    *("free", "trial", "starter", "basic", "essential", "standard", "team", "plus", "growth"),
    *("pro", "professional", "business", "premium", "enterprise", "ultimate"),
)
"""Usual names of plans, the lowest first."""


def plan_ranks(names: pa.Array | pa.ChunkedArray, plans: Sequence[str]) -> FloatArray:
    """Return the place of each plan in their order.

    Parameters
    ----------
    names : pyarrow array of string
        In whatever case, blanks around them aside.
    plans : sequence of str
        The lowest first, in lower case.

    Returns
    -------
    ndarray of float
        Higher means more is included; NaN for a plan that is not in the order, or none.

    Examples
    --------
    >>> plan_ranks(pa.array(["Team ", "starter", "gold", None]), ("starter", "team")).tolist()
    [1.0, 0.0, nan, nan]
    """
    words = pc.utf8_lower(pc.utf8_trim_whitespace(names.cast(pa.string())))
    place = pc.index_in(words, value_set=pa.array(plans, pa.string()), skip_nulls=True)
    filled = pc.fill_null(place.cast(pa.float64()), np.nan)
    return np.asarray(filled.to_numpy(zero_copy_only=False), dtype=float)
