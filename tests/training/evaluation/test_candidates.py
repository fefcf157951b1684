"""What a competitor may read of inputs that tell the date."""

import numpy as np
import pandas as pd
import pytest

from churngrid.training.dataset.clock_detector import clocks
from churngrid.training.evaluation.candidates import Lesson, fit_candidate
from churngrid.training.models.catalogue import model_named

N_ACCOUNTS, N_MONTHS = 150, 12


@pytest.fixture(scope="module")
def lesson():
    """Dearer accounts leave; a price can have changed only from the seventh month on, when more
    leave anyhow."""
    draw = np.random.default_rng(3)
    accounts = np.tile([f"a{n}" for n in range(N_ACCOUNTS)], N_MONTHS)
    month = np.repeat(np.arange(N_MONTHS), N_ACCOUNTS)
    dearer = draw.normal(size=len(month))
    risk = 1.5 * dearer + np.where(month < 6, -1.5, 0.0) - 0.5
    X = pd.DataFrame(
        {
            "price_trend": np.where(month < 6, np.nan, dearer),
            "users": draw.normal(size=len(month)),
            "tenure": 30.0 * month + draw.normal(size=len(month)),
        }
    )
    as_of = pd.Series(pd.date_range("2024-01-01", periods=N_MONTHS, freq="MS")[month])
    found = clocks(X, as_of, accounts.astype(object))
    assert {clock.column: clock.by for clock in found} == {
        "price_trend": "presence",
        "tenure": "value",
    }
    return Lesson(
        X=X,
        y=(draw.random(len(month)) < 1 / (1 + np.exp(-risk))).astype(np.int64),
        parents=accounts.astype(object),
        weight=np.ones(len(month)),
        newest=month >= N_MONTHS - 3,
        monotone={"price_trend": 1, "users": -1},
        roles={},
        clocks=tuple(clock for clock in found if clock.by == "value"),
        mute=tuple(clock for clock in found if clock.by == "presence"),
    )


@pytest.mark.parametrize("name", ["logistic", "directed", "additive", "boosted"])
def test_the_value_of_what_becomes_known_late_counts_and_its_absence_does_not(lesson, name):
    model = fit_candidate(model_named(name), lesson)
    assert "tenure" not in model.encoding.names
    asked = pd.DataFrame({"price_trend": [-1.5, np.nan, 1.5], "users": 0.0, "tenure": 0.0})
    falls, unknown, rises = model.log_odds(asked)
    assert rises - falls > 1.5
    assert falls < unknown < rises
    assert abs(unknown - (falls + rises) / 2) < 0.5


def test_whoever_may_read_the_gap_learns_the_month_from_it(lesson):
    """The other way round, to see that there is something to be kept from."""
    asked = pd.DataFrame({"price_trend": [np.nan, 0.0], "users": 0.0, "tenure": 0.0})
    said = model_named("boosted").build()
    seen = lesson.X.drop(columns="tenure")
    said.fit(seen, lesson.y, groups=lesson.parents, monotone=lesson.monotone, roles={})
    unknown, known = said.log_odds(asked)
    assert unknown < known - 0.7
