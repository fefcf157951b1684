"""Why accounts moved: parts that add up to the move, each in its place."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import churngrid
from churngrid.demo import build_company
from churngrid.features.errors import SchemaError
from churngrid.features.ingest.read import read_tables
from churngrid.features.schema.settings import Settings
from churngrid.serving.change.changes import changes_of
from churngrid.serving.change.moves import moves_of
from churngrid.serving.change.stored_inputs import Earlier, features_from, inputs_of
from churngrid.serving.company.config import read_config
from churngrid.serving.results.result_column import check_result
from churngrid.serving.results.schema import RESULTS
from churngrid.serving.scoring.batch_score import score_tables
from churngrid.serving.scoring.scored import Models
from churngrid.training.registry.artifact import FittedModel
from tests.build import day

THEN, NOW = "2025-11-30", "2025-12-31"
CONFIG = read_config(Settings())
COLUMNS = ["active_users_28d", "active_users_28d_vs_own", "open_critical_tickets", "tenure_days"]


def model(*, steepness=1.0):
    """A logistic model of a few inputs, fitted on rows that none of the accounts is among."""
    from churngrid.training.models.catalogue import model_named

    rng = np.random.default_rng(3)
    columns = [*COLUMNS, "chs"]
    X = pd.DataFrame(rng.uniform(0, 40, (400, len(columns))), columns=columns)
    X["tenure_days"], X["chs"] = 40 * X["tenure_days"], 2.5 * X["chs"]
    X.index = pd.MultiIndex.from_product(
        [[f"t{n}" for n in range(400)], [day("2024-06-01")]], names=["account_id", "as_of"]
    )
    fall = X["active_users_28d"] / 10 + X["tenure_days"] / 500 + X["chs"] / 25 - 7
    odds = steepness * (X["open_critical_tickets"] / 20 - fall)
    y = (rng.random(400) < 1 / (1 + np.exp(-odds))).astype(int).to_numpy()
    groups = X.index.get_level_values("account_id").to_numpy(dtype=object)
    fitted = model_named("logistic").build()
    fitted.fit(X, y, groups=groups, monotone={}, roles={})
    return FittedModel("churn", fitted, 0.3, 0, 90, "2024-06-01")


@pytest.fixture(scope="module")
def tables():
    return read_tables(build_company(60, months=30, seed=9).tables)


def stored(scored):
    scores = scored.scores.set_index("account_id")
    inputs = inputs_of(scored).set_index("account_id")
    return Earlier(scored.scores["as_of"].iloc[0], scores, inputs)


@pytest.fixture(scope="module")
def first(tables):
    models = Models(churn=model())
    return score_tables(tables, day(THEN), config=CONFIG, models=models)


def second(tables, **options):
    options = {"config": CONFIG, "models": Models(churn=model())} | options
    return score_tables(tables, day(NOW), **options)


@pytest.fixture(scope="module")
def later(tables):
    return second(tables)


def accounts_of(scored, earlier):
    ids = pd.Index(scored.scores["account_id"])
    return ids[ids.isin(earlier.inputs.index)]


def moved(scored, earlier):
    return {move.measure: move for move in moves_of(scored, earlier, accounts_of(scored, earlier))}


def test_parts_of_every_measure_add_up_to_the_move(first, later):
    for move in moved(later, stored(first)).values():
        parts = move.parts.sum(axis=1).to_numpy() + sum(move.apart.values())
        known = ~np.isnan(move.total)
        assert known.any()
        np.testing.assert_allclose(parts[known], move.total[known], atol=1e-9)


def test_the_move_of_an_estimate_is_that_of_its_log_odds(first, later):
    move = moved(later, stored(first))["p_churn"]
    known = ~np.isnan(move.total)
    odds = [np.log(p / (1 - p)) for p in (move.before[known], move.after[known])]
    np.testing.assert_allclose(move.total[known], odds[1] - odds[0], atol=1e-12)


def test_stored_parts_add_up_and_are_as_declared(first, later):
    found = changes_of(later, stored(first))
    check_result("changes", found, RESULTS["changes"])
    numbers = found[found["measure"] != "cell"].dropna(subset=["amount"])
    keys = ["account_id", "measure"]
    whole = numbers[numbers["kind"] == "move"].set_index(keys)
    parts = numbers[numbers["kind"] != "move"].groupby(keys)[["amount", "points"]].sum()
    assert len(whole) > 20
    for column in ("amount", "points"):
        np.testing.assert_allclose(parts.loc[whole.index, column], whole[column], atol=1e-7)


def test_another_model_on_the_same_data_is_a_move_of_the_model_alone(tables, first):
    other = score_tables(tables, day(THEN), config=CONFIG, models=Models(churn=model(steepness=3)))
    move = moved(other, stored(first))["p_churn"]
    known = ~np.isnan(move.total)
    assert np.abs(move.total[known]).max() > 0.1
    np.testing.assert_allclose(move.apart["model"][known], move.total[known], atol=1e-9)
    np.testing.assert_allclose(move.parts.to_numpy()[known], 0, atol=1e-9)


def test_the_part_of_the_model_is_the_new_one_less_the_old_one_on_the_old_inputs(tables, first):
    new = model(steepness=3)
    other = second(tables, models=Models(churn=new))
    earlier = stored(first)
    move = moved(other, earlier)["p_churn"]
    old_inputs = earlier.inputs.loc[accounts_of(other, earlier)]
    expected = new.log_odds(old_inputs) - model().log_odds(old_inputs)
    known = ~np.isnan(move.total)
    np.testing.assert_allclose(move.apart["model"][known], expected[known], atol=1e-9)


def test_another_scorecard_on_the_same_data_is_a_move_of_settings_alone(tables, first):
    card = CONFIG.scorecard
    heavier = {
        name: part.model_copy(update={"weight": part.weight * (5 if name == "usage" else 1)})
        for name, part in card.components.items()
    }
    changed = replace(CONFIG, scorecard=card.model_copy(update={"components": heavier}))
    other = score_tables(tables, day(THEN), config=changed, models=Models(churn=model()))
    for measure in ("chs", "p_churn"):
        move = moved(other, stored(first))[measure]
        known = ~np.isnan(move.total)
        assert np.abs(move.total[known]).max() > 0.01
        np.testing.assert_allclose(move.apart["settings"][known], move.total[known], atol=1e-9)


def test_nothing_moves_between_a_scoring_and_itself(first):
    assert changes_of(first, stored(first)).empty


def test_what_only_grows_older_is_told_as_time(first, later):
    found = changes_of(later, stored(first), most=99)
    tenure = found[(found["metric"] == "tenure_days") & (found["measure"] == "p_churn")]
    assert len(tenure)
    assert set(tenure["kind"]) == {"time"}
    assert tenure["text"].str.contains("only time passed").all()


def test_what_was_stored_is_read_back_as_it_was(first):
    earlier = stored(first)
    index = earlier.inputs.set_index("as_of", append=True)
    back = features_from(index, CONFIG.metrics)
    pd.testing.assert_frame_equal(back.absence, first.features.absence, check_names=False)
    pd.testing.assert_frame_equal(back.frame, first.features.frame.astype(float), check_names=False)


def test_a_cell_that_moved_says_what_moved_it(first, later):
    found = changes_of(later, stored(first))
    cells = found[found["measure"] == "cell"]
    assert len(cells)
    assert cells[cells["rank"] == 0]["text"].str.match(r"cell: .+ -> .+").all()
    assert cells.groupby("account_id")["rank"].max().ge(1).all()


def test_from_the_place_of_results(tmp_path):
    tables = build_company(24, months=22, seed=9).tables
    out = tmp_path / "results"
    for date in ("2025-10-31", THEN):
        churngrid.score(tables, out=out, as_of=date, model="none")
    result = churngrid.score(tables, out=out, as_of=NOW, model="none")
    kept = pd.read_csv(out / "changes.csv")
    assert set(kept["since"].str[:10]) == {THEN}
    assert not (out / "inputs.csv").exists()
    account = kept["account_id"].iloc[0]
    change = result.change(account)
    assert change.text().startswith(f"{account}, since {THEN}:")
    assert "_repr_html_" in dir(change)
    story = churngrid.explain(
        tables, account=account, as_of=NOW, model="none", results=out, since="2025-11-15"
    )
    assert story.change.since == day("2025-10-31")
    whole = story.change.rows[story.change.rows["rank"] == 0]
    assert all(f"Since 2025-10-31, {text}" in story.text() for text in whole["text"])
    with pytest.raises(SchemaError, match=r"`since` must name a stored scoring before 2025-12-31"):
        churngrid.explain(
            tables, account=account, as_of=NOW, model="none", results=out, since="2020-01-01"
        )


def test_without_an_earlier_scoring_there_is_nothing_to_tell():
    tables = build_company(20, months=24, seed=9).tables
    result = churngrid.score(tables, as_of=NOW, model="none")
    account = result.scores["account_id"].iloc[0]
    assert "no earlier scoring is stored" in result.change(account).text()
    assert result.change(account).rows.empty
    assert repr(result).startswith("<ScoreResult: ")
