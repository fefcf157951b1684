"""Presence bits: whether a thing was seen in a stretch of time, eight stretches a byte."""

import numpy as np

from ..array_types import BoolArray, ByteArray, FloatArray, IntArray, RowArray, WordArray
from ..compiled import kernel
from ..workdays import workday_of

__all__ = ["count_pairs", "count_shared", "count_stretches", "mark", "usual_gaps"]

_ONE = np.uint64(1)
_EVERY_ROW = np.iinfo(np.int32).max


@kernel
def mark(pair: RowArray, stretch: RowArray, kept: BoolArray, bits: ByteArray) -> None:
    """Set the bit of the stretch in which each pair was seen, in place."""
    for i in range(len(pair)):
        if kept[i] and 0 <= stretch[i] < len(bits) * 8:
            bits[stretch[i] >> 3, pair[i]] |= np.uint8(1 << (stretch[i] & 7))


@kernel
def _lay_out(bits: ByteArray, pair: int, line: WordArray) -> None:
    """Put all bits of a pair one after the other."""
    line[:] = 0
    for plane in range(len(bits)):
        line[plane >> 3] |= np.uint64(bits[plane, pair]) << np.uint64(8 * (plane & 7))


@kernel
def _highest(line: WordArray, last: int) -> int:
    """Return the highest set bit up to a place, or -1."""
    word = last >> 6
    if last < 0:
        return -1
    if word >= len(line):
        word, last = len(line) - 1, len(line) * 64 - 1
    shift = np.uint64(63 - (last & 63))
    found = (line[word] << shift) >> shift
    while found == 0:
        word -= 1
        if word < 0:
            return -1
        found = line[word]
    place = word << 6
    step = 32
    while step > 0:
        above = found >> np.uint64(step)
        if above != 0:
            place += step
            found = above
        step >>= 1
    return place


