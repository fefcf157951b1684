"""The verbs on a small invented company, with a real tracking store and real places."""

import sys

import numpy as np
import pandas as pd
import pytest

import churngrid
from churngrid.demo import build_company
from churngrid.features.errors import ArtifactError, SchemaError
from churngrid.serving.api import check, compile_kernels, explain, init, score, scorecard, train
from churngrid.serving.results.stores import open_store
from churngrid.serving.results.words import to_do

DATE = "2025-11-01"

pytestmark = pytest.mark.usefixtures("brief_boosting", "unproven")


@pytest.fixture(scope="module")
def company():
    return build_company(130, months=27, seed=5).tables


@pytest.fixture(scope="module")
def few():
    """Accounts enough where it matters only that something is scored."""
    return build_company(14, months=14, seed=5).tables


@pytest.fixture(scope="module")
def tracking(tmp_path_factory):
    return f"sqlite:///{tmp_path_factory.mktemp('models') / 'mlflow.db'}"


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    path = tmp_path_factory.mktemp("settings") / "churngrid.yaml"
    path.write_text("as_of_step: quarter\n")
    return path


@pytest.fixture(scope="module")
def trained(company, settings, tracking):
    result = churngrid.train(
        company, settings, targets=("churn",), tracking=tracking, model_kind="boosted"
    )[0]
    if result.alias != "champion":
        # Too small a company to beat the base rate beyond noise; how scores are told is tested.
        churngrid.promote_model("churn", "1", reason="a small company", tracking=tracking)
    return result


@pytest.fixture(scope="module")
def with_model(company, settings, tracking, trained):
    return churngrid.score(company, settings, as_of=DATE, tracking=tracking).scored


@pytest.fixture(scope="module")
def by_scorecard(company, settings):
    return churngrid.score(company, settings, as_of=DATE, model="none").scored


@pytest.mark.long
def test_training_says_what_ships_and_why(trained):
    assert trained.kind == "boosted"
    assert "asked for" in trained.warnings[0]
    assert {"base_rate", "recency", "scorecard", "boosted"} <= set(trained.scorers["model"])


@pytest.mark.long
def test_base_and_contributions_add_up_to_the_shown_probability(with_model):
    scores = with_model.scores.set_index("account_id")
    shares = with_model.contributions["churn"].droplevel("as_of")
    shown = scores["p_churn"].dropna()
    logit = np.log(shown / (1 - shown))
    assert (shares.sum(axis=1).loc[shown.index] - logit).abs().max() < 1e-9


@pytest.mark.long
def test_only_accounts_at_risk_get_a_probability(with_model):
    scored = with_model.scores["status"] == "scored"
    assert with_model.scores.loc[scored, "p_churn"].between(0, 1, inclusive="neither").all()
    assert with_model.scores.loc[~scored, "p_churn"].isna().all()


@pytest.mark.long
def test_context_is_shown_but_never_to_act_on(with_model):
    drivers = with_model.drivers
    context = drivers["component"] == "context"
    assert context.any()
    assert not drivers.loc[context, "actionable"].any()
    assert drivers["actionable"].any()


@pytest.mark.long
def test_story_of_an_account_has_reasons_and_plays(company, settings, tracking, with_model):
    first = to_do(with_model.plays)["account_id"].iloc[0]
    story = churngrid.explain(company, settings, account=first, as_of=DATE, tracking=tracking)
    assert "What to do:" in story.text()
    assert story.as_dict()["account"]["account_id"] == first
    assert "<h3>" in story._repr_html_()


def test_scoring_works_before_any_model_is_trained(by_scorecard):
    assert by_scorecard.scores["p_churn"].isna().all()
    assert set(by_scorecard.scores["health_source"]) <= {"scorecard", "none"}
    assert any("No churn model" in note for note in by_scorecard.notes)
    assert "no_model" in set(by_scorecard.scores["status"])
    assert "scored" not in set(by_scorecard.scores["status"])
    assert not by_scorecard.plays.empty


def test_notice_is_outside_the_grid_and_goes_to_the_renewals_desk(by_scorecard):
    given = by_scorecard.scores[by_scorecard.scores["status"] == "notice_given"]
    assert len(given)
    assert given["cell"].isna().all()
    plays = by_scorecard.plays.set_index("account_id")
    first = plays.loc[given["account_id"]].groupby(level=0).first()
    assert (first["play"] == "notice_given").all()


def test_a_band_is_never_better_than_the_band_of_its_cap(by_scorecard):
    scores = by_scorecard.scores
    capped = scores[(scores["cap_reason"] != "") & (scores["health_band"] != "unknown")]
    assert len(capped)
    assert (capped["health_band"] != "high").all()


def test_unassessed_accounts_are_never_let_go(by_scorecard):
    scores = by_scorecard.scores
    unsure = scores["cmi_status"] != "certain"
    assert unsure.any()
    assert (scores.loc[unsure, "cell"] != "let_churn").all()


@pytest.mark.parametrize("place", ["results", "results.duckdb"])
def test_scoring_again_changes_nothing_and_a_later_date_adds_history(
    few, settings, tmp_path, place
):
    out = tmp_path / place
    for date in ("2025-10-01", "2025-11-01"):
        churngrid.score(few, settings, out=out, as_of=date, model="none")
    first = open_store(out).read("scores")
    churngrid.score(few, settings, out=out, as_of="2025-11-01", model="none")
    pd.testing.assert_frame_equal(first, open_store(out).read("scores"))
    hashes = first.groupby("as_of")["state_hash"].unique()
    assert hashes.iloc[0].tolist() == [""]
    assert len(hashes.iloc[1]) == 1
    assert hashes.iloc[1][0]


