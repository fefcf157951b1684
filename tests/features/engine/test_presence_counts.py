"""Numbers for pairs of account and thing, and the bits that say who was there when."""

import numpy as np
import pandas as pd
import pytest

from churngrid.features.arrays.as_of_rows import Rows
from churngrid.features.arrays.counting import pair_numbers
from churngrid.features.arrays.counting.pair_numbers import Pairs
from churngrid.features.arrays.time_grid import DAY_US
from churngrid.features.engine.presence_counts import Marks
from churngrid.features.engine.time_slices import Windows
from churngrid.features.metrics.row_selection import Select, Window


def small(values):
    return np.array(values, np.int32)


def number(pairs, *couples):
    account, thing = zip(*couples, strict=True)
    return pairs.number(small(account), np.array(thing, np.int64)).tolist()


@pytest.fixture(params=[1 << 22, 0], ids=["all numbered beforehand", "as they are seen"])
def pairs(request, monkeypatch):
    """A function that makes pairs of so many accounts and things."""
    monkeypatch.setattr(pair_numbers, "_FEW_PAIRS", request.param)
    return Pairs


def test_a_pair_has_one_number_and_another_pair_another(pairs):
    some = pairs(3, 4)
    first = number(some, (0, 1), (2, 1), (0, 1), (0, 3))
    assert first[0] == first[2]
    assert len({*first}) == 3
    assert number(some, (0, 3), (2, 1), (0, 1)) == [first[3], first[1], first[0]]


def test_a_number_leads_back_to_the_account(pairs):
    some = pairs(3, 4)
    couples = [(0, 1), (2, 1), (1, 1), (0, 3), (2, 0)]
    numbers = number(some, *couples)
    assert some.owner[numbers].tolist() == [account for account, _ in couples]
    assert len(some.owner) == some.count


def test_a_user_of_two_accounts_is_two_pairs_that_stay_the_same(pairs):
    some = pairs(2, 1)
    home, away = number(some, (1, 0), (0, 0))
    assert home != away
    assert number(some, (0, 0), (1, 0)) == [away, home]
    assert some.owner[[home, away]].tolist() == [1, 0]


def test_only_few_possible_pairs_are_numbered_beforehand():
    side = 1 << 11
    assert Pairs(side, side).count == 1 << 22
    assert Pairs(side + 1, side).count == 0
    assert Pairs(0, 0).count == 0


@pytest.mark.parametrize("seed", range(2))
def test_many_pairs_away_from_home_outgrow_their_slots(monkeypatch, seed):
    monkeypatch.setattr(pair_numbers, "_FEW_PAIRS", 0)
    rng = np.random.default_rng(seed)
    some, seen = Pairs(50, 400), {}
    for _ in range(6):
        couples = list(zip(rng.integers(0, 50, 900), rng.integers(0, 400, 900), strict=True))
        for couple, found in zip(couples, number(some, *couples), strict=True):
            assert seen.setdefault(couple, found) == found
    assert sorted(seen.values()) == list(range(some.count))
    assert all(some.owner[found] == account for (account, _), found in seen.items())


N_DAYS = 150
"""More than two words of 64 bits."""


def rows_of(**dates):
    pairs = [(account, day) for account, days in dates.items() for day in days]
    frame = pd.DataFrame(pairs, columns=["account_id", "as_of"])
    return Rows.of(frame.assign(as_of=pd.to_datetime(frame["as_of"], unit="D", utc=True)))


def counted(rows, facts, selects, *, by_day=False):
    """Count from facts (pair, account, day, first row that knows of it)."""
    windows = Windows.of(selects, rows, by_day=by_day)
    held = Marks(windows.stretches)
    pair, account, day, known = (np.array(part) for part in zip(*facts, strict=True))
    moment = day * DAY_US
    late = small(known) > rows.first_after(small(account), moment)
    stretch = windows.stretches.number(moment)
    held.add(small(pair), stretch, ~late, n_pairs=int(pair.max()) + 1)
    held.add_late(small(pair)[late], stretch[late], small(known)[late])
    owner = np.zeros(int(pair.max()) + 1, np.int32)
    owner[pair] = account
    return held.count(owner, rows.starts, windows, stretchwise=by_day).tolist()


def window(days, ends=0):
    return Select("usage", window=Window(days, ends))


def test_a_pair_counts_once_a_window_and_its_days_one_by_one():
    rows = rows_of(a=[10, 12])
    facts = [(0, 0, 8, 0), (0, 0, 9, 0), (0, 0, 9, 0), (1, 0, 9, 0), (1, 0, 10, 1)]
    selects = [window(1), window(2), window(2, 2), window(5)]
    assert counted(rows, facts, selects) == [[2, 0], [2, 1], [0, 2], [2, 2]]
    assert counted(rows, facts, selects, by_day=True) == [[2, 0], [3, 1], [0, 3], [3, 4]]


def test_what_is_learned_late_counts_from_the_row_that_knows_it():
    rows = rows_of(a=[10, 11, 12], b=[10, 11])
    late = [(0, 0, 9, 2), (1, 1, 9, 5)]
    assert counted(rows, late, [window(9)]) == [[0, 0, 1, 0, 0]]
    assert counted(rows, late, [window(9)], by_day=True) == [[0, 0, 1, 0, 0]]


def test_what_is_learned_late_of_one_pair_is_not_lost_to_another():
    rows = rows_of(a=[10, 11], b=[10, 11])
    facts = [(0, 0, 9, 2), (0, 0, 8, 1), (1, 1, 9, 4), (1, 1, 8, 3), (2, 1, 7, 2)]
    assert counted(rows, facts, [window(9)]) == [[0, 1, 1, 2]]


def test_without_a_window_whoever_was_there_still_counts():
    rows = rows_of(a=[10, 140])
    facts = [(0, 0, 1, 0), (1, 0, 100, 1)]
    assert counted(rows, facts, [Select("usage"), window(50)]) == [[1, 2], [1, 1]]


@pytest.mark.parametrize("by_day", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_counts_are_those_of_sets(seed, by_day):
    """Windows that lie across the words of bits, and facts before and after all of them."""
    rng = np.random.default_rng(seed)
    rows = rows_of(a=[70, 100, N_DAYS], b=[64, 65, 128, 129], c=[N_DAYS])
    owner = rng.integers(0, 3, 12)
    pair = rng.integers(0, 12, 200)
    day = rng.integers(0, N_DAYS + 20, 200)
    ends = rows.starts[owner[pair] + 1]
    fresh = rows.first_after(small(owner[pair]), day * DAY_US)
    known = np.where(
        rng.random(200) < 0.3, np.minimum(fresh + rng.integers(0, 4, 200), ends), fresh
    )
    facts = list(zip(pair, owner[pair], day, known, strict=True))
    windows = [(1, 0), (2, 63), (64, 0), (65, 1), (128, 0), (7, 7)]
    found = counted(rows, facts, [window(*each) for each in windows], by_day=by_day)
    for place, (days, ago) in enumerate(windows):
        for row, as_of in enumerate(rows.as_of // DAY_US):
            there = {
                (p, d) if by_day else p
                for p, account, d, since in facts
                if account == rows.account[row]
                and since <= row
                and as_of - ago - days <= d < as_of - ago
            }
            assert found[place][row] == len(there)
