"""What models say, asked beside other work."""

import threading
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from churngrid.demo import build_company
from churngrid.features.errors import ArtifactError
from churngrid.serving.company.load_company import company_of
from churngrid.serving.scoring.batch_score import score_known
from churngrid.serving.scoring.health_index import health_index
from churngrid.serving.scoring.known_facts import known_on
from churngrid.serving.scoring.model_estimates import estimated
from churngrid.serving.scoring.scored import Models
from churngrid.training.dataset.input_drift import references_of
from churngrid.training.models.calibration import sigmoid
from churngrid.training.models.catalogue import model_named
from churngrid.training.registry.artifact import FittedModel

INPUTS = pd.DataFrame({"idle_days": np.linspace(0.0, 60.0, 80), "chs": np.linspace(90.0, 5.0, 80)})


def _model(target="churn", X=INPUTS):
    y = np.arange(len(X)) % 3 == 0
    model = model_named("boosted").build()
    model.fit(X, y.astype(int), groups=np.arange(len(X)), monotone={}, roles={})
    facts = {"lead_days": 30, "horizon_days": 180, "trained_through": "2025-06-01"}
    return FittedModel(target=target, model=model, base_rate=0.3, **facts)


@pytest.mark.parametrize("threads", [1, 2])
def test_estimates_are_those_of_the_models(threads):
    models = {target: _model(target) for target in ("churn", "expansion")}
    with estimated(models, INPUTS, threads=threads) as said:
        assert list(said) == ["churn", "expansion"]
        for target, model in models.items():
            np.testing.assert_array_equal(said[target].p(), model.predict_p(INPUTS))
            shares = said[target].contributions()
            pd.testing.assert_frame_equal(shares, model.contributions(INPUTS), check_exact=True)


@pytest.mark.parametrize("threads", [1, 2])
def test_what_a_model_refuses_reaches_whoever_asks_for_it(threads):
    with (
        pytest.raises(ArtifactError, match="Columns differ"),
        estimated({"churn": _model()}, INPUTS[["chs"]], threads=threads) as said,
    ):
        said["churn"].p()


@pytest.mark.parametrize(("threads", "beside"), [(1, False), (3, True)])
def test_only_several_threads_ask_beside(threads, beside, monkeypatch):
    asked = []
    monkeypatch.setattr(
        FittedModel, "predict_p", lambda *_: asked.append(threading.current_thread())
    )
    with estimated({"churn": _model()}, INPUTS, threads=threads) as said:
        said["churn"].p()
    assert (asked[0] is not threading.main_thread()) == beside


def test_threads_change_no_score():
    company = company_of(build_company(60, seed=3).tables, None)
    known = known_on(company.tables, pd.Timestamp("2025-11-01", tz="UTC"), company.config)
    X = known.features.frame[["tenure_days", "arr"]]
    models = Models(_model(X=X), _model("expansion", X=X))
    one, several = (
        score_known(known, config=_with_threads(company.config, threads), models=models)
        for threads in (1, 2)
    )
    assert one.scores["p_churn"].notna().any()
    pd.testing.assert_frame_equal(
        one.scores.drop(columns="settings_hash"),
        several.scores.drop(columns="settings_hash"),
        check_exact=True,
    )
    pd.testing.assert_frame_equal(one.drivers, several.drivers, check_exact=True)
    pd.testing.assert_frame_equal(one.plays, several.plays, check_exact=True)


def _with_threads(config, threads):
    return replace(config, settings=config.settings.model_copy(update={"threads": threads}))