def test_report_can_be_written_again_from_what_is_stored(few, settings, tmp_path):
    out = tmp_path / "results"
    euros = {
        name: table.assign(currency="EUR") if "currency" in table else table
        for name, table in few.items()
    }
    churngrid.score(euros, settings, out=out, as_of=DATE, model="none")
    (out / "report.html").unlink()
    page = churngrid.report(out).read_text()
    assert page.startswith("<!DOCTYPE html>")
    assert "ARR (EUR)" in page


def test_report_without_scores_says_what_to_do(tmp_path):
    with pytest.raises(SchemaError, match="no scores yet; run `churngrid score"):
        churngrid.report(tmp_path)


def test_scores_of_another_version_are_named(few, settings, tmp_path):
    stored = {"account_id": ["a"], "as_of": pd.DatetimeIndex(["2025-01-01"], tz="UTC")}
    open_store(tmp_path / "old").write({"scores": pd.DataFrame(stored)})
    with pytest.raises(ArtifactError, match="another version wrote them"):
        churngrid.score(few, settings, out=tmp_path / "old", as_of=DATE, model="none")
    with pytest.raises(ArtifactError, match="written by another version"):
        churngrid.report(tmp_path / "old")


def test_check_counts_every_row(company):
    found = churngrid.check(company)
    assert not found.tables.quarantine.num_rows
    used = {name: found.tables[name].num_rows for name in found.tables}
    more = {name: used[name] - rows for name, rows in found.tables.rows_in.items()}
    # What is told to end elsewhere gets a further version of its row.
    assert more.pop("subscription_items") >= 0
    assert set(more.values()) == {0}
    assert found.business.startswith("Contractual")


@pytest.mark.parametrize(
    ("as_of", "message"),
    [("2019-01-01", "within the data"), ("2031-01-01", "within the data"), ("soon", "a date such")],
)
def test_date_outside_the_data_is_refused(few, as_of, message):
    with pytest.raises(ValueError, match=message):
        churngrid.score(few, as_of=as_of, model="none")


def test_unknown_account_is_named(few):
    with pytest.raises(SchemaError, match="no account with the id or name 'nobody'"):
        churngrid.explain(few, account="nobody", as_of=DATE, model="none")


def test_unknown_model_and_target_are_refused(few):
    with pytest.raises(ArtifactError, match="There is no version 'best' of 'churn'"):
        churngrid.score(few, model="best")
    with pytest.raises(ValueError, match=r"Targets are .'churn', 'contraction', .*'growth'"):
        churngrid.train(few, targets=("growth",))


def test_starter_files_are_written_once_and_are_sound(few, tmp_path):
    written = churngrid.init(tmp_path / "mine", data=few).written
    assert {path.name for path in written} == {
        *("churngrid.yaml", "scorecard.yaml", "maturity.yaml", "playbook.yaml"),
        *("questionnaire.csv", "questionnaire.md"),
    }
    scored = churngrid.score(few, tmp_path / "mine" / "churngrid.yaml", model="none").scored
    assert len(scored.scores)
    with pytest.raises(SchemaError, match="already there; init replaces nothing"):
        churngrid.init(tmp_path / "mine")


def test_stopped_init_leaves_nothing_in_the_way_of_the_next(few, tmp_path, monkeypatch):
    def stopped(*_args, **_options):
        raise KeyboardInterrupt

    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("of the user")
    # Importing the module by its dotted name would find the function of the same name.
    monkeypatch.setattr(sys.modules["churngrid.serving.api.init"], "check", stopped)
    for place in (tmp_path / "mine", tmp_path / "new" / "deep"):
        with pytest.raises(KeyboardInterrupt):
            churngrid.init(place, data=few)
    assert [path.name for path in tmp_path.rglob("*")] == ["mine", "notes.txt"]


def tracking_of(folder):
    return f"sqlite:///{folder / 'mlflow.db'}"


def test_ten_accounts_are_too_few_to_learn_from_but_can_be_scored(tmp_path):
    ten = build_company(10, seed=1).tables
    result = churngrid.train(ten, targets=("churn",), tracking=tracking_of(tmp_path))[0]
    assert result.kind == "scorecard"
    assert "fewer than 15 accounts" in result.warnings[0]
    assert len(churngrid.score(ten, model="none").scored.scores) <= 10


def test_public_names_are_all_there():
    assert all(getattr(churngrid, name) is not None for name in churngrid.__all__)
    with pytest.raises(AttributeError, match="no attribute 'predict'"):
        _ = churngrid.predict


def test_every_verb_is_reached_from_the_package():
    reached = [getattr(churngrid, name) for name in churngrid.__all__]
    verbs = {"backtest", "build_dataset", "check", "compile_kernels", "explain", "init", "report"}
    verbs |= {"fit_scorecard", "score", "train", "validate_scorecard"}
    jobs = (check, compile_kernels, explain, init, score, scorecard, train)
    homes = {name: getattr(job, name) for job in jobs for name in verbs & set(job.__all__)}
    assert set(homes) == verbs
    assert all(verb in reached for verb in homes.values())
