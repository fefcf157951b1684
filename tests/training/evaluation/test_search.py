"""A search chooses by inner folds, and what it never saw says what that is worth."""

import sys

import numpy as np
import pandas as pd
import pytest

import churngrid
from churngrid.demo import build_company
from churngrid.features.errors import SchemaError
from churngrid.serving.api.tune import TuneResult
from churngrid.training.dataset.temporal_splits import out_of_time
from churngrid.training.evaluation import search
from churngrid.training.evaluation.backtest import Brought, backtest_dataset
from churngrid.training.evaluation.candidates import labelled_rows
from churngrid.training.evaluation.scorers import Difference
from churngrid.training.evaluation.tuned import tuned_before, tuned_model
from churngrid.training.models.bag import TreeShape

pytestmark = pytest.mark.usefixtures("unproven")

pytest.importorskip("optuna", reason="the extra `tune` is not installed")

PARAMETERS = {
    "max_depth": 3,
    "learning_rate": 0.1,
    "shape": {"num_leaves": 4, "min_rows": 9, "column_share": 0.5, "ridge": 2.0},
}


@pytest.fixture(scope="module")
def rows():
    return churngrid.build_dataset(build_company(90, months=30, seed=3).tables)


@pytest.fixture(scope="module")
def looked_at(rows):
    """A search whose model is a rule, noting which rows it learned from and was judged by."""
    seen, fit, ask = [], search.fit_candidate, search.predict
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(search, "tuned_model", lambda asked: search.model_named("one_metric"))

        def noted(model, lesson):
            seen.append(lesson.X.index)
            return fit(model, lesson)

        def asked(model, X):
            seen.append(X.index)
            return ask(model, X)

        patch.setattr(search, "fit_candidate", noted)
        patch.setattr(search, "predict", asked)
        patch.setattr(search, "_held_out", lambda *given: given[2])
        found = search.search_parameters(rows, "churn", seconds=600, n_trials=4)
    return found, seen


def test_no_trial_sees_a_row_of_the_newest_block_or_later(rows, looked_at):
    found, seen = looked_at
    before = tuned_before(found.parameters)
    labelled = labelled_rows(rows, "churn")
    newest = out_of_time(labelled.rows, labelled.parents)[-1]
    assert before == newest.test_from
    assert max(index.get_level_values("as_of").max() for index in seen) < before
    closes = labelled.rows.set_index(["account_id", "as_of"])["closes_at"]
    assert max(closes.loc[index].max() for index in seen) <= before


def test_the_first_trial_is_what_ships_by_default(looked_at):
    found, _ = looked_at
    first = found.trials.iloc[0]
    assert (first["max_depth"], first["learning_rate"], first["own_shape"]) == (6, 0.05, False)
    assert len(found.trials) == 4
    assert found.trials["log_loss"].iloc[0] > 0


def test_parameters_are_plain_and_reach_the_classifier():
    model = tuned_model(PARAMETERS).build()
    assert model.settings == {
        "max_depth": 3,
        "learning_rate": 0.1,
        "shapes": (TreeShape(4, 9, 0.5, 2.0),),
    }
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"seats": rng.normal(size=200)})
    y = (X["seats"] > 0).to_numpy().astype(int)
    fitted = model.fit(X, y, groups=np.arange(200), monotone={}, roles={})
    assert fitted.classifier.max_depth == 3
    assert fitted.shifted(0.1).settings == model.settings


def test_only_blocks_that_no_search_saw_say_anything(rows):
    labelled = labelled_rows(rows, "churn")
    folds = out_of_time(labelled.rows, labelled.parents)
    tuned = PARAMETERS | {"tuned_before": folds[-1].test_from.isoformat()}
    told = backtest_dataset(rows, "churn", brought=Brought(tuned=tuned))
    assert told.folds["test_from"].tolist() == [folds[-1].test_from]
    assert told.predictions["as_of"].min() >= folds[-1].test_from
    with pytest.raises(SchemaError, match="No test block begins at 2031-01-01 or later"):
        backtest_dataset(rows, "churn", brought=Brought(tuned={"tuned_before": "2031-01-01"}))


def test_unknown_parameters_are_refused():
    with pytest.raises(ValueError, match=r"`tuned` knows \[.*got 'depth'"):
        tuned_model({"depth": 3})
    with pytest.raises(
        ValueError, match=r"`shape` of `tuned` must name \['num_leaves', .*got \['ridge"
    ):
        tuned_model({"shape": {"ridge": 1.0}})


def test_a_history_whose_inner_folds_know_one_outcome_has_nothing_to_tune_by(rows):
    labelled = labelled_rows(rows, "churn")
    stayed = np.flatnonzero(labelled.y == 0)
    with pytest.raises(SchemaError, match="No inner fold has both outcomes of 'churn': there is"):
        search._Inner(rows, "churn", stayed)


def test_without_optuna_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(SchemaError, match=r"needs Optuna, .*pip install 'churngrid\[tune"):
        search.needed_optuna()


def test_a_result_says_in_a_line_what_it_is_worth():
    trials = pd.DataFrame({"trial": [0, 1], "log_loss": [0.5, 0.4]})
    best = TuneResult("churn", {}, trials, Difference(0.0123, -0.001, 0.02, 80))
    said = "<TuneResult of churn: 2 trials, log-loss on rows kept out lower by 0.0123 "
    assert repr(best) == said + "(-0.0010 to 0.0200)>"
    assert "0.4000" in best._repr_html_()
    assert repr(TuneResult("churn", {}, trials, None)).endswith("the defaults were best>")
