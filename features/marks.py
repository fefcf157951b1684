"""Distinct counts for all windows from one pass: one bit per thing and stretch of time.

Time is cut at every window edge, so that facts inside one stretch cannot be told apart by any
window. Who was there in a window is then: is any bit set between its edges. What became known only
after an as-of date it belongs before is kept apart and set when its row comes.
"""

from dataclasses import dataclass

import numba as nb
import numpy as np
import numpy.typing as npt

__all__ = ["Marks", "Pairs", "Stretches", "day_stretches", "edge_stretches"]

IntArray = npt.NDArray[np.int64]
RowArray = npt.NDArray[np.int32]
BitArray = npt.NDArray[np.uint64]

_DAY_US = 86_400_000_000
_SPREAD = np.uint64(0x9E3779B97F4A7C15)
_ONE = np.uint64(1)
_FEW_PAIRS = 1 << 22


@dataclass(frozen=True, slots=True)
class Stretches:
    """Time cut into stretches, numbered from 0.

    Parameters
    ----------
    edges : ndarray of int64
        Moments at which a new stretch begins; empty when stretches are days.
    first_day : int
        Day that is stretch 0, when stretches are days.
    count : int
    """

    edges: IntArray
    first_day: int
    count: int

    def number(self, moment: IntArray) -> RowArray:
        """Return the stretch each moment lies in, -1 where it is too early to matter."""
        if len(self.edges):
            return np.asarray(_numbered(moment, self.edges))
        days = moment // _DAY_US - self.first_day
        return np.clip(days, -1, self.count).astype(np.int32)

    def last_before(self, moment: IntArray) -> RowArray:
        """Return the last stretch that lies wholly before each edge."""
        if len(self.edges):
            return np.searchsorted(self.edges, moment, side="left").astype(np.int32)
        return (-(-moment // _DAY_US) - 1 - self.first_day).astype(np.int32)


def edge_stretches(edges: IntArray) -> Stretches:
    """Return the stretches between all edges of all windows.

    Parameters
    ----------
    edges : ndarray of int64
        In any order, repeated or not; at least one.

    Returns
    -------
    Stretches

    Examples
    --------
    >>> stretches = edge_stretches(np.array([10, 20]))
    >>> stretches.number(np.array([5, 10, 25])).tolist(), stretches.last_before(np.array([20]))
    ([0, 1, 2], array([1], dtype=int32))
    """
    unique = np.unique(edges)
    return Stretches(unique, 0, len(unique) + 1)


def day_stretches(edges: IntArray) -> Stretches:
    """Return the days between the first and the last edge, for facts that have no hour.

    Parameters
    ----------
    edges : ndarray of int64
        At least one.

    Returns
    -------
    Stretches

    Examples
    --------
    >>> day_stretches(np.array([0, 2 * 86_400_000_000])).number(np.array([86_400_000_000])).tolist()
    [1]
    """
    first, last = int(edges.min()) // _DAY_US, int(edges.max()) // _DAY_US
    return Stretches(np.zeros(0, np.int64), first, last - first + 1)


class Pairs:
    """Numbers for pairs of an account and a thing.

    Few possible pairs are all numbered beforehand; of many, each gets the next number when it is
    first seen. Most things belong to one account, their home, and are found there directly.

    Parameters
    ----------
    n_accounts, n_things : int
        Accounts and things are numbered below these bounds.
    """

    def __init__(self, n_accounts: int, n_things: int) -> None:
        self._n_things = n_things
        self._all = n_accounts * n_things <= _FEW_PAIRS
        self._homes = np.full((0 if self._all else n_things, 2), -1, np.int32)
        self._slots = np.zeros(1 << 8, np.int64)
        self._numbers = np.zeros(1 << 8, np.int32)
        self._owner = np.zeros(0, np.int32)
        self._away = 0
        self.count = 0
        if self._all:
            self.count = n_accounts * n_things
            self._owner = np.repeat(np.arange(n_accounts, dtype=np.int32), n_things)

    @property
    def owner(self) -> RowArray:
        """Account of each pair, shape (count,)."""
        return self._owner[: self.count]

    def number(self, account: RowArray, thing: IntArray) -> RowArray:
        """Return the number of each pair; new pairs get the next ones."""
        if self._all:
            return (account * np.int32(self._n_things) + thing.astype(np.int32)).astype(np.int32)
        self._make_room(len(account))
        out = np.empty(len(account), np.int32)
        self.count, self._away = _number_pairs(
            account,
            thing,
            self._homes,
            self._slots,
            self._numbers,
            self._owner,
            (self.count, self._away),
            out,
        )
        return out

    def _make_room(self, more: int) -> None:
        needed = self.count + more
        if needed > len(self._owner):
            grown = np.zeros(max(needed, 2 * len(self._owner)), np.int32)
            grown[: self.count] = self.owner
            self._owner = grown
        if 2 * (self._away + more) > len(self._slots):
            size = 1 << int(2 * (self._away + more)).bit_length()
            slots, numbers = np.zeros(size, np.int64), np.zeros(size, np.int32)
            _rehash(self._slots, self._numbers, slots, numbers)
            self._slots, self._numbers = slots, numbers


class Marks:
    """Which pair was there in which stretch, and what was learned late.

    Parameters
    ----------
    stretches : Stretches
    """

    def __init__(self, stretches: Stretches) -> None:
        self.stretches = stretches
        self._bits = np.zeros((1 << 10, (stretches.count + 63) // 64), np.uint64)
        self._late: list[tuple[RowArray, RowArray, RowArray]] = []

    def add(
        self,
        pair: RowArray,
        stretch: RowArray,
        kept: npt.NDArray[np.bool_],
        *,
        known: RowArray,
        due: RowArray,
        n_pairs: int,
    ) -> None:
        """Mark facts.

        Parameters
        ----------
        pair, stretch : ndarray of int32, shape (n_facts,)
        kept : ndarray of bool, shape (n_facts,)
            Facts to mark.
        known, due : ndarray of int32, shape (n_facts,)
            First row on which the fact is known, and on which it would be if it were known at once.
        n_pairs : int
            Pairs numbered so far.
        """
        if n_pairs > len(self._bits):
            grown = np.zeros((max(n_pairs, 2 * len(self._bits)), self._bits.shape[1]), np.uint64)
            grown[: len(self._bits)] = self._bits
            self._bits = grown
        if _mark(pair, stretch, kept, known, due, self._bits):
            late = np.flatnonzero(kept & (known > due) & (stretch >= 0))
            self._late.append((pair[late], stretch[late], known[late]))

    def count(
        self,
        owner: RowArray,
        starts: IntArray,
        date: RowArray,
        windows: tuple[RowArray, RowArray],
        *,
        stretchwise: bool,
    ) -> IntArray:
        """Count, per window and row, the pairs that were there.

        Parameters
        ----------
        owner : ndarray of int32, shape (n_pairs,)
            Account of each pair.
        starts : ndarray of int64
            As in ``Rows``.
        date : ndarray of int32, shape (n_rows,)
            Place of each row's as-of date among the different ones.
        windows : pair of ndarray of int32, shape (n_windows, n_dates)
            Stretches after the first and up to the second belong to the window.
        stretchwise : bool
            Count each stretch in which a pair was there instead of the pair once.

        Returns
        -------
        ndarray of int64, shape (n_windows, n_rows)
        """
        pair, stretch, known = self._sorted_late()
        bits = self._bits[: len(owner)].copy() if len(pair) else self._bits
        tally = _count_stretches if stretchwise else _count_pairs
        out = np.zeros((len(windows[0]), len(date)), np.int64)
        tally(bits, owner, pair, stretch, known, starts, date, windows[0], windows[1], out)
        return out

    def _sorted_late(self) -> tuple[RowArray, RowArray, RowArray]:
        if not self._late:
            empty = np.zeros(0, np.int32)
            return empty, empty, empty
        pair, stretch, known = (np.concatenate(part) for part in zip(*self._late, strict=True))
        order = np.lexsort((known, pair))
        return pair[order], stretch[order], known[order]


@nb.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _numbered(moment: IntArray, edges: IntArray) -> RowArray:
    out = np.empty(len(moment), np.int32)
    place = 0
    for i in range(len(moment)):
        when = moment[i]
        below = place == 0 or edges[place - 1] <= when
        if not (below and (place == len(edges) or edges[place] > when)):
            place = np.searchsorted(edges, when, side="right")
        out[i] = place
    return out


@nb.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _slot_of(pair: np.int64, slots: IntArray) -> np.int64:
    """Return the slot that holds a pair, or the free one it belongs in."""
    mask = len(slots) - 1
    slot = np.int64((np.uint64(pair) * _SPREAD) >> np.uint64(32)) & mask
    while slots[slot] != 0 and slots[slot] != pair + 1:
        slot = (slot + 1) & mask
    return slot


@nb.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _number_pairs(
    account: RowArray,
    thing: IntArray,
    homes: RowArray,
    slots: IntArray,
    numbers: RowArray,
    owner: RowArray,
    counts: tuple[int, int],
    out: RowArray,
) -> tuple[int, int]:
    count, away = counts
    for i in range(len(account)):
        home = homes[thing[i]]
        if home[0] == account[i]:
            out[i] = home[1]
            continue
        if home[0] < 0:
            home[0], home[1] = account[i], count
            owner[count] = account[i]
            out[i] = count
            count += 1
            continue
        pair = np.int64(account[i]) * len(homes) + thing[i]
        slot = _slot_of(pair, slots)
        if slots[slot] == 0:
            slots[slot] = pair + 1
            numbers[slot] = count
            owner[count] = account[i]
            count += 1
            away += 1
        out[i] = numbers[slot]
    return count, away


@nb.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _rehash(slots: IntArray, numbers: RowArray, new_slots: IntArray, new_numbers: RowArray) -> None:
    for i in range(len(slots)):
        if slots[i] != 0:
            slot = _slot_of(slots[i] - 1, new_slots)
            new_slots[slot] = slots[i]
            new_numbers[slot] = numbers[i]


@nb.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _mark(
    pair: RowArray,
    stretch: RowArray,
    kept: npt.NDArray[np.bool_],
    known: RowArray,
    due: RowArray,
    bits: BitArray,
) -> bool:
    """Set the bits of what was known in time, and say whether anything was not."""
    late = False
    for i in range(len(pair)):
        if kept[i] and stretch[i] >= 0 and stretch[i] < bits.shape[1] * 64:
            if known[i] > due[i]:
                late = True
            else:
                bits[pair[i], stretch[i] >> 6] |= _ONE << np.uint64(stretch[i] & 63)
    return late


@nb.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _highest(line: BitArray, last: int) -> int:
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


@nb.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _bits_in(word: np.uint64) -> np.int64:
    """Return how many bits of a word are set, by adding up ever larger groups of them."""
    word = word - ((word >> _ONE) & np.uint64(0x5555555555555555))
    pairs = np.uint64(0x3333333333333333)
    word = (word & pairs) + ((word >> np.uint64(2)) & pairs)
    word = (word + (word >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int64((word * np.uint64(0x0101010101010101)) >> np.uint64(56))


@nb.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _how_many(line: BitArray, after: int, last: int) -> int:
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


@nb.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _count_pairs(
    bits: BitArray,
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
    late = 0
    for pair in range(len(owner)):
        line = bits[pair]
        for row in range(starts[owner[pair]], starts[owner[pair] + 1]):
            while late < len(late_pair) and late_pair[late] == pair and late_known[late] <= row:
                line[late_stretch[late] >> 6] |= _ONE << np.uint64(late_stretch[late] & 63)
                late += 1
            newest, newest_upto = -1, -1
            for window in range(len(after)):
                last = upto[window, date[row]]
                if last != newest_upto:
                    newest, newest_upto = _highest(line, last), last
                if newest > after[window, date[row]]:
                    out[window, row] += 1
        while late < len(late_pair) and late_pair[late] == pair:
            late += 1


@nb.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _count_stretches(
    bits: BitArray,
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
    late = 0
    for pair in range(len(owner)):
        line = bits[pair]
        for row in range(starts[owner[pair]], starts[owner[pair] + 1]):
            while late < len(late_pair) and late_pair[late] == pair and late_known[late] <= row:
                line[late_stretch[late] >> 6] |= _ONE << np.uint64(late_stretch[late] & 63)
                late += 1
            for window in range(len(after)):
                out[window, row] += _how_many(
                    line, after[window, date[row]], upto[window, date[row]]
                )
        while late < len(late_pair) and late_pair[late] == pair:
            late += 1
