"""What models say, asked beside other work."""

import threading
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from churngrid.demo import build_company
from churngrid.features.errors import ArtifactError
from churngrid.serving.company.load_company import company_of
from churngrid.serving.scoring.batch_score import Models, score_known
from churngrid.serving.scoring.known_facts import known_on
from churngrid.serving.scoring.model_estimates import estimated
from churngrid.training.models.catalogue import model_named
from churngrid.training.registry.artifact import FittedModel

INPUTS = pd.DataFrame({"idle_days": np.linspace(0.0, 60.0, 80), "chs": np.linspace(90.0, 5.0, 80)})


def _model(target="churned", X=INPUTS):
    y = np.arange(len(X)) % 3 == 0
    model = model_named("boosted").build()
    model.fit(X, y.astype(int), groups=np.arange(len(X)), monotone={}, roles={})
    facts = {"lead_days": 30, "horizon_days": 180, "trained_through": "2025-06-01"}
    return FittedModel(target=target, model=model, base_rate=0.3, **facts)


@pytest.mark.parametrize("threads", [1, 2])
def test_estimates_are_those_of_the_models(threads):
    models = {target: _model(target) for target in ("churned", "expanded")}
    with estimated(models, INPUTS, threads=threads) as said:
        assert list(said) == ["churned", "expanded"]
        for target, model in models.items():
            np.testing.assert_array_equal(said[target].p(), model.predict_p(INPUTS))
            shares = said[target].contributions()
            pd.testing.assert_frame_equal(shares, model.contributions(INPUTS), check_exact=True)


@pytest.mark.parametrize("threads", [1, 2])
def test_what_a_model_refuses_reaches_whoever_asks_for_it(threads):
    with (
        pytest.raises(ArtifactError, match="Columns differ"),
        estimated({"churned": _model()}, INPUTS[["chs"]], threads=threads) as said,
    ):
        said["churned"].p()


@pytest.mark.parametrize(("threads", "beside"), [(1, False), (3, True)])
def test_only_several_threads_ask_beside(threads, beside, monkeypatch):
    asked = []
    monkeypatch.setattr(
        FittedModel, "predict_p", lambda *_: asked.append(threading.current_thread())
    )
    with estimated({"churned": _model()}, INPUTS, threads=threads) as said:
        said["churned"].p()
    assert (asked[0] is not threading.main_thread()) == beside


def test_threads_change_no_score():
    company = company_of(build_company(60, seed=3).tables, None)
    known = known_on(company.tables, pd.Timestamp("2025-11-01", tz="UTC"), company.config)
    X = known.features.frame[["tenure_days", "arr"]]
    models = Models(_model(X=X), _model("expanded", X=X))
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
