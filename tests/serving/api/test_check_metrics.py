"""The checks that a company runs on metrics of its own find what is wrong with them."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

import churngrid
from churngrid.demo import build_company
from churngrid.features.errors import SchemaError
from churngrid.features.metrics.absence import Absence
from churngrid.features.metrics.catalogue import METRICS
from churngrid.features.metrics.measures import Count
from churngrid.features.metrics.metric import Metric
from churngrid.features.metrics.row_selection import Select, Window
from churngrid.serving.api.check_metrics import CHECKS, check_metrics

GOOD = Metric(
    name="calls",
    component="support",
    measure=Count(Select("tickets", window=Window(28), at="created_at")),
    label="calls",
    unit="calls",
    direction="-",
    axis="health",
    when_absent=0.0,
    meaning="Calls in 28 days.",
)


@dataclass(frozen=True)
class EveryTicketEver:
    """Counts the tickets of the whole table, known by then or not."""

    select: Select

    def evaluate(self, known):
        return np.full(len(known.rows), float(known.whole("tickets").num_rows))

    def selects(self):
        yield self.select, frozenset()

    def shifted(self, days):
        return self


@dataclass(frozen=True)
class Constant:
    """A number that has nothing to do with the facts."""

    select: Select
    number: float

    def evaluate(self, known):
        return np.full(len(known.rows), self.number)

    def selects(self):
        yield self.select, frozenset()

    def shifted(self, days):
        return self


@pytest.fixture(scope="module")
def frames():
    return build_company(4, months=14, seed=2).tables


def test_good_metrics_pass_on_the_invented_company_and_on_ones_own(frames):
    assert churngrid.check_metrics([GOOD]) is None
    assert check_metrics([GOOD, replace(GOOD, name="complaints")], frames) is None


BROKEN = (
    ({"poor": 0.0, "healthy": 3.0}, "`poor` and `healthy` agree with `direction`"),
    ({"poor": 1.0, "healthy": 1.0}, "`poor` and `healthy` agree with `direction`"),
    ({"direction": "u", "poor": 0.0, "healthy": 3.0}, "agree with `direction`"),
    ({"axis": "context"}, "axis context goes with direction 'c', and with no other"),
    ({"direction": "c"}, "axis context goes with direction 'c', and with no other"),
    ({"label": "Calls"}, "`label` begins small and has no full stop"),
    ({"label": "calls."}, "`label` begins small and has no full stop"),
    ({"label": " "}, "`label` begins small and has no full stop"),
    ({"meaning": "calls in 28 days"}, "`meaning` is one sentence with a full stop"),
    ({"meaning": ""}, "`meaning` is one sentence with a full stop"),
    ({"unit": " "}, "`unit` and `source` say something"),
    ({"when_absent": 5.0}, "no facts mean what `when_absent` says"),
    ({"measure": Constant(Select("tickets"), np.inf)}, "every value is finite, or has a state"),
    ({"measure": EveryTicketEver(Select("tickets"))}, "facts known later do not count"),
)
"""A declaration that breaks a rule, and the rule."""


@pytest.fixture(scope="module")
def told(frames):
    """What is said of all broken metrics, and of a sound one among them."""
    wrong = [replace(GOOD, **{"name": f"calls{n}", **one}) for n, (one, _) in enumerate(BROKEN)]
    with pytest.raises(ValueError, match="These metrics break a rule; mend their") as caught:
        check_metrics([replace(GOOD, name="complaints"), *wrong], frames)
    return str(caught.value).splitlines()[1:]


@pytest.mark.parametrize(("place", "rule"), list(enumerate(rule for _, rule in BROKEN)))
def test_broken_rule_is_named_with_the_metric(place, rule, told):
    named = (f"- calls{place}: ", f"- calls{place}_28d: ")
    assert any(line.startswith(named) and rule in line for line in told)


def test_a_sound_metric_among_broken_ones_is_not_named(told):
    assert all(line.startswith("- calls") for line in told)


def test_metric_that_is_there_already_is_refused(frames):
    with pytest.raises(SchemaError, match="gives the column 'active_users_28d', which is there al"):
        check_metrics([METRICS[0]], frames)


def test_a_metric_without_a_number_for_silence_may_say_so(frames):
    open_ended = replace(GOOD, measure=Count(Select("tickets")), when_absent=0.0)
    check_metrics([open_ended], frames)
    with pytest.raises(ValueError, match="These metrics break a rule; mend their") as caught:
        check_metrics([replace(open_ended, when_absent=Absence.NOT_APPLICABLE)], frames)
    assert "no facts mean what `when_absent` says" in str(caught.value)


def test_no_metrics_pass():
    assert check_metrics(()) is None


def test_rules_are_told_apart():
    assert len({check.rule for check in CHECKS}) == len(CHECKS)