@kernel
def _bits_in(word: np.uint64) -> np.int64:
    """Return how many bits of a word are set, by adding up ever larger groups of them."""
    word = word - ((word >> _ONE) & np.uint64(0x5555555555555555))
    pairs = np.uint64(0x3333333333333333)
    word = (word & pairs) + ((word >> np.uint64(2)) & pairs)
    word = (word + (word >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int64((word * np.uint64(0x0101010101010101)) >> np.uint64(56))


@kernel
def _how_many(line: WordArray, after: int, last: int) -> int:
    """Return how many bits are set after one place and up to another."""
    first, last = max(after + 1, 0), min(last, len(line) * 64 - 1)
    total = 0
    for word in range(first >> 6, (last >> 6) + 1):
        part = line[word]
        if word == first >> 6:
            shift = np.uint64(first & 63)
            part = (part >> shift) << shift
        if word == last >> 6:
            shift = np.uint64(63 - (last & 63))
            part = (part << shift) >> shift
        total += _bits_in(part)
    return total


@kernel
def _learn(
    line: WordArray,
    late: int,
    pair: int,
    row: int,
    late_pair: RowArray,
    late_stretch: RowArray,
    late_known: RowArray,
) -> int:
    """Set the bits of what a pair is known by on a row, and return the next late fact."""
    while late < len(late_pair) and late_pair[late] == pair and late_known[late] <= row:
        line[late_stretch[late] >> 6] |= _ONE << np.uint64(late_stretch[late] & 63)
        late += 1
    return late


@kernel
def count_pairs(
    bits: ByteArray,
    owner: RowArray,
    late_pair: RowArray,
    late_stretch: RowArray,
    late_known: RowArray,
    starts: IntArray,
    date: RowArray,
    after: RowArray,
    upto: RowArray,
    out: IntArray,
) -> None:
    """Add, per row and window, how many pairs were seen in the window, in place."""
    late, line = np.int64(0), np.zeros((len(bits) + 7) // 8, np.uint64)
    for pair in range(len(owner)):
        _lay_out(bits, pair, line)
        for row in range(starts[owner[pair]], starts[owner[pair] + 1]):
            late = _learn(line, late, pair, row, late_pair, late_stretch, late_known)
            newest, newest_upto = -1, -1
            for window in range(after.shape[1]):
                last = upto[date[row], window]
                if last != newest_upto:
                    newest, newest_upto = _highest(line, last), last
                out[row, window] += newest > after[date[row], window]
        late = _learn(line, late, pair, np.int64(_EVERY_ROW), late_pair, late_stretch, late_known)


@kernel
def count_stretches(
    bits: ByteArray,
    owner: RowArray,
    late_pair: RowArray,
    late_stretch: RowArray,
    late_known: RowArray,
    starts: IntArray,
    date: RowArray,
    after: RowArray,
    upto: RowArray,
    out: IntArray,
) -> None:
    """Add, per row and window, in how many stretches pairs were seen in the window, in place."""
    late, line = np.int64(0), np.zeros((len(bits) + 7) // 8, np.uint64)
    for pair in range(len(owner)):
        _lay_out(bits, pair, line)
        for row in range(starts[owner[pair]], starts[owner[pair] + 1]):
            late = _learn(line, late, pair, row, late_pair, late_stretch, late_known)
            for window in range(after.shape[1]):
                out[row, window] += _how_many(
                    line, after[date[row], window], upto[date[row], window]
                )
        late = _learn(line, late, pair, np.int64(_EVERY_ROW), late_pair, late_stretch, late_known)


@kernel
def count_shared(
    bits: ByteArray,
    order: IntArray,
    owner: RowArray,
    group: RowArray,
    late_pair: RowArray,
    late_stretch: RowArray,
    late_known: RowArray,
    starts: IntArray,
    date: RowArray,
    after: RowArray,
    upto: RowArray,
    at_least: int,
    out: IntArray,
) -> None:
    """Count, per row, the groups of which enough pairs were there in the window.

    Parameters
    ----------
    bits : ndarray of uint8
        Of ``Marks``.
    order : ndarray of int64
        The pairs that belong to a group, those of one group together.
    owner, group : ndarray of int32, shape (n_pairs,)
    late_pair, late_stretch, late_known : ndarray of int32
        Of ``Marks``, by pair and then by row.
    starts, date : ndarray
        As in ``Rows``.
    after, upto : ndarray of int32, shape (n_dates,)
    at_least : int
    out : ndarray of int64, shape (n_rows,)
        Added to.
    """
    line = np.zeros((len(bits) + 7) // 8, np.uint64)
    there = np.zeros(np.max(np.diff(starts)), np.int64)
    begun = np.searchsorted(late_pair, order)
    for place in range(len(order)):
        pair = order[place]
        first, last = starts[owner[pair]], starts[owner[pair] + 1]
        if place == 0 or group[order[place - 1]] != group[pair]:
            there[:] = 0
        _lay_out(bits, pair, line)
        late = begun[place]
        for row in range(first, last):
            late = _learn(line, late, pair, row, late_pair, late_stretch, late_known)
            if _highest(line, upto[date[row]]) > after[date[row]]:
                there[row - first] += 1
                out[row] += there[row - first] == at_least


@kernel
def usual_gaps(
    bits: ByteArray,
    owner: RowArray,
    late_pair: RowArray,
    late_stretch: RowArray,
    late_known: RowArray,
    starts: IntArray,
    date: RowArray,
    after: RowArray,
    upto: RowArray,
    first_day: int,
    out: FloatArray,
) -> None:
    """Put down, per row, the median distance in working days between the marked days.

    Parameters
    ----------
    bits, owner, late_pair, late_stretch, late_known, starts, date, after, upto
        As in ``count_shared``; stretches are days, and every pair is an account.
    first_day : int
        Day of the first stretch.
    out : ndarray of float, shape (n_rows,)
        Written where there are at least two working days.
    """
    late, line = np.int64(0), np.zeros((len(bits) + 7) // 8, np.uint64)
    gaps = np.zeros(64 * len(line) + 1, np.int64)
    for pair in range(len(owner)):
        _lay_out(bits, pair, line)
        for row in range(starts[owner[pair]], starts[owner[pair] + 1]):
            late = _learn(line, late, pair, row, late_pair, late_stretch, late_known)
            found = _gaps_in(line, after[date[row]], upto[date[row]], first_day, gaps)
            if found:
                ordered = np.sort(gaps[:found])
                out[row] = (ordered[(found - 1) // 2] + ordered[found // 2]) / 2
        late = _learn(line, late, pair, np.int64(_EVERY_ROW), late_pair, late_stretch, late_known)


@kernel
def _gaps_in(line: WordArray, after: int, upto: int, first_day: int, gaps: IntArray) -> int:
    """Put down the distances between the working days after one place and up to another."""
    first, last = max(after + 1, 0), min(upto, len(line) * 64 - 1)
    count, before = 0, np.int64(-1)
    for word in range(first >> 6, (last >> 6) + 1):
        left = line[word]
        while left != 0:
            lowest = left & (~left + _ONE)
            left ^= lowest
            place = (word << 6) + _bits_in(lowest - _ONE)
            if first <= place <= last:
                workday = workday_of(first_day + place)
                if before >= 0 and workday > before:
                    gaps[count] = workday - before
                    count += 1
                before = max(before, workday)
    return count
