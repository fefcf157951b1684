from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from churngrid.features.errors import LeakageError
from churngrid.training.dataset.temporal_splits import (
    check_families,
    check_honesty,
    grouped_folds,
    out_of_time,
    parents_of,
)


def utc(text):
    return pd.Timestamp(text, tz="UTC")


def monthly_rows(n_months, accounts="ab", *, closes_days=90):
    dates = pd.date_range("2023-01-01", periods=n_months, freq="MS", tz="UTC")
    rows = pd.MultiIndex.from_product([list(accounts), dates], names=["account_id", "as_of"])
    rows = rows.to_frame(index=False)
    return rows.assign(closes_at=rows["as_of"] + pd.Timedelta(days=closes_days))


# --- out of time ---------------------------------------------------------------------------------


def test_folds_are_consecutive_later_blocks():
    rows = monthly_rows(12)
    folds = out_of_time(rows, rows["account_id"])
    assert [(f"{fold.test_from:%m}", f"{fold.test_through:%m}") for fold in folds] == [
        ("07", "08"),
        ("09", "10"),
        ("11", "12"),
    ]
    assert [f"{fold.train_through:%m}" for fold in folds] == ["04", "06", "08"]
    assert all(len(fold.test) == 4 for fold in folds)


def test_label_that_closes_exactly_with_the_test_is_learned_from():
    as_of = pd.DatetimeIndex(["2025-01-01", "2025-01-02", "2025-01-11"], tz="UTC")
    rows = pd.DataFrame({"account_id": "a", "as_of": as_of})
    for days, learned in ((10, 1), (9, 2)):
        fold = out_of_time(
            rows.assign(closes_at=as_of + pd.Timedelta(days=days)), rows["account_id"], n_folds=1
        )[0]
        assert fold.test_from == utc("2025-01-11")
        assert len(fold.train) == learned


def test_at_most_the_later_half_of_the_dates_is_tested():
    rows = monthly_rows(24, closes_days=31)
    tested = sum(len(fold.test) for fold in out_of_time(rows, rows["account_id"]))
    assert tested == len(rows) / 2


def test_fewer_dates_than_folds_give_fewer_folds():
    rows = monthly_rows(4, closes_days=31)
    assert len(out_of_time(rows, rows["account_id"], n_folds=5)) == 2


def test_unseen_are_the_families_that_were_not_trained_on():
    rows = monthly_rows(12, "ab")
    newcomer = monthly_rows(12, "c").iloc[8:]
    rows = pd.concat([rows, newcomer], ignore_index=True)
    folds = out_of_time(rows, rows["account_id"])
    last = rows.iloc[folds[1].test].assign(unseen=folds[1].unseen)
    assert last.groupby("account_id")["unseen"].first().to_dict() == {
        "a": False,
        "b": False,
        "c": True,
    }
    sister = rows["account_id"].replace("c", "a")
    assert not out_of_time(rows, sister)[1].unseen.any()


def test_no_date_after_a_certain_label_is_said_with_the_dates():
    rows = monthly_rows(3, closes_days=200)
    with pytest.raises(ValueError, match=r"certain on 2023-07-20, the last as-of date is 2023-03"):
        out_of_time(rows, rows["account_id"])


def test_nothing_to_split_is_refused():
    rows = monthly_rows(3).iloc[:0]
    with pytest.raises(ValueError, match="`rows` must hold at least one labelled row"):
        out_of_time(rows, rows["account_id"])


@pytest.mark.parametrize("n_folds", [0, -1])
def test_less_than_one_fold_is_refused(n_folds):
    rows = monthly_rows(12)
    with pytest.raises(ValueError, match="`n_folds` must be at least 1, got"):
        out_of_time(rows, rows["account_id"], n_folds=n_folds)


