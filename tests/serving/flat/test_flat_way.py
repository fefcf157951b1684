"""From one table with a flag to a model, a list, reasons and a page."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import churngrid
from churngrid.features.errors import ArtifactError, SchemaError
from churngrid.features.schema.flat_settings import FlatPlay, FlatSettings
from churngrid.features.schema.settings import Settings
from churngrid.serving.cli.app import app
from churngrid.serving.flat.scores import score_flat
from churngrid.serving.flat.usual import comparison, usual_of
from churngrid.training.registry.artifact import BASE
from churngrid.training.registry.mlflow_registry import load_champion, local_uri
from tests.flat_customers import flat_customers

pytestmark = pytest.mark.usefixtures("brief_boosting")
SETTINGS = Settings(
    flat=FlatSettings(
        money="noise_free",
        columns={"months": {"label": "months with us", "direction": "+"}},
        plays=[
            FlatPlay(name="call", when="months", at_most=12, action="Call them."),
            FlatPlay(name="year", when="contract", is_one_of=["monthly"], action="Offer a year."),
        ],
    )
)


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return local_uri(tmp_path_factory.mktemp("flat"))


@pytest.fixture(scope="module")
def table():
    return flat_customers().assign(noise_free=100.0)


@pytest.fixture(scope="module")
def trained(table, store):
    return churngrid.train_table(
        table, SETTINGS, target="left", id="customer", tracking=store, model_kind="boosted"
    )


@pytest.fixture(scope="module")
def scored(table, trained, store):
    return churngrid.score_table(table, SETTINGS, as_of="2025-06-01", tracking=store).scored


def test_figures_are_of_rows_not_learned_from_and_beat_the_base_rate(trained):
    assert (trained.alias, trained.scheme) == ("champion", "out_of_fold")
    values = trained.scorers.pivot_table(index="model", columns="scorer", values="value")
    assert values.loc["boosted", "roc_auc"] > 0.7
    assert values.loc["boosted", "log_loss"] < values.loc["base_rate", "log_loss"]
    counts = trained.predictions.groupby("model")["account_id"].agg(["size", "nunique"])
    assert (counts == 400).all(axis=None)


def test_what_became_of_columns_is_said(trained):
    said = " ".join(trained.warnings)
    assert "Column `customer`" not in said
    assert "Column `reason_for_leaving` is left out: it is filled for 100 %" in said
    assert "Column `country` is left out: it has the same value in every row" in said
    assert "Figures are out of fold: rows have no date" in said


def test_reasons_add_up_to_the_shown_probability(scored):
    log_odds = scored.contributions.sum(axis=1)
    shown = scored.scores["p_churn"].to_numpy()
    np.testing.assert_allclose(1 / (1 + np.exp(-log_odds)), shown, atol=1e-9)
    assert BASE in scored.contributions


def test_who_has_left_is_not_listed_and_said(table, scored):
    gone = set(table.loc[table["left"] == "Yes", "customer"])
    assert not gone & set(scored.scores["account_id"])
    assert f"{len(gone):,} rows are flagged `left` = 'Yes' already" in " ".join(scored.notes)


def test_the_list_begins_with_most_money_at_risk(scored):
    assert scored.scores["arr_at_risk"].is_monotonic_decreasing
    assert scored.scores["rank"].tolist() == list(range(1, len(scored.scores) + 1))


def test_true_causes_are_the_reasons_in_the_users_words(scored):
    raising = scored.drivers[scored.drivers["direction"] == "raises"]
    assert set(raising["metric"].value_counts().index[:2]) <= {"months", "contract", "paid"}
    texts = raising.loc[raising["metric"] == "months", "text"]
    assert texts.str.startswith("months with us: ").all()


def test_no_reason_contradicts_its_comparison(scored):
    months = scored.drivers[scored.drivers["metric"] == "months"]
    compared = months[months["text"].str.contains("half of the customers")]
    value = compared["value"].astype(float)
    said = compared["text"].str.extract(r"at (least|most) (\d+)")
    median = said[1].astype(float)
    raises = compared["direction"] == "raises"
    assert ((value <= median) == raises)[value != median].all()
    assert ((value < median) == (said[0] == "least")).all()


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (2.0, "half of the customers have at most 0"),
        (0.0, "the middle of all customers"),
        (-1.0, "half of the customers have at least 0"),
    ],
)
def test_the_median_is_told_so_that_ties_do_not_make_it_false(value, says):
    usual = usual_of(pd.DataFrame({"calls": [0.0, 0.0, 0.0, 5.0]}), np.array([0, 1, 0, 1]))
    assert comparison(usual["calls"], value, raises=True, base_rate=0.5, number="0") == says


def test_plays_come_where_their_reason_and_value_hold(scored):
    plays = scored.plays.merge(scored.scores[["account_id"]].assign(row=range(len(scored.scores))))
    months = scored.inputs["months"].to_numpy()[plays["row"]]
    contract = scored.inputs["contract"].to_numpy()[plays["row"]]
    assert (months[plays["play"] == "call"] <= 12).all()
    assert (contract[plays["play"] == "year"] == "monthly").all()
    assert (plays["play"] == "year").any()


def test_results_and_page_are_written_and_written_again(table, trained, store, tmp_path):
    out = tmp_path / "results"
    result = churngrid.score_table(table, SETTINGS, out=out, as_of="2025-06-01", tracking=store)
    page = result.report_path.read_text(encoding="utf-8")
    assert "Customers as of 1 Jun 2025" in page
    assert "months with us" in page
    stored = pd.read_csv(out / "scores.csv")
    assert len(stored) == len(result.scored.scores)
    again = churngrid.report(out).read_text(encoding="utf-8")
    assert "Customers as of 1 Jun 2025" in again


def test_names_cannot_run_on_the_page(table, trained, store, tmp_path):
    hostile = table.head(30).assign(left=None, customer="<script>alert(1)</script>")
    out = tmp_path / "results"
    found = churngrid.score_table(hostile, SETTINGS, out=out, as_of="2025-06-01", tracking=store)
    assert "<script>" not in found.report_path.read_text(encoding="utf-8")


def test_retraining_without_newer_rows_leaves_the_champion(table, trained, store):
    again = churngrid.train_table(
        table.head(300), SETTINGS, target="left", id="customer", tracking=store
    )
    assert again.alias == "challenger"
    assert "no row is newer" in again.reason
    assert load_champion(store, "churn").version == trained.version


def test_one_customer_is_explained(table, trained, store, scored):
    first = scored.scores.iloc[0]
    story = churngrid.explain_table(
        table, SETTINGS, account=first["account_id"], as_of="2025-06-01", tracking=store
    )
    assert story["p_churn"] == pytest.approx(first["p_churn"])
    assert story["raises"]
    with pytest.raises(SchemaError, match="There is no customer 'nobody' in the table"):
        churngrid.explain_table(table, account="nobody", as_of="2025-06-01", tracking=store)


def test_frames_have_no_day_of_their_own(table, trained, store):
    with pytest.raises(SchemaError, match="The rows have no date; say with `as_of`"):
        churngrid.score_table(table, tracking=store)


def test_what_is_missing_is_said(table, tmp_path):
    with pytest.raises(SchemaError, match="Which column says whether the customer left"):
        churngrid.train_table(table, tracking=local_uri(tmp_path))
    few = pd.DataFrame({"left": ["yes", "no", "no", "yes", "no"], "v": [1, 2, 3, 5, 4]})
    with pytest.raises(SchemaError, match="There are 2 customers with the outcome and 3 without"):
        churngrid.train_table(few, target="left", tracking=local_uri(tmp_path))
    with pytest.raises(SchemaError, match="There is no trained model yet"):
        churngrid.score_table(table, as_of="2025-06-01", tracking=local_uri(tmp_path / "none"))


def test_dated_rows_are_tested_out_of_time(store, tmp_path):
    months = pd.date_range("2024-01-01", periods=8, freq="MS")
    frame = flat_customers(480).assign(day=np.repeat(months.strftime("%Y-%m-%d"), 60))
    found = churngrid.train_table(
        frame, target="left", id="customer", date="day", tracking=local_uri(tmp_path)
    )
    assert found.scheme == "out_of_time"
    rows = found.predictions[found.predictions["scheme"] == "out_of_time"]
    assert rows["as_of"].min() > pd.Timestamp("2024-03-31", tz="UTC")
    assert found.model.trained_through.startswith("2024-08-01")


def test_the_command_line_goes_the_whole_way(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    flat_customers().to_csv("customers.csv", index=False)
    run = CliRunner().invoke
    done = run(app, ["train", "customers.csv", "--target", "left", "--id", "customer", "--json"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["alias"] == "champion"
    done = run(app, ["score", "customers.csv", "--out", "results", "--json"])
    assert done.exit_code == 0, done.output
    listed = json.loads(done.stdout)["likeliest"]
    assert len(listed) == 10
    done = run(app, ["explain", "customers.csv", "--account", listed[0]["account_id"]])
    assert "The model's estimate rose because:" in done.stdout
    assert (tmp_path / "results" / "report.html").exists()


def test_a_target_of_tables_is_checked():
    done = CliRunner().invoke(app, ["train", "exports/", "--target", "Churn"])
    assert done.exit_code == 2
    assert (
        "`--target` must be one of ['churn', 'expansion', 'contraction'], got 'Churn'"
        in done.output
    )


def test_one_table_has_one_target(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    flat_customers(20).to_csv("customers.csv", index=False)
    done = CliRunner().invoke(app, ["train", "customers.csv", "--target", "a", "--target", "b"])
    assert done.exit_code == 2
    assert "`--target` names one column of a table, got 2: ['a', 'b']" in done.output


def test_one_table_takes_no_tuned_parameters(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    flat_customers(20).to_csv("customers.csv", index=False)
    (tmp_path / "tuned.json").write_text("{}")
    done = CliRunner().invoke(
        app, ["train", "customers.csv", "--target", "Churn", "--tuned", "tuned.json"]
    )
    assert done.exit_code == 2
    assert "`--tuned` is for tables of a company, not for one flat table" in done.output


def test_a_model_of_tables_does_not_score_a_flat_table(table, trained):
    of_tables = replace(trained.model, card={})
    with pytest.raises(ArtifactError, match="was trained on tables of a company, not on a flat"):
        score_flat(table, of_tables, FlatSettings(), pd.Timestamp("2025-06-01", tz="UTC"))
