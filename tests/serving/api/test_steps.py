"""A target that has nothing to learn from does not keep the others from being learned."""

from dataclasses import dataclass

import pandas as pd
import pytest

from churngrid.features.errors import LeakageError, SchemaError
from churngrid.serving.api.answers.learning import BacktestResult
from churngrid.serving.api.train import build_dataset, learnable_of, trained_all
from churngrid.serving.cli.show_results import show_backtest
from churngrid.serving.cli.summaries.learning import backtest_summary
from tests.serving.invented import scores_of


@dataclass
class Learned:
    target: str
    warnings: tuple[str, ...] = ("it is small",)


def learn(*lacking):
    def one(name):
        if name in lacking:
            raise SchemaError(f"{name} never happens.")
        return Learned(name)

    return one


def test_targets_are_learned_in_their_order():
    results, notes = learnable_of(("churn", "expansion"), learn())
    assert [result.target for result in results] == ["churn", "expansion"]
    assert notes == ()


@pytest.mark.parametrize("lacking", ["churn", "expansion"])
def test_a_target_without_both_outcomes_is_left_out_and_said(lacking):
    (result,) = trained_all(("churn", "expansion"), learn(lacking))
    assert result.target != lacking
    assert result.warnings == ("it is small", f"No model of {lacking}: {lacking} never happens.")


def test_a_target_asked_for_alone_says_itself_what_is_missing():
    with pytest.raises(SchemaError, match=r"^churn never happens\.$"):
        learnable_of(("churn",), learn("churn"))


def test_nothing_to_learn_for_any_target_is_an_error():
    with pytest.raises(
        SchemaError, match=r"There is nothing to learn from\. No model of churn.*expansion"
    ):
        learnable_of(("churn", "expansion"), learn("churn", "expansion"))


def test_other_errors_stop_at_once():
    def leaking(name):
        raise LeakageError(f"{name} looks ahead.")

    with pytest.raises(LeakageError, match="looks ahead"):
        learnable_of(("churn", "expansion"), leaking)


def test_the_backtest_says_what_was_left_out(tmp_path, capsys):
    table = scores_of(3)[["account_id"]].assign(model="recency", scorer="roc_auc", value=0.6)
    result = BacktestResult(table, table, table, notes=("No model of expansion: never.",))
    summary = backtest_summary(result, tmp_path)
    assert summary["warnings"] == ["No model of expansion: never."]
    show_backtest(summary)
    assert "Warning: No model of expansion: never." in capsys.readouterr().out


def test_where_nothing_tells_who_leaves_there_is_nothing_to_learn():
    answers = {"survey_id": ["s1", "s2"], "survey_type": "nps", "account_id": ["a", "b"]}
    answers |= {"sent_at": "2025-01-01", "responded_at": "2025-01-02", "score": [9, 3]}
    tables = {"survey_responses": pd.DataFrame(answers)}
    with pytest.raises(SchemaError, match=r"There is nothing to learn from\. Nothing here says"):
        build_dataset(tables)
