"""The benchmark of classifiers draws fairly, goes on where it stopped, and shows defeats."""

import importlib
import importlib.util
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pandas as pd
import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
EXTRAS = {"LightGBM, Optuna": "optuna", "CatBoost": "catboost", "EBM": "interpret"}
NAMES = (
    *("ChurnClassifier", "base rate", "logistic", "HistGradientBoosting"),
    *(name for name, module in EXTRAS.items() if importlib.util.find_spec(module)),
)
"""Rivals that come with the extra `benchmarks` are tried where it is installed."""


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module("quality")


def small(script: ModuleType, n: int = 120) -> object:
    rng = np.random.default_rng(0)
    users = rng.normal(size=n)
    X = pd.DataFrame(
        {
            "users": np.where(np.arange(n) == 3, np.nan, users),
            "plan": pd.Categorical(np.tile(["basic", "pro"], n // 2)),
        }
    )
    y = (users + rng.normal(size=n) < 0).astype(np.int64)
    return script.Rows(X, y, np.ones(n), np.repeat(np.arange(n // 2), 2))


def table(script: ModuleType) -> object:
    tables = importlib.import_module("compared.tables")
    rows, place = small(script, n=400), np.arange(400)
    cuts = [
        tables.Split(place[place % 4 // 2 != k], place[place % 4 // 2 == k], ["users"])
        for k in (0, 1)
    ]
    return tables.Table("telco_ibm", rows, cuts)


def test_accounts_are_drawn_as_a_whole_and_have_room(script: ModuleType) -> None:
    drawn_groups = importlib.import_module("compared.rows").drawn_groups
    groups = np.repeat(list("abcdef"), [5, 1, 4, 3, 2, 5])
    kept = drawn_groups(groups, 12)
    assert 0 < len(kept) <= 12
    assert all(np.isin(np.flatnonzero(groups == one), kept).all() for one in set(groups[kept]))
    assert drawn_groups(groups, 20).tolist() == list(range(20))


@pytest.mark.parametrize("name", NAMES)
def test_every_competitor_reads_numbers_categories_and_weights(
    script: ModuleType, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.import_module("rivals.classifiers"), "TRIALS", 3)
    rows = small(script)
    found = script.measured(script.MODELS[name], rows, rows)
    p = np.asarray(found["p"])
    assert p.shape == (120,)
    assert ((p >= 0) & (p <= 1)).all()


def test_what_was_measured_is_not_measured_again(
    script: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def fit(rows: object) -> object:
        asked.append(1)
        if len(asked) == 2:
            raise KeyboardInterrupt
        return SimpleNamespace(predict_proba=lambda X: np.full((len(X), 2), 0.5))

    monkeypatch.setattr(script, "MODELS", {"ChurnClassifier": fit, "other": fit})
    file = tmp_path / "said.jsonl"
    with pytest.raises(KeyboardInterrupt):
        script.compared(script.Said(file), table(script))
    assert not script.Said(file).done("telco_ibm")
    script.compared(script.Said(file), table(script))
    assert len(asked) == 5  # four are needed, one was cut off
    assert script.Said(file).done("telco_ibm")


def test_a_table_on_which_another_one_is_better_says_so(
    script: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def blind(rows: object) -> object:
        return SimpleNamespace(predict_proba=lambda X: np.full((len(X), 2), 0.5))

    def knowing(rows: object) -> object:
        return SimpleNamespace(predict_proba=chance)

    def chance(X: pd.DataFrame) -> np.ndarray:
        p = 1 / (1 + np.exp(2 * X["users"].fillna(0).to_numpy()))
        return np.column_stack([1 - p, p])

    monkeypatch.setattr(script, "MODELS", {"ChurnClassifier": blind, "other": knowing})
    said = script.Said(tmp_path / "said.jsonl")
    script.compared(said, table(script))
    rows = list(script.rows_of(said, "telco_ibm"))
    assert [cell.endswith("**theirs**") for cell in rows[1][4:6]] == [True, True]
    assert list(script.counted(rows)) == [("other", "0", "1", "0", "1", "1")]
    assert any("other" in line for line in script.section(said))
