from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from churngrid.features.metrics.catalogue import METRICS
from churngrid.serving.results.shap_view import explanation_of, readable_names
from churngrid.serving.scoring.scored import Scored

SHARES = pd.DataFrame(
    {"active_users_28d": [0.5, -1.0, 0.0], "cmi": [0.25, 0.5, 0.0], "(base)": [-2.0, -2.0, -2.0]}
)
KNOWN = pd.DataFrame({"active_users_28d": [3.0, np.nan, 9.0]})


def sigmoid(log_odds):
    return 1 / (1 + np.exp(-log_odds))


def test_log_odds_are_those_of_the_model_with_names_people_read():
    found = explanation_of(SHARES, KNOWN, METRICS)
    total = np.sum(found.values, axis=1) + found.base_values
    np.testing.assert_allclose(total, SHARES.sum(axis=1), atol=1e-12)
    assert found.feature_names == ["active users", "customer maturity index"]
    np.testing.assert_array_equal(found.data[:, 0], KNOWN["active_users_28d"])
    assert np.isnan(found.data[:, 1]).all()


def test_as_probability_the_values_add_up_to_it():
    found = explanation_of(SHARES, KNOWN, METRICS, scale="probability")
    total = np.sum(found.values, axis=1) + found.base_values
    np.testing.assert_allclose(total, sigmoid(SHARES.sum(axis=1)), atol=1e-12)
    same_side = np.sign(found.values) == np.sign(SHARES.drop(columns="(base)"))
    assert same_side.to_numpy().all()


def test_another_scale_is_refused():
    with pytest.raises(ValueError, match="`scale` must be 'log_odds' or 'probability', got 'odds'"):
        explanation_of(SHARES, KNOWN, METRICS, scale="odds")


def test_every_input_has_a_name_of_its_own():
    names = readable_names(METRICS)
    assert len(set(names.values())) == len(names)


def test_a_scoring_without_the_model_has_no_explanation():
    without = SimpleNamespace(contributions={})
    with pytest.raises(ValueError, match="This scoring used no model of 'expansion'; train one"):
        Scored.explanation(without, "expansion")
