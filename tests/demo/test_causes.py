import numpy as np
import pandas as pd
import pytest

DAY = pd.Timedelta(days=1)
WINDOW = 200


@pytest.fixture(scope="module")
def measured(company):
    return decision_points(company)


@pytest.fixture(scope="module")
def blind(blind_company):
    return decision_points(blind_company)


def decision_points(company):
    """One row per term of twelve months, 45 days before its deadline, with what was known then."""
    rows = company.tables["contracts"].sort_values("known_at")
    terms = rows.drop_duplicates("contract_id")
    terms = terms[terms["term_months"] == 12].assign(as_of=lambda t: t.notice_deadline - 45 * DAY)
    inside = terms["as_of"].between(pd.Timestamp("2023-10-01"), pd.Timestamp("2025-06-01"))
    points = terms.loc[inside, ["account_id", "as_of"]].reset_index(drop=True)
    truth = company.truth.set_index("account_id")
    decided = points["account_id"].map(truth["decided_at"])
    points = points[~(decided <= points["as_of"])]
    decided = decided[points.index]
    points["left"] = decided < points["as_of"] + WINDOW * DAY
    points["cause"] = points["account_id"].map(truth["cause"]).where(points["left"], "none")
    for name, measure in MEASURES.items():
        points[name] = measure(company.tables, points).to_numpy()
    return points


def seen(table, points, happened, days):
    """Rows that happened in the days before each point and were known by then."""
    joined = points[["account_id", "as_of"]].reset_index().merge(table, on="account_id")
    recent = joined[happened].between(joined["as_of"] - days * DAY, joined["as_of"])
    return joined[(joined["known_at"] < joined["as_of"]) & recent]


def counted(rows, points):
    return (rows.groupby("index").size().reindex(points.index, fill_value=0) > 0).astype(float)


def sponsor_left(tables, points):
    people = tables["people"]
    key = people[people["roles"].isin(["exec_sponsor", "champion"])]
    return counted(seen(key, points, "left_account_at", 450), points)


def escalated(tables, points):
    return counted(seen(tables["tickets"], points, "escalated_at", 300), points)


def failed(tables, points):
    return counted(seen(tables["invoices"], points, "first_failed_at", 200), points)


def off_track(tables, points):
    goals = tables["goals"][tables["goals"]["status"].isin(["at_risk", "off_track", "missed"])]
    return counted(seen(goals, points, "changed_at", 200), points)


def active_share(tables, points):
    used = seen(tables["usage_daily"], points, "date", 28)
    users = used.groupby("index")["product_user_id"].nunique()
    seats = seen(tables["subscription_items"], points, "effective_from", 4000)
    seats = seats[seats["product_id"] == "core"].sort_values("effective_from")
    bought = seats.groupby("index")["quantity"].last()
    return (users / bought).reindex(points.index).fillna(0.0)


MEASURES = {
    "sponsor_left": sponsor_left,
    "escalated": escalated,
    "failed": failed,
    "off_track": off_track,
    "active_share": active_share,
}


def z_score(points, name):
    """Difference of those who leave to those who stay, in standard errors."""
    leaves, stays = points[points["left"]][name], points[~points["left"]][name]
    error = np.sqrt(leaves.var() / len(leaves) + stays.var() / len(stays))
    return (leaves.mean() - stays.mean()) / error


@pytest.mark.parametrize(
    ("name", "least"), [("sponsor_left", 3.0), ("off_track", 2.0), ("escalated", 1.6)]
)
def test_those_who_leave_show_the_causes_before_they_decide(measured, name, least):
    assert z_score(measured, name) > least


def test_those_who_leave_use_less_before_they_decide(measured):
    assert z_score(measured, "active_share") < -3.0


@pytest.mark.parametrize("name", MEASURES)
def test_in_the_blind_world_nothing_tells_who_leaves(blind, name):
    assert abs(z_score(blind, name)) < 3.0


def test_each_cause_shows_in_its_own_signal(measured):
    own = {"sponsor_left": "sponsor_left", "incidents": "escalated", "value_gap": "off_track"}
    stays = measured[~measured["left"]]
    for cause, signal in own.items():
        moved = measured[measured["cause"] == cause]
        assert len(moved) >= 5, cause
        assert moved[signal].mean() > stays[signal].mean() + 0.25, cause


