"""Who learns from what and is tested on what: later blocks of dates, families kept together."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from ...features.arrays.array_types import BoolArray
from ...features.arrays.as_of_rows import to_microseconds
from ...features.arrays.moments import NEVER, IntArray, microseconds, timestamps
from ...features.errors import LeakageError
from ...features.schema.tableset import Tables

__all__ = ["Fold", "check_families", "check_honesty", "grouped_folds", "out_of_time", "parents_of"]


TEST_SHARE = 0.5
"""Share of the as-of dates that are tested at most: the first fold has to learn from something."""

Pair = tuple[IntArray, IntArray]


@dataclass(frozen=True, slots=True)
class Fold:
    """One out-of-time test.

    Parameters
    ----------
    train, test : ndarray of int64
        Positions of the rows.
    train_through, test_from, test_through : Timestamp
        Newest as-of date learned from, first and last one tested on.
    unseen : ndarray of bool, shape (n_test,)
        Test rows whose family (accounts of one parent) is not in the training rows.
    """

    train: IntArray
    test: IntArray
    train_through: pd.Timestamp
    test_from: pd.Timestamp
    test_through: pd.Timestamp
    unseen: BoolArray


def out_of_time(rows: pd.DataFrame, families: npt.ArrayLike, *, n_folds: int = 3) -> list[Fold]:
    """Cut labelled rows into consecutive later blocks, each tested by what was certain before it.

    Parameters
    ----------
    rows : DataFrame of shape (n_rows, ...)
        ``as_of`` and ``closes_at`` (from when the label is certain: at least lead and horizon
        later), as ``label`` gives them.
    families : array of shape (n_rows,)
        Parent of each row's account. Accounts may stand in training and test, as in production.
    n_folds : int
        At least 1; fewer come back when there are fewer dates to test.

    Returns
    -------
    list of Fold
        Oldest test block first; each trains on every row whose label was certain when the block
        began. At most the later half of the dates is tested, in blocks of about as many rows: the
        newest dates have few, for most of what was asked there is still open.

    Raises
    ------
    ValueError
        If ``n_folds`` is below 1, there are no rows, or no date lies after a certain label.

    Examples
    --------
    >>> as_of = pd.date_range("2025-01-01", periods=4, freq="MS", tz="UTC")
    >>> rows = pd.DataFrame({"as_of": as_of, "closes_at": as_of + pd.Timedelta(days=40)})
    >>> [(fold.train.tolist(), fold.test.tolist()) for fold in out_of_time(rows, list("aaaa"))]
    [([0], [2]), ([0, 1], [3])]
    """
    if n_folds < 1:
        raise ValueError(f"`n_folds` must be at least 1, got {n_folds!r}.")
    if len(rows) == 0:
        raise ValueError("`rows` must hold at least one labelled row to split, got none.")
    as_of, closes = to_microseconds(rows["as_of"]), to_microseconds(rows["closes_at"])
    family = _codes(families)
    dates = np.unique(as_of)
    testable = dates[dates >= closes.min()]
    if len(testable) == 0:
        raise ValueError(
            f"No as-of date can be tested: the first label is certain on "
            f"{rows['closes_at'].min():%Y-%m-%d}, the last as-of date is "
            f"{rows['as_of'].max():%Y-%m-%d}. Deliver a longer history or set a shorter "
            "`horizon_days`."
        )
    tested = testable[-math.ceil(TEST_SHARE * len(dates)) :]
    counts = np.bincount(np.searchsorted(dates, as_of), minlength=len(dates))[-len(tested) :]
    blocks = _blocks(tested, counts, min(n_folds, len(tested)))
    return [_fold(as_of, closes, family, block) for block in blocks]


def _blocks(dates: IntArray, counts: IntArray, n_blocks: int) -> list[IntArray]:
    """Cut dates into consecutive blocks of about as many rows, at least one date each."""
    reached = np.cumsum(counts)
    cuts, last = [], 0
    for block in range(1, n_blocks):
        aim = reached[-1] * block / n_blocks
        # The date itself belongs to whichever side comes nearer to the aim.
        cut = int(np.argmin(np.abs(reached - aim))) + 1
        last = min(max(cut, last + 1), len(dates) - (n_blocks - block))
        cuts.append(last)
    return np.split(dates, cuts)


def _codes(families: npt.ArrayLike) -> IntArray:
    return np.asarray(pd.factorize(np.asarray(families))[0], dtype=np.int64)


def _fold(as_of: IntArray, closes: IntArray, family: IntArray, block: IntArray) -> Fold:
    train = np.flatnonzero(closes <= block[0])
    test = np.flatnonzero(np.isin(as_of, block))
    train_through, test_from, test_through = timestamps(
        np.array([as_of[train].max(), block[0], block[-1]])
    )
    return Fold(
        train=train,
        test=test,
        train_through=train_through,
        test_from=test_from,
        test_through=test_through,
        unseen=_unseen(family, train, test),
    )


def _unseen(family: IntArray, train: IntArray, test: IntArray) -> BoolArray:
    seen = np.zeros(family.max(initial=-1) + 1, dtype=bool)
    seen[family[train]] = True
    return ~seen[family[test]]


def check_honesty(folds: Sequence[Fold], rows: pd.DataFrame, families: npt.ArrayLike) -> None:
    """Derive the rule again from the finished splits.

    Parameters
    ----------
    folds : sequence of Fold
    rows : DataFrame of shape (n_rows, ...)
        ``account_id``, ``as_of`` and ``closes_at``.
    families : array of shape (n_rows,)
        As given to ``out_of_time``.

    Raises
    ------
    LeakageError
        If a training label was not certain before the first test date, a row is tested twice, or a
        family called unseen was trained on.

    Examples
    --------
    >>> as_of = pd.date_range("2025-01-01", periods=4, freq="MS", tz="UTC")
    >>> rows = pd.DataFrame({"as_of": as_of, "closes_at": as_of + pd.Timedelta(days=40)})
    >>> rows["account_id"] = list("aabb")
    >>> check_honesty(out_of_time(rows, rows["account_id"]), rows, rows["account_id"])
    """
    family = _codes(families)
    for number, fold in enumerate(folds):
        learned = rows.iloc[fold.train]
        first_test = rows["as_of"].iloc[fold.test].min()
        early = learned[learned["closes_at"] > first_test]
        if len(early):
            row = early.iloc[0]
            raise LeakageError(
                f"Fold {number} trains on account {row['account_id']!r} as of "
                f"{row['as_of']:%Y-%m-%d}, whose label is certain only on "
                f"{row['closes_at']:%Y-%m-%d}, after the first test date {first_test:%Y-%m-%d}; "
                "leave the row out of training."
            )
        known = fold.unseen & ~_unseen(family, fold.train, fold.test)
        if known.any():
            row = rows.iloc[fold.test[known][0]]
            raise LeakageError(
                f"Fold {number} calls account {row['account_id']!r} as of "
                f"{row['as_of']:%Y-%m-%d} unseen, but trains on its family; derive `unseen` anew."
            )
    _check_tested_once(folds, rows)


def _check_tested_once(folds: Sequence[Fold], rows: pd.DataFrame) -> None:
    tested = pd.Series(np.concatenate([fold.test for fold in folds] or [np.array([], dtype=int)]))
    twice = tested[tested.duplicated()]
    if len(twice):
        row = rows.iloc[int(twice.iloc[0])]
        raise LeakageError(
            f"Account {row['account_id']!r} as of {row['as_of']:%Y-%m-%d} is tested in two folds; "
            "test blocks must not overlap."
        )


def grouped_folds(
    families: npt.ArrayLike, y: npt.ArrayLike, *, n_splits: int, seed: int
) -> list[Pair]:
    """Cut rows into folds that keep each family whole and spread the positives evenly.

    Parameters
    ----------
    families : array of shape (n_rows,)
    y : array of shape (n_rows,)
        1 or True = positive.
    n_splits : int
        At least 2 and at most the number of families.
    seed : int
        Another seed gives another cut.

    Returns
    -------
    list of (train, test)
        Positions; every row is tested once.

    Raises
    ------
    ValueError
        If ``n_splits`` is out of range.

    Examples
    --------
    >>> pairs = grouped_folds(["p", "p", "q", "q"], [1, 0, 1, 0], n_splits=2, seed=0)
    >>> sorted(test.tolist() for _, test in pairs)
    [[0, 1], [2, 3]]
    """
    codes, names = pd.factorize(np.asarray(families), sort=True)
    if not 2 <= n_splits <= len(names):
        raise ValueError(
            f"`n_splits` must lie between 2 and the number of families ({len(names)}), got "
            f"{n_splits!r}; use fewer folds or deliver more accounts."
        )
    rng = np.random.default_rng(seed)
    sizes = np.bincount(codes)
    positives = np.bincount(codes, weights=np.asarray(y, dtype=float))
    # Families alike in positives and size are dealt out together, one to each fold.
    order = np.lexsort((rng.random(len(names)), -sizes, -positives))
    rounds = -(-len(names) // n_splits)
    dealt = np.argsort(rng.random((rounds, n_splits)), axis=1).ravel()[: len(names)]
    fold_of = np.empty(len(names), dtype=np.int64)
    fold_of[order] = dealt
    of_row = fold_of[codes]
    return [
        (np.flatnonzero(of_row != fold), np.flatnonzero(of_row == fold)) for fold in range(n_splits)
    ]


def check_families(folds: Sequence[Pair], families: npt.ArrayLike) -> None:
    """Make sure that no family stands in both parts of a fold.

    Parameters
    ----------
    folds : sequence of (train, test)
        Positions.
    families : array of shape (n_rows,)

    Raises
    ------
    LeakageError
        If one does.

    Examples
    --------
    >>> check_families(grouped_folds(["p", "q"], [1, 0], n_splits=2, seed=0), ["p", "q"])
    """
    family = _codes(families)
    for number, (train, test) in enumerate(folds):
        shared = test[~_unseen(family, train, test)]
        if len(shared):
            name = np.asarray(families)[shared[0]]
            raise LeakageError(
                f"Inner fold {number} has rows of family {str(name)!r} in training and test; keep "
                "all accounts of one parent together."
            )


def parents_of(tables: Tables) -> pd.Series:
    """Return the topmost parent of every account.

    Parameters
    ----------
    tables : Tables
        The newest row of each account in ``accounts`` says who its parent is.

    Returns
    -------
    Series of str
        Indexed by account id, sorted; an account without parent is its own. Accounts that are
        parents of each other in a circle share the first of their ids.

    Examples
    --------
    >>> from churngrid.features.schema.tables import table_spec
    >>> from churngrid.features.schema.tableset import empty_table
    >>> len(parents_of(Tables({"accounts": empty_table(table_spec("accounts"))})))
    0
    """
    accounts = tables["accounts"]
    frame = accounts.select(["account_id", "parent_account_id"]).to_pandas()
    valid = microseconds(accounts, "valid_from")
    # A row without a start is valid from ever.
    frame["valid_us"] = np.where(valid == NEVER, np.iinfo(np.int64).min, valid)
    frame["known_us"] = microseconds(accounts, "known_at")
    newest = frame.sort_values(["valid_us", "known_us"]).drop_duplicates("account_id", keep="last")
    newest = newest.sort_values("account_id")
    parent = newest["parent_account_id"].fillna(newest["account_id"])
    ids = np.unique(np.concatenate([newest["account_id"], parent]).astype(object))
    child, above = np.searchsorted(ids, newest["account_id"]), np.searchsorted(ids, parent)
    top = _tops(child, above, len(ids))
    return pd.Series(ids[top[child]], index=pd.Index(newest["account_id"]), name="parent_id")


def _tops(child: IntArray, above: IntArray, n_ids: int) -> IntArray:
    """Return for each id the member of its family that has no parent, in a circle the first."""
    links = coo_array((np.ones(len(child)), (child, above)), shape=(n_ids, n_ids))
    n_families, family = connected_components(links, directed=False)
    has_parent = np.zeros(n_ids, dtype=bool)
    has_parent[child[child != above]] = True
    rank = np.arange(n_ids) + n_ids * has_parent
    first = np.full(n_families, 2 * n_ids)
    np.minimum.at(first, family, rank)
    return np.asarray(first[family] % max(n_ids, 1), dtype=np.int64)
