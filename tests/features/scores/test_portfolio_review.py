"""Who grades apart from the others, and whether maturity says the same as health."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

from churngrid.features.scores.portfolio_review import (
    Independence,
    MaturityReview,
    axis_independence,
    rater_means,
    review_maturity,
)
from churngrid.features.scores.rubric_file import read_rubric
from tests.build import day, tables_of
from tests.checks.small_company import DAY

AS_OF = day("2025-06-01")
RUBRIC = read_rubric(None)


def said(*statements):
    """Answers from (account, author, age in days)."""
    ages = [AS_OF - age * DAY for _, _, age in statements]
    frame = pd.DataFrame(
        {
            "event_id": [f"e{n}" for n in range(len(statements))],
            "account_id": [account for account, _, _ in statements],
            "kind": "maturity_answer",
            "characteristic_id": "VC1",
            "evidence_type": "c",
            "value_num": 3.0,
            "author": [author for _, author, _ in statements],
            "occurred_at": ages,
            "known_at": ages,
        }
    )
    return tables_of({"account_events": frame})


def index_of(values):
    keys = pd.MultiIndex.from_product([list(values), [AS_OF]], names=["account_id", "as_of"])
    return pd.Series(list(values.values()), index=keys, dtype=float, name="cmi")


def portfolio(generous, others=30, by=4.0):
    """Accounts of Kim with a high index and of Bo with 3."""
    kim = {f"k{n}": by for n in range(generous)}
    bo = {f"b{n}": 3.0 for n in range(others)}
    rows = [*((name, "Kim", 10) for name in kim), *((name, "Bo", 10) for name in bo)]
    return said(*rows), index_of({**kim, **bo})


def test_an_assessor_far_from_the_portfolio_is_flagged():
    tables, cmi = portfolio(generous=10)
    found = rater_means(tables, cmi, RUBRIC)
    assert found["author"].tolist() == ["Kim", "Bo"]
    assert found["accounts"].tolist() == [10, 30]
    assert found["mean_cmi"].tolist() == [4.0, 3.0]
    assert found["difference"].tolist() == [0.75, -0.25]
    assert found["far"].tolist() == [True, False]


@pytest.mark.parametrize(
    ("generous", "by", "far"),
    [(9, 5.0, False), (10, 3.93, False), (10, 3.94, True), (10, 2.06, True)],
)
def test_it_takes_ten_accounts_and_more_than_seven_tenths(generous, by, far):
    # With 10 of 40 accounts a quarter of the distance goes into the portfolio's own mean.
    tables, cmi = portfolio(generous, by=by)
    assert rater_means(tables, cmi, RUBRIC).set_index("author").loc["Kim", "far"] == far


def test_only_answers_that_count_on_the_date_make_an_assessor():
    tables = said(("a", "Kim", 541), ("a", "Bo", 0), ("a", "Cy", 540), ("a", "Cy", 3))
    tables_with_other = said(("a", "Cy", 1), ("b", "Cy", 1), ("z", "Cy", 1), ("a", None, 1))
    assert rater_means(tables, index_of({"a": 3.0}), RUBRIC)["author"].tolist() == ["Cy"]
    found = rater_means(tables_with_other, index_of({"a": 3.0, "b": np.nan}), RUBRIC)
    assert found[["author", "accounts"]].to_numpy().tolist() == [["Cy", 1]]


@pytest.mark.parametrize("values", [{}, {"a": np.nan}, {"a": 3.0}])
def test_without_answers_there_are_no_assessors(values):
    found = rater_means(tables_of({}), index_of(values), RUBRIC)
    assert len(found) == 0
    assert list(found.columns) == ["author", "accounts", "mean_cmi", "difference", "far"]


def test_the_correlation_is_that_of_ranks():
    rng = np.random.default_rng(3)
    cmi = pd.Series(rng.integers(1, 6, 60).astype(float))
    chs = pd.Series(cmi * 10 + rng.normal(0, 20, 60)).round()
    cmi[:3], chs[2:5] = np.nan, np.nan
    found = axis_independence(cmi, chs)
    both = cmi.notna() & chs.notna()
    assert found.accounts == both.sum() == 55
    assert found.spearman == pytest.approx(spearmanr(cmi[both], chs[both]).statistic)
    order = rng.permutation(60)
    assert axis_independence(cmi[order], chs[order]) == found


@pytest.mark.parametrize(("value", "warned"), [(0.6, False), (0.61, True), (-0.9, False)])
def test_axes_collapse_above_six_tenths(value, warned):
    assert Independence(value, 100).collapsing == warned
    assert not Independence(np.nan, 3).collapsing


def test_too_few_accounts_or_no_variation_give_no_correlation():
    nine = pd.Series(np.arange(9.0))
    assert np.isnan(axis_independence(nine, nine).spearman)
    same = pd.Series(np.full(20, 3.0))
    assert np.isnan(axis_independence(same, pd.Series(np.arange(20.0))).spearman)


def review_of(tables, cmi, chs, due=(), apart=()):
    accounts = pd.DataFrame({"cmi": cmi, "chs": chs, "maturity_due": "", "maturity_conflict": ""})
    accounts["maturity_asked"] = 1
    accounts.iloc[: len(due), 2] = list(due)
    accounts.iloc[: len(apart), 3] = list(apart)
    return review_maturity(tables, accounts, RUBRIC)


def test_the_review_says_what_to_look_at():
    tables, cmi = portfolio(generous=10)
    cmi = cmi + np.linspace(0, 0.01, len(cmi))
    apart = ["VC1", "", "OP1, OP2"]
    review = review_of(
        tables, cmi, cmi * 20, due=["merger or acquisition since", "old"], apart=apart
    )
    assert review.notes() == [
        "Maturity and health score: rank correlation 1.00 over 40 accounts: they go together too "
        "much for a grid; look for one signal in both, or a halo.",
        "Assessor 'Kim': mean maturity 4.0 over 10 accounts, portfolio 3.3; compare how they "
        "grade.",
        "Documents and people differ by two levels or more on the maturity of 2 accounts: flag "
        "`maturity_evidence_conflicts`.",
        "Maturity should be asked again: 2 accounts.",
    ]
    told = review.summary()
    assert (told["correlation_with_health"], told["axes_collapse"]) == (1.0, True)
    assert (told["due"], told["conflicts"], told["accounts_compared"]) == (2, 2, 40)
    assert told["raters"][0]["author"] == "Kim"
    assert told["raters"][0]["far"] is True


def test_the_review_of_nothing_says_nothing():
    review = review_of(tables_of({}), index_of({}), index_of({}))
    assert review.notes() == []
    assert review.summary() == {
        **{"portfolio_mean": None, "correlation_with_health": None, "accounts_compared": 0},
        **{"axes_collapse": False, "due": 0, "conflicts": 0, "raters": []},
    }


def test_many_assessors_are_counted():
    raters = pd.DataFrame(
        {
            "author": [f"r{n}" for n in range(7)],
            "accounts": 12,
            "mean_cmi": 4.5,
            "difference": 1.0,
            "far": True,
        }
    )
    notes = MaturityReview(raters, Independence(np.nan, 0), 3.5, 0).notes()
    assert len(notes) == 6
    assert notes[-1] == "2 more assessors grade apart."


INDEX = ["account_id", "as_of"]


def test_a_company_that_never_assessed_anybody_is_told_so_once():
    accounts = pd.DataFrame(
        {"cmi": [np.nan] * 3, "chs": 50.0, "maturity_due": "", "maturity_conflict": ""},
        index=pd.MultiIndex.from_product([list("abc"), [day("2025-01-01")]], names=INDEX),
    )
    told = [
        review_maturity(tables_of({}), accounts.assign(maturity_asked=asked), RUBRIC).notes()
        for asked in (0, 1)
    ]
    assert told[1] == []
    assert [note.split(",")[0] for note in told[0]] == ["Maturity was never assessed"]
