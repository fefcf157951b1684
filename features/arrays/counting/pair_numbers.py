"""Numbers for pairs of codes, given in the order in which the pairs are first seen."""

import numpy as np

from ..array_types import IntArray, RowArray, WideCodeArray
from ..compiled import kernel

__all__ = ["Pairs"]


_SPREAD = np.uint64(0x9E3779B97F4A7C15)
_FEW_PAIRS = 1 << 22


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