@settings(max_examples=60, deadline=None)
@given(
    days=st.lists(st.integers(0, 900), min_size=1, max_size=60),
    accounts=st.lists(st.sampled_from("abcde"), min_size=60, max_size=60),
    gap=st.integers(1, 250),
    extra=st.lists(st.integers(0, 40), min_size=60, max_size=60),
    n_folds=st.integers(1, 4),
)
def test_splits_of_any_calendar_are_honest(days, accounts, gap, extra, n_folds):
    n = len(days)
    as_of = utc("2023-01-01") + pd.to_timedelta(days, unit="D")
    closes = as_of + pd.to_timedelta(np.array(extra[:n]) + gap, unit="D")
    rows = pd.DataFrame({"account_id": accounts[:n], "as_of": as_of, "closes_at": closes})
    if closes.min() > as_of.max():
        with pytest.raises(ValueError, match="No as-of date can be tested"):
            out_of_time(rows, rows["account_id"], n_folds=n_folds)
        return
    folds = out_of_time(rows, rows["account_id"], n_folds=n_folds)
    check_honesty(folds, rows, rows["account_id"])
    for fold in folds:
        assert len(fold.train) > 0
        assert len(fold.test) > 0
        assert rows["closes_at"].iloc[fold.train].max() <= rows["as_of"].iloc[fold.test].min()
        assert fold.test_from == rows["as_of"].iloc[fold.test].min()
        assert fold.train_through == rows["as_of"].iloc[fold.train].max()
        known = set(rows["account_id"].iloc[fold.train])
        tested = rows["account_id"].iloc[fold.test]
        assert fold.unseen.tolist() == [account not in known for account in tested]
    for earlier, later in pairwise(folds):
        assert earlier.test_through < later.test_from


# --- the check of finished splits ----------------------------------------------------------------


def test_training_label_open_on_the_test_date_is_found():
    rows = monthly_rows(12)
    fold = out_of_time(rows, rows["account_id"])[0]
    leaking = replace(fold, train=np.append(fold.train, 4))
    with pytest.raises(
        LeakageError,
        match=r"trains on account 'a' as of 2023-05-01, whose label is certain only on 2023-07-30, "
        r"after the first test date 2023-07-01",
    ):
        check_honesty([leaking], rows, rows["account_id"])


def test_row_tested_twice_is_found():
    rows = monthly_rows(12)
    folds = out_of_time(rows, rows["account_id"])
    with pytest.raises(LeakageError, match="Account 'a' as of 2023-07-01 is tested in two folds"):
        check_honesty([folds[0], folds[0]], rows, rows["account_id"])


def test_family_called_unseen_although_trained_on_is_found():
    rows = monthly_rows(12)
    fold = out_of_time(rows, rows["account_id"])[0]
    boasting = replace(fold, unseen=np.ones(len(fold.test), dtype=bool))
    with pytest.raises(LeakageError, match=r"Fold 0 calls account 'a' .* unseen"):
        check_honesty([boasting], rows, rows["account_id"])


def test_no_folds_are_honest():
    rows = monthly_rows(12)
    check_honesty([], rows, rows["account_id"])


# --- inner folds ---------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(
    families=st.lists(st.integers(0, 12), min_size=13, max_size=80).filter(
        lambda listed: len(set(listed)) >= 5
    ),
    n_splits=st.integers(2, 5),
    seed=st.integers(0, 5),
    rate=st.floats(0, 1),
)
def test_inner_folds_keep_families_whole_and_test_every_row_once(families, n_splits, seed, rate):
    y = np.random.default_rng(0).random(len(families)) < rate
    folds = grouped_folds(families, y, n_splits=n_splits, seed=seed)
    check_families(folds, families)
    tested = np.concatenate([test for _, test in folds])
    assert sorted(tested) == list(range(len(families)))
    for train, test in folds:
        assert len(test) > 0
        assert sorted([*train, *test]) == list(range(len(families)))


def test_inner_folds_spread_the_positives():
    families = np.repeat(np.arange(200), 5)
    y = np.repeat(np.arange(200) < 40, 5)
    for seed in range(3):
        folds = grouped_folds(families, y, n_splits=5, seed=seed)
        assert [int(y[test].sum()) for _, test in folds] == [40] * 5
        assert [len(test) for _, test in folds] == [200] * 5


