"""Accounts in the grace: their last estimate carried on, adding up, and told everywhere."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from churngrid.demo import build_company
from churngrid.serving.change.what_would_help import what_would_help
from churngrid.serving.company.load_company import company_of
from churngrid.serving.report.account_story import account_story
from churngrid.serving.report.panels.estimate_section import estimate_section
from churngrid.serving.scoring.batch_score import score_known, score_tables
from churngrid.serving.scoring.known_facts import known_on
from churngrid.serving.scoring.overdue_renewals import Overdue, with_day_of_reading
from churngrid.serving.scoring.scored import Models
from churngrid.serving.wording.account_sentences import say_chance_to_leave, why_unscored
from churngrid.training.forecast.book_rates import BookRates
from churngrid.training.forecast.late_renewals import LateRenewals
from churngrid.training.models.catalogue import model_named
from churngrid.training.registry.artifact import FittedModel

AS_OF = pd.Timestamp("2025-11-01", tz="UTC")
LATE = LateRenewals(("notice_deadline", "term_end"), (60, 40), ((6,) * 20, (20,) * 10 + (8,) * 10))


def _model(X):
    y = (X["arr"].rank(pct=True).fillna(0.5) > 0.6).to_numpy()
    model = model_named("boosted").build()
    model.fit(X, y.astype(int), groups=np.arange(len(X)), monotone={}, roles={})
    facts = {"lead_days": 30, "horizon_days": 180, "trained_through": "2025-06-01"}
    return FittedModel("churn", model, 0.3, rates=BookRates(late=LATE), **facts)


def _without_renewal(tables, ended):
    """The same company where nothing of some accounts is on file from a day on."""
    ends = pd.Series(ended, dtype="datetime64[us, UTC]")

    def kept(name, begins):
        frame = tables[name].to_pandas()
        mine = frame["account_id"].map(ends)
        frame = frame[~(frame[begins] >= mine)]
        if name == "subscription_items":
            mine = frame["account_id"].map(ends)
            runs_on = mine.notna() & ~(frame["effective_to"] <= mine)
            frame["effective_to"] = frame["effective_to"].mask(runs_on, mine)
        return pa.Table.from_pandas(frame, schema=tables[name].schema, preserve_index=False)

    changed = {
        "subscription_items": kept("subscription_items", "effective_from"),
        "contracts": kept("contracts", "term_start"),
        "contract_events": kept("contract_events", "effective_at"),
    }
    names = {name: changed.get(name, tables[name]) for name in tables}
    return replace(tables, by_name=names)


@pytest.fixture(scope="module")
def late():
    whole = company_of(build_company(60, seed=3).tables, None)
    known = known_on(whole.tables, AS_OF, whole.config)
    models = Models(_model(known.features.frame[["tenure_days", "arr"]]))
    accounts = known.accounts[known.accounts["status"].eq("scored") & known.accounts["arr"].gt(0)]
    ids = accounts.index.get_level_values("account_id")[:3]
    ended = {ids[0]: AS_OF - pd.Timedelta(days=3), ids[1]: AS_OF - pd.Timedelta(days=20)}
    tables = _without_renewal(whole.tables, ended)
    scored = score_tables(tables, AS_OF, config=whole.config, models=models)
    before = score_known(known, config=whole.config, models=models)
    return ended, scored, before, models


def _rows(late):
    ended, scored, *_ = late
    return scored.scores.set_index("account_id").loc[list(ended)]


def test_an_account_in_the_grace_has_an_estimate_until_the_grace_is_over(late):
    ended, *_ = late
    rows = _rows(late)
    assert rows["status"].tolist() == ["scored"] * 2
    assert rows["reason"].tolist() == ["in_grace"] * 2
    assert rows["renewal_overdue_days"].tolist() == [3.0, 20.0]
    until = [day + pd.Timedelta(days=30) for day in ended.values()]
    assert rows["p_by_date"].tolist() == until
    assert rows["arr"].gt(0).all()
    assert rows["p_expand"].isna().all()
    assert rows["block"].ne("quiet").all()
    assert f"to leave by {until[0].day} {until[0]:%b %Y}" in say_chance_to_leave(rows.iloc[0])
    assert why_unscored(rows.iloc[0]) == ""


def test_the_estimate_is_that_of_before_divided_by_the_share_that_still_comes(late):
    """Worked from the counts: the odds of the last reading, over the share that comes later."""
    ended, scored, _, models = late
    for account, days in zip(ended, (3, 20), strict=True):
        inputs = scored.basis.inputs.droplevel("as_of").loc[[account]]
        assert inputs["arr"].item() > 0
        p = models.churn.predict_p(inputs).item()
        row = scored.scores.set_index("account_id").loc[account]
        odds = row["p_churn"] / (1 - row["p_churn"])
        before = p / (1 - p) * np.exp(row["overdue_log_odds"])
        assert odds == pytest.approx(before)
        assert f"{days} days" in row["explanation_note"]
        assert f"{100 * p:.0f} %" in row["explanation_note"]
        assert row["explained_by"] == "model"
        told = dict(estimate_section(row)["facts"])
        assert f"overdue for {days} days" in told["Before its term ended"]


def test_reasons_of_all_accounts_add_up_to_what_is_shown(late):
    _, scored, before, _ = late
    shares = scored.contributions["churn"].droplevel("as_of")
    rows = scored.scores.set_index("account_id")
    rows = rows[rows["p_churn"].notna()]
    p = rows["p_churn"].to_numpy(dtype=float)
    np.testing.assert_allclose(shares.loc[rows.index].sum(axis=1), np.log(p / (1 - p)), atol=1e-9)
    overdue = rows["renewal_overdue_days"].notna()
    assert (shares.loc[rows.index[overdue], "renewal_overdue_days"] != 0).all()
    assert (shares.loc[rows.index[~overdue], "renewal_overdue_days"] == 0).all()
    assert "renewal_overdue_days" not in before.contributions["churn"]
    shown = scored.explanation("churn")
    assert "days since the term ended without a renewal" in shown.feature_names


def test_its_reasons_say_the_day_they_were_read_and_nothing_else_does(late):
    ended, scored, *_ = late
    own = scored.drivers[scored.drivers["account_id"].isin(ended)]
    assert len(own)
    assert own["text"].str.contains(r"\(as of 2025-\d\d-\d\d\)$").all()
    others = scored.drivers[~scored.drivers["account_id"].isin(ended)]
    assert not others["text"].str.contains(r"\(as of ").any()


def test_its_money_is_due_in_the_forecast_and_has_an_estimate(late):
    _, scored, before, _ = late
    rows = _rows(late)
    now, then = (
        found.forecast[found.forecast["grouping"].eq("all")].iloc[0] for found in (scored, before)
    )
    assert now["arr"] == pytest.approx(then["arr"], rel=0.05)
    assert now["arr_without_estimate"] == then["arr_without_estimate"]
    assert now["leaving"] > 0.5 * rows["arr"].sum()
    curve = scored.survival((1, 60))[rows.index]
    assert curve.loc[1].tolist() == [1.0, 1.0]
    np.testing.assert_allclose(curve.loc[60], 1 - rows["p_churn"])


def test_the_story_says_what_the_estimate_is_made_of_and_not_that_the_model_is_silent(late):
    ended, scored, *_ = late
    story = account_story(scored, next(iter(ended)), scored.basis.config.playbook).text()
    assert "What the estimate is made of:\n  - the estimate of 2025-" in story
    assert "Not explained by the model" not in story


def test_nobody_is_told_what_use_would_bring_back_a_renewal(late):
    ended, scored, *_ = late
    assert what_would_help(scored, list(ended)).empty


def test_who_decides_by_the_month_is_first_brought_to_one_month(late):
    """Of seven months' ends each has the same hazard: 1 - 0.9^7 is 52 %, one of them 10 %."""
    frame = pd.DataFrame(
        {"kind": ["month_end"], "months": [7.0], "renewal_overdue_days": [4]}, index=["a"]
    )
    p = np.array([1 - 0.9**7])
    share = LATE.share_later("month_end", 4, grace_days=30)
    added = Overdue(frame, 30).log_odds(p, LATE)
    assert np.exp(np.log(p / (1 - p)) + added).item() == pytest.approx(0.1 / 0.9 / share)


def test_without_a_reading_from_before_the_end_there_is_none_and_the_words_say_why(late):
    row = {"reason": "in_grace", "status": "not_eligible"}
    assert "nothing was estimated before" in why_unscored(row)


def test_without_a_driver_there_is_none_to_be_dated():
    index = pd.MultiIndex.from_tuples([("a", AS_OF)], names=["account_id", "as_of"])
    overdue = Overdue(pd.DataFrame({"read_on": [AS_OF]}, index=index), 60)
    drivers = pd.DataFrame({"account_id": [], "text": []})
    assert with_day_of_reading(drivers, overdue).empty
