"""A stored model is a fitted classifier to scikit-learn's tools."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from sklearn.base import clone, is_classifier
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator
from sklearn.inspection import permutation_importance
from sklearn.metrics import get_scorer
from sklearn.utils.validation import check_is_fitted

from churngrid.features.errors import ArtifactError
from churngrid.training.models.catalogue import model_named
from churngrid.training.registry.artifact import FittedModel


def _rows() -> tuple[pd.DataFrame, np.ndarray]:
    rng = np.random.default_rng(3)
    X = pd.DataFrame({"idle_days": rng.exponential(20, 200), "noise": rng.normal(size=200)})
    return X, (rng.random(200) < X["idle_days"] / 60).to_numpy().astype(int)


@pytest.fixture(scope="module")
def stored() -> FittedModel:
    X, y = _rows()
    model = model_named("logistic").build()
    model.fit(X, y, groups=np.arange(200), monotone={}, roles={})
    return FittedModel("churn", model, 0.31, 30, 180, "2025-06-01T00:00:00+00:00")


def test_it_is_a_fitted_classifier(stored: FittedModel) -> None:
    check_is_fitted(stored)
    assert is_classifier(stored)
    assert stored.classes_.tolist() == [0, 1]
    assert stored.n_features_in_ == len(stored.columns)
    assert stored.feature_names_in_.tolist() == list(stored.columns)


def test_its_probabilities_are_those_it_was_stored_with(stored: FittedModel) -> None:
    X, _ = _rows()
    p = stored.predict_proba(X)
    np.testing.assert_array_equal(p[:, 1], stored.predict_p(X))
    np.testing.assert_allclose(p.sum(axis=1), 1.0)
    np.testing.assert_array_equal(stored.predict(X), (p[:, 1] > 0.5).astype(int))
    np.testing.assert_array_equal(stored.decision_function(X), stored.log_odds(X))


def test_fitting_and_cloning_leave_it_as_it_is(stored: FittedModel) -> None:
    X, y = _rows()
    assert clone(stored) is stored
    assert stored.fit(X, 1 - y) is stored


def test_tools_of_scikit_learn_take_it(stored: FittedModel) -> None:
    X, y = _rows()
    assert get_scorer("roc_auc")(stored, X, y) > 0.6
    shuffled = permutation_importance(stored, X, y, scoring="neg_log_loss", random_state=0)
    assert shuffled.importances_mean.argmax() == list(X).index("idle_days")
    again = CalibratedClassifierCV(FrozenEstimator(stored)).fit(X, y)
    assert get_scorer("roc_auc")(again, X, y) == pytest.approx(get_scorer("roc_auc")(stored, X, y))


def test_a_table_of_arrow_is_read_and_an_array_refused(stored: FittedModel) -> None:
    X, _ = _rows()
    table = pa.Table.from_pandas(X, preserve_index=False)
    np.testing.assert_array_equal(stored.predict_p(table), stored.predict_p(X))
    with pytest.raises(TypeError, match="`X` must be a DataFrame, got ndarray"):
        stored.predict_p(X.to_numpy())
    with pytest.raises(ArtifactError, match="idle_days"):
        stored.predict_proba(X[["noise"]])


def test_it_says_in_a_line_what_it_is(stored: FittedModel) -> None:
    about = "logistic, 1 input, trained through 2025-06-01, base rate 31.0%"
    said = f"FittedModel of churn: {about}"
    assert repr(stored) == f"<{said}>"
    assert stored._repr_mimebundle_()["text/html"] == f"<p>&lt;{said}&gt;</p>"
