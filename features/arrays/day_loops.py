"""Compiled loops over days and over rows that may repeat."""

import numpy as np
import numpy.typing as npt

from .array_types import IntArray
from .compiled import kernel
from .plain_text import Mask
from .time_grid import DAY_US

__all__ = ["MOST_DAYS", "mix", "outside", "seen_days"]


MOST_DAYS = 1 << 17
"""More days than lie between 1970 and 2200."""


@kernel
def seen_days(ticks: IntArray) -> Mask:
    """Return for every day since 1970 whether any of the moments lies in it."""
    seen = np.zeros(MOST_DAYS, np.bool_)
    for tick in ticks:
        if tick >= 0:
            seen[tick // DAY_US] = True
    return seen


@kernel
def outside(
    codes: npt.NDArray[np.int32],
    ticks: IntArray,
    owners: IntArray,
    reach: IntArray,
    begins: IntArray,
    ends: IntArray,
) -> Mask:
    """Return which moments lie in none of the periods of their owner, which are sorted by begin."""
    out = np.zeros(len(codes), np.bool_)
    for i in range(len(codes)):
        owner = owners[codes[i]]
        if owner < 0 or ticks[i] < 0:
            continue
        moment = owner * MOST_DAYS + ticks[i] // DAY_US
        place = reach[owner + 1] - 1
        while place >= reach[owner] and begins[place] > moment:
            place -= 1
        out[i] = place < reach[owner] or ends[place] <= moment
    return out


Fingerprints = npt.NDArray[np.uint64]

_SPREAD = np.uint64(0x9E3779B97F4A7C15)


@kernel
def mix(prints: Fingerprints, values: IntArray) -> None:
    """Mix one more column into the fingerprint of each row, in place."""
    for i in range(len(prints)):
        mixed = (prints[i] ^ np.uint64(np.int64(values[i]))) * _SPREAD
        prints[i] = mixed ^ (mixed >> np.uint64(29))
