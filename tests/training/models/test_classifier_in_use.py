"""ChurnClassifier among scikit-learn's tools: forms of tables, routing, importances, threads."""

from typing import Any

import joblib
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import sklearn
from sklearn.inspection import permutation_importance
from sklearn.model_selection import GroupKFold, cross_validate

from churngrid.training.models.bag import TreeShape
from churngrid.training.models.classifier import ChurnClassifier

SMALL = {"shapes": (TreeShape(4, 5, 1.0, 1.0),), "max_rounds": 30}


def _rows(n: int = 300) -> tuple[pd.DataFrame, Any]:
    rng = np.random.default_rng(5)
    X = pd.DataFrame(
        {
            "seats": rng.integers(1, 60, n).astype(float),
            "plan": rng.choice(["basic", "pro"], n),
            "noise": rng.normal(size=n).round(3),
        }
    )
    z = 1.5 - 0.1 * X["seats"] + 1.0 * (X["plan"] == "basic")
    return X, (rng.random(n) < 1 / (1 + np.exp(-z))).astype(int).to_numpy()


class _Polars:
    """Hands out its columns as polars does: by Arrow's interface, texts as views."""

    def __init__(self, frame: pd.DataFrame) -> None:
        table = pa.Table.from_pandas(frame, preserve_index=False)
        place = table.schema.get_field_index("plan")
        texts = pa.field("plan", pa.string_view())
        self.table = table.set_column(place, texts, table["plan"].cast(pa.string_view()))

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.table.__arrow_c_stream__(requested_schema)


FORMS = {
    "objects": lambda X: X.to_numpy(dtype=object),
    "texts": lambda X: X.to_numpy(dtype=object).astype(str),
    "arrow": lambda X: pa.Table.from_pandas(X, preserve_index=False),
    "polars": _Polars,
}


@pytest.fixture(scope="module")
def plain() -> ChurnClassifier:
    return ChurnClassifier(**SMALL).fit(*_rows())


@pytest.mark.parametrize("form", FORMS)
def test_the_form_of_a_table_does_not_matter(form: str, plain: ChurnClassifier) -> None:
    X, y = _rows()
    given = FORMS[form](X)
    model = ChurnClassifier(**SMALL).fit(given, y)
    np.testing.assert_array_equal(model.predict_proba(given), plain.predict_proba(X))
    assert model.n_features_in_ == 3
    if form in ("arrow", "polars"):
        assert model.feature_names_in_.tolist() == ["seats", "plan", "noise"]
        np.testing.assert_array_equal(plain.predict_proba(given), model.predict_proba(X))


def test_a_gap_among_texts_is_a_gap(plain: ChurnClassifier) -> None:
    X, _ = _rows(50)
    X.loc[3, "plan"] = None
    given = pa.Table.from_pandas(X, preserve_index=False)
    np.testing.assert_array_equal(plain.contributions(given), plain.contributions(X))


def test_numbers_in_place_of_categories_are_levels_and_no_codes() -> None:
    X, y = _rows()
    coded = X.assign(plan=np.where(X["plan"] == "pro", "7", "3"))
    model = ChurnClassifier(**SMALL).fit(coded.to_numpy(dtype=object), y)
    numbers = coded.astype(float).to_numpy()
    expected = model.predict_proba(coded.to_numpy(dtype=object))
    np.testing.assert_array_equal(model.predict_proba(numbers), expected)


def test_importances_are_the_mean_size_of_contributions(plain: ChurnClassifier) -> None:
    X, _ = _rows()
    sizes = np.abs(plain.contributions(X)[:, :-1]).mean(axis=0)
    np.testing.assert_allclose(plain.feature_importances_, sizes, rtol=1e-9)
    assert plain.feature_importances_.argmax() == 0
    assert not hasattr(ChurnClassifier(), "feature_importances_")


def test_importances_are_those_of_the_last_fit() -> None:
    X, y = _rows()
    model = ChurnClassifier(**SMALL).fit(X, y)
    assert model.feature_importances_.argmax() == 0
    model.fit(X.assign(seats=0.0, noise=X["seats"]), y)
    assert model.feature_importances_.argmax() == 2
    assert model.feature_importances_[0] == 0.0


def test_a_model_without_training_rows_names_the_next_step() -> None:
    model = ChurnClassifier(**SMALL).fit(*_rows())
    del model._seen
    with pytest.raises(AttributeError, match=r"read from disk has no training rows; take the mean"):
        _ = model.feature_importances_


def test_importances_agree_with_shuffling_a_column(plain: ChurnClassifier) -> None:
    X, y = _rows()
    shuffled = permutation_importance(plain, X, y, scoring="roc_auc", random_state=0)
    assert shuffled.importances_mean.argmax() == plain.feature_importances_.argmax()


def test_groups_are_routed_to_splitter_and_model(monkeypatch: pytest.MonkeyPatch) -> None:
    X, y = _rows()
    parents, seen = np.repeat(np.arange(60), 5), []
    fit = ChurnClassifier.fit

    def noted(self: ChurnClassifier, X: Any, y: Any, groups: Any = None) -> ChurnClassifier:
        seen.append(groups)
        return fit(self, X, y, groups)

    with sklearn.config_context(enable_metadata_routing=True):
        model = ChurnClassifier(**SMALL).set_fit_request(groups=True)
        monkeypatch.setattr(ChurnClassifier, "fit", noted)
        found = cross_validate(
            model, X, y, cv=GroupKFold(3), params={"groups": parents}, scoring="roc_auc"
        )
    assert len(found["test_score"]) == 3
    assert [len(np.unique(groups)) for groups in seen] == [40, 40, 40]


@pytest.mark.parametrize("n_jobs", [None, 1, -1, -2])
def test_threads_are_counted_as_in_scikit_learn(n_jobs: int | None, plain: ChurnClassifier) -> None:
    X, _ = _rows()
    model = ChurnClassifier(**SMALL, n_jobs=n_jobs).fit(*_rows())
    np.testing.assert_array_equal(model.predict_proba(X), plain.predict_proba(X))
    with joblib.parallel_config(n_jobs=2):
        np.testing.assert_array_equal(model.predict_proba(X), plain.predict_proba(X))