def _mature_model():
    """Idle days raise the estimate and maturity lowers it; the two go together in the table."""
    rng = np.random.default_rng(0)
    idle, cmi = rng.uniform(0, 60, 900), rng.uniform(1, 5, 900)
    y = rng.random(900) < sigmoid((idle - 30) / 10 - (cmi - 3))
    X = pd.DataFrame({"days_since_value_event": idle, "cmi": cmi})
    model = model_named("boosted").build()
    model.fit(X, y.astype(int), groups=np.arange(900), monotone={}, roles={})
    facts = {"lead_days": 30, "horizon_days": 180, "trained_through": "2025-06-01"}
    components = {"days_since_value_event": "usage", "cmi": "maturity"}
    return X, FittedModel("churn", model, float(y.mean()), components=components, **facts)


@pytest.mark.parametrize("threads", [1, 2])
def test_one_model_gives_two_numbers_that_differ_by_exactly_what_maturity_adds(threads):
    X, model = _mature_model()
    with estimated({"churn": model}, X, threads=threads) as said:
        churn = said["churn"]
        both, apart = (np.log(p / (1 - p)) for p in (churn.p(), churn.without_maturity()))
        np.testing.assert_allclose(both - apart, churn.of_maturity(), atol=1e-9)
        shares = churn.contributions()
    np.testing.assert_allclose(apart, shares["days_since_value_event"] + shares["(base)"])
    assert abs(pd.Series(both).corr(X["cmi"], method="spearman")) > 0.4
    assert abs(pd.Series(apart).corr(X["cmi"], method="spearman")) < 0.1


def test_the_health_axis_knows_nothing_of_maturity_and_both_numbers_are_stored():
    company = company_of(build_company(60, seed=3).tables, None)
    known = known_on(company.tables, pd.Timestamp("2025-11-01", tz="UTC"), company.config)
    _, model = _mature_model()
    scores = score_known(known, config=company.config, models=Models(model)).scores
    scored = scores[scores["p_churn"].notna() & scores["cmi"].notna()]
    assert len(scored) > 10
    both, apart = (np.log(scored[c] / (1 - scored[c])) for c in ("p_churn", "p_churn_health"))
    np.testing.assert_allclose(both - apart, scored["maturity_log_odds"], atol=1e-9)
    expected = health_index(scored["p_churn_health"].to_numpy(dtype=float), model.base_rate)
    np.testing.assert_allclose(scored["health_index"], expected, atol=1e-9)
    assert (scored["p_churn"] != scored["p_churn_health"]).any()


def test_a_date_whose_outcomes_a_model_has_seen_is_told_in_a_note_and_a_column():
    company = company_of(build_company(60, seed=3).tables, None)
    known = known_on(company.tables, pd.Timestamp("2025-06-01", tz="UTC"), company.config)
    X = known.features.frame[["tenure_days", "arr"]]
    early, late = (
        replace(_model(X=X), learned_until=until)
        for until in ("2025-06-01T00:00:00+00:00", "2025-06-02T00:00:00+00:00")
    )
    honest = score_known(known, config=company.config, models=Models(early))
    assert not honest.scores["hindsight"].any()
    assert not any("hindsight" in note for note in honest.notes)
    seen = score_known(known, config=company.config, models=Models(late))
    assert seen.scores["hindsight"].all()
    assert any(
        "p_churn is hindsight" in note and "2025-06-02, after 2025-06-01" in note
        for note in seen.notes
    )


def test_inputs_far_from_training_are_measured_and_named():
    company = company_of(build_company(60, seed=3).tables, None)
    known = known_on(company.tables, pd.Timestamp("2025-11-01", tz="UTC"), company.config)
    X = known.features.frame[["tenure_days", "arr"]]
    eligible = X[known.accounts["status"].eq("scored").to_numpy()]
    then = references_of(eligible.assign(arr=eligible["arr"] / 1000))
    result = score_known(
        known, config=company.config, models=Models(replace(_model(X=X), references=then))
    )
    moved = result.drift["churn"].set_index("column")["moved"]
    assert moved["arr"] > 0.9
    assert moved["tenure_days"] == pytest.approx(0.0, abs=1e-9)
    assert any("1 of 2 inputs of p_churn lies far" in note for note in result.notes)
