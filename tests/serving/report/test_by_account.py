"""Rows of a table by account and group."""

import numpy as np
import pandas as pd

from churngrid.serving.report.by_account import ByAccount

LISTED = pd.Series(["a", "b", "c"])
OWNERS = pd.Series(["b", "x", "a", "b", "b"])


def found(rows: ByAccount, *asked: int, **until: int) -> list[int]:
    return [int(place) for place in rows.order[rows.of(*asked, **until)]]


def test_rows_keep_their_order_and_others_belong_to_nobody():
    rows = ByAccount(LISTED, OWNERS)
    assert [found(rows, account) for account in range(3)] == [[2], [0, 3, 4], []]


def test_groups_follow_each_other_by_rank():
    rank = np.array([2.0, 0.0, 0.0, 1.0, 0.0])
    rows = ByAccount(LISTED, OWNERS, group=np.array([1, 0, 0, 1, -1]), groups=2, rank=rank)
    assert found(rows, 1, 1) == [3, 0]
    assert found(rows, 1, 0) == []
    assert found(rows, 1, 0, until=2) == [3, 0]
    assert found(rows, 0, 0, until=2) == [2]


def test_an_account_that_is_listed_twice_has_its_rows_twice():
    rows = ByAccount(pd.Series(["b", "b"]), OWNERS)
    assert found(rows, 0) == found(rows, 1) == [0, 3, 4]


def test_nothing_belongs_to_nobody():
    assert ByAccount(LISTED.iloc[:0], OWNERS).order.tolist() == []
    assert found(ByAccount(LISTED, OWNERS.iloc[:0]), 2) == []
