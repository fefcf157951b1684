"""Distinct counts for all windows from one pass: one bit per thing and stretch of time.

Who was there in a window is then: is any bit set between its edges. What became known only after
an as-of date it belongs before is kept apart and set when its row comes.
"""

import numpy as np

from .arrays.array_types import BoolArray, ByteArray, IntArray, RowArray, WideCodeArray, WordArray
from .arrays.compiled import kernel
from .stretches import Stretches, Windows

__all__ = ["Marks", "Pairs"]


_SPREAD = np.uint64(0x9E3779B97F4A7C15)
_ONE = np.uint64(1)
_FEW_PAIRS = 1 << 22
_EVERY_ROW = np.iinfo(np.int32).max


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

    def number(self, account: RowArray, thing: WideCodeArray) -> RowArray:
        """Return the number of each pair; new pairs get the next ones."""
        if self._all:
            return np.asarray(_all_pairs(account, thing, self._n_things))
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
        # Eight stretches at a time: facts come about in the order of time, and what is marked for
        # all pairs meanwhile has to stay near the processor.
        self._bits = np.zeros(((stretches.count + 7) // 8, 1 << 10), np.uint8)
        self._late: list[tuple[RowArray, RowArray, RowArray]] = []

    def add(self, pair: RowArray, stretch: RowArray, kept: BoolArray, *, n_pairs: int) -> None:
        """Mark facts that are known in time.

        Parameters
        ----------
        pair, stretch : ndarray of int32, shape (n_facts,)
        kept : ndarray of bool, shape (n_facts,)
            Facts to mark.
        n_pairs : int
            Pairs numbered so far.
        """
        if n_pairs > self._bits.shape[1]:
            grown = np.zeros((len(self._bits), max(n_pairs, 2 * self._bits.shape[1])), np.uint8)
            grown[:, : self._bits.shape[1]] = self._bits
            self._bits = grown
        _mark(pair, stretch, kept, self._bits)

    def add_late(self, pair: RowArray, stretch: RowArray, known: RowArray) -> None:
        """Note facts learned after an as-of date they belong before.

        Parameters
        ----------
        pair, stretch : ndarray of int32, shape (n_facts,)
            Of pairs for which there is room already.
        known : ndarray of int32, shape (n_facts,)
            The first row on which each fact is known.
        """
        matters = stretch >= 0
        self._late.append((pair[matters], stretch[matters], known[matters]))

    def count(
        self, owner: RowArray, starts: IntArray, windows: Windows, *, stretchwise: bool
    ) -> IntArray:
        """Count, per window and row, the pairs that were there.

        Parameters
        ----------
        owner : ndarray of int32, shape (n_pairs,)
            Account of each pair.
        starts : ndarray of int64
            As in ``Rows``.
        windows : Windows
        stretchwise : bool
            Count each stretch in which a pair was there instead of the pair once.

        Returns
        -------
        ndarray of int64, shape (n_windows, n_rows)
        """
        pair, stretch, known = self._sorted_late()
        tally = _count_stretches if stretchwise else _count_pairs
        after, upto = np.ascontiguousarray(windows.after.T), np.ascontiguousarray(windows.upto.T)
        date = windows.date
        out = np.zeros((len(date), len(windows.after)), np.int64)
        tally(self._bits, owner, pair, stretch, known, starts, date, after, upto, out)
        return out.T

    def _sorted_late(self) -> tuple[RowArray, RowArray, RowArray]:
        if not self._late:
            empty = np.zeros(0, np.int32)
            return empty, empty, empty
        pair, stretch, known = (np.concatenate(part) for part in zip(*self._late, strict=True))
        order = np.lexsort((known, pair))
        return pair[order], stretch[order], known[order]


@kernel
def _slot_of(pair: np.int64, slots: IntArray) -> np.int64:
    """Return the slot that holds a pair, or the free one it belongs in."""
    mask = len(slots) - 1
    slot = np.int64((np.uint64(pair) * _SPREAD) >> np.uint64(32)) & mask
    while slots[slot] != 0 and slots[slot] != pair + 1:
        slot = (slot + 1) & mask
    return slot


@kernel
def _all_pairs(account: RowArray, thing: WideCodeArray, n_things: int) -> RowArray:
    out = np.empty(len(account), np.int32)
    for i in range(len(account)):
        out[i] = account[i] * n_things + thing[i]
    return out


@kernel
def _number_pairs(
    account: RowArray,
    thing: WideCodeArray,
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


@kernel
def _rehash(slots: IntArray, numbers: RowArray, new_slots: IntArray, new_numbers: RowArray) -> None:
    for i in range(len(slots)):
        if slots[i] != 0:
            slot = _slot_of(slots[i] - 1, new_slots)
            new_slots[slot] = slots[i]
            new_numbers[slot] = numbers[i]


@kernel
def _mark(pair: RowArray, stretch: RowArray, kept: BoolArray, bits: ByteArray) -> None:
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
def _count_pairs(
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
def _count_stretches(
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