def test_accounts_leave_with_good_usage_when_their_sponsor_has_left(measured):
    usual = measured.loc[~measured["left"], "active_share"].median()
    green = measured[(measured["cause"] == "sponsor_left") & (measured["active_share"] > usual)]
    assert len(green) >= 3


def test_payment_trouble_ends_contracts(company):
    failed_out = company.truth.query("route == 'payment_failure'")["account_id"]
    invoices = company.tables["invoices"]
    tried = invoices[invoices["first_failed_at"].notna()].groupby("account_id").size()
    share = tried.reindex(failed_out).notna().mean()
    assert share > 0.8
    assert share > 1.5 * tried.reindex(company.truth["account_id"]).notna().mean()


def test_truth_names_every_cause(company):
    causes = set(company.truth["cause"])
    assert {"adoption", "sponsor_left", "incidents", "payment", "value_gap"} <= causes
    assert (company.truth["cause"] == "none").equals(~company.truth["churned"])


def test_in_the_blind_world_every_churn_is_chance(blind_company):
    assert set(blind_company.truth["cause"]) == {"none", "chance"}
    assert len(blind_company.truth["p_leave"].dropna().unique()) == 1


def test_decisions_are_drawn_against_a_real_probability(company):
    p = company.truth["p_leave"].dropna()
    assert ((p > 0) & (p < 1)).all()
    assert p.quantile(0.1) < 0.2
    assert p.quantile(0.9) > 0.6


def test_growth_follows_saturation(company, blind_company):
    assert grown_gap(company) > 0.15
    assert abs(grown_gap(blind_company)) < 0.06


def grown_gap(company):
    """Seat saturation a month before an expansion, less that of all accounts at that time."""
    tables, truth = company.tables, company.truth.set_index("account_id")
    at = pd.Timestamp("2025-01-01")
    items = tables["subscription_items"].query("product_id == 'core'")
    items = items[items["effective_from"] <= at].sort_values("effective_from")
    seats = items.groupby("account_id")["quantity"].last()
    used = tables["usage_daily"]
    used = used[used["date"].between(at - 28 * DAY, at)]
    share = used.groupby("account_id")["product_user_id"].nunique() / seats
    share = share[~(truth["decided_at"].reindex(share.index) < at)]
    rows = tables["subscription_items"]
    soon = rows[rows["change_type"].isin(["seat_up", "tier_up", "cross_sell"])]
    soon = soon[soon["effective_from"].between(at + DAY, at + 150 * DAY)]
    grows = share.index.isin(soon["account_id"])
    return share[grows].mean() - share[~grows].mean()


def test_maturity_is_an_axis_of_its_own(company):
    events = company.tables["account_events"]
    answers = events[events["kind"] == "maturity_answer"]
    answered = answers.groupby("account_id")["value_num"].mean()
    used = company.tables["usage_daily"]
    users = used.groupby("account_id")["product_user_id"].nunique()
    truth = company.truth.set_index("account_id")
    errors = used.groupby("account_id").size() / users
    both = pd.concat([answered, errors], axis=1).dropna()
    assert abs(both.corr("spearman").iloc[0, 1]) < 0.3
    assert answered.corr(truth["maturity"].reindex(answered.index)) > 0.75


def test_maturity_is_known_of_some_accounts_only(company):
    events = company.tables["account_events"]
    answers = events[events["kind"] == "maturity_answer"]
    assert 0.5 < answers["account_id"].nunique() / len(company.truth) < 0.8
    categories = answers.groupby("account_id")["characteristic_id"].agg(
        lambda ids: ids.str[:2].nunique()
    )
    assert (categories <= 2).mean() > 0.05
    assert set(answers["evidence_type"]) == {"q", "c", "d", "t"}
    assert answers["value_num"].between(1, 5).all()


def test_one_manager_rates_too_generously(company):
    events = company.tables["account_events"]
    rated = events[(events["kind"] == "maturity_answer") & (events["evidence_type"] == "c")]
    means = rated.groupby("author")["value_num"].mean()
    assert means.idxmax() == "csm_01"
    assert means["csm_01"] - means.drop("csm_01").mean() > 0.7


def test_most_survey_invitations_stay_without_an_answer(company):
    rows = company.tables["survey_responses"]
    invitations = rows.groupby(["survey_id", "person_id", "sent_at"])["responded_at"].max()
    assert 0.2 < invitations.notna().mean() < 0.5