def test_inner_folds_repeat_with_the_seed_and_differ_without():
    families, y = [f"p{number}" for number in range(40)], [1, 0] * 20
    first = grouped_folds(families, y, n_splits=4, seed=1)
    again = grouped_folds(families, y, n_splits=4, seed=1)
    other = grouped_folds(families, y, n_splits=4, seed=2)
    assert all((a[1] == b[1]).all() for a, b in zip(first, again, strict=True))
    assert any(list(a[1]) != list(b[1]) for a, b in zip(first, other, strict=True))


@pytest.mark.parametrize("n_splits", [1, 4])
def test_impossible_numbers_of_inner_folds_are_refused(n_splits):
    with pytest.raises(ValueError, match=r"`n_splits` must lie between 2 and the number of fam"):
        grouped_folds(["p", "q", "r"], [1, 0, 0], n_splits=n_splits, seed=0)


def test_as_many_inner_folds_as_families_are_allowed():
    assert len(grouped_folds(["p", "q", "r"], [1, 0, 0], n_splits=3, seed=0)) == 3


def test_family_in_both_parts_is_found():
    pair = (np.array([0, 1]), np.array([2]))
    with pytest.raises(LeakageError, match="Inner fold 0 has rows of family 'q' in training and"):
        check_families([pair], ["p", "q", "q"])


# --- parents -------------------------------------------------------------------------------------


def accounts(company, **parents):
    rows = [
        {"account_id": child, "parent_account_id": parent, "valid_from": "2024-01-01"}
        for child, parent in parents.items()
    ]
    return company(accounts=rows)


def test_parent_is_the_top_of_the_chain(company):
    found = parents_of(accounts(company, a="b", b="c", c=None, d=None, e="holding"))
    assert found.to_dict() == {"a": "c", "b": "c", "c": "c", "d": "d", "e": "holding"}


def test_account_that_is_its_own_parent_stays_alone(company):
    assert parents_of(accounts(company, a="a", b=None)).to_dict() == {"a": "a", "b": "b"}


def test_circle_of_parents_is_one_family(company):
    found = parents_of(accounts(company, c="b", b="c", d="c"))
    assert found.to_dict() == {"b": "b", "c": "b", "d": "b"}


def test_newest_row_of_an_account_names_its_parent(company):
    rows = [
        {"account_id": "a", "parent_account_id": "new", "valid_from": "2025-01-01"},
        {"account_id": "a", "parent_account_id": "old", "valid_from": "2024-01-01"},
        {"account_id": "a", "parent_account_id": "first", "known_at": "2026-01-01"},
    ]
    assert parents_of(company(accounts=rows)).to_dict() == {"a": "new"}


def test_blocks_have_about_as_many_rows_though_the_newest_dates_have_few():
    """Twelve dates: of the six tested the first four have thirty rows each, the last two three."""
    dates = pd.date_range("2024-01-01", periods=12, freq="MS", tz="UTC")
    counts = [30] * 10 + [3, 3]
    as_of = dates.repeat(counts)
    rows = pd.DataFrame({"as_of": as_of, "closes_at": as_of + pd.Timedelta(days=40)})
    folds = out_of_time(rows, np.arange(len(rows)), n_folds=3)
    assert [len(fold.test) for fold in folds] == [30, 60, 36]
    tested = np.concatenate([fold.test for fold in folds])
    assert sorted(tested) == list(range(len(rows) - 126, len(rows)))


@given(counts=st.lists(st.integers(1, 50), min_size=4, max_size=30), n_folds=st.integers(1, 5))
def test_every_block_has_a_date_and_they_follow_each_other(counts, n_folds):
    dates = pd.date_range("2020-01-01", periods=len(counts), freq="MS", tz="UTC")
    as_of = dates.repeat(counts)
    rows = pd.DataFrame({"as_of": as_of, "closes_at": as_of + pd.Timedelta(days=40)})
    folds = out_of_time(rows, np.arange(len(rows)), n_folds=n_folds)
    assert len(folds) == min(n_folds, -(-len(counts) // 2), len(counts) - 2)
    assert all(len(fold.test) for fold in folds)
    for earlier, later in pairwise(folds):
        assert earlier.test_through < later.test_from
