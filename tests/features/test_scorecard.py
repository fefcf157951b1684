import pytest

from churngrid.features.absence import Absence
from churngrid.features.errors import SchemaError
from churngrid.features.facts import Select
from churngrid.features.measures import Count
from churngrid.features.metric import Metric
from churngrid.features.metrics import METRICS
from churngrid.features.rubric import read_rubric
from churngrid.features.scorecard import read_scorecard

USAGE = "components:\n  usage:\n    label: Usage\n    weight: 1\n    metrics:\n"
ONE = USAGE + "      - {metric: active_user_rate_28d}\n"
CAP = "{{name: {name}, when: {when}, limit: {limit}, reason: Bad.}}"


def read(tmp_path, text, metrics=METRICS):
    path = tmp_path / "scorecard.yaml"
    path.write_text(text)
    return read_scorecard(path, metrics)


def capped(*caps):
    return ONE + "caps:\n" + "".join(f"  - {cap}\n" for cap in caps)


def cap(name="late", when="{field: days_overdue, above: 60}", limit="59"):
    return CAP.format(name=name, when=when, limit=limit)


def test_the_shipped_scorecard_weighs_metrics_that_have_thresholds():
    card = read_scorecard(None, METRICS)
    columns = {metric.column for metric in METRICS}
    assert set(card.metrics()) <= columns
    assert len(card.caps) >= 5
    assert sum(part.weight for part in card.components.values()) == 100


def test_metrics_are_weighed_alike_where_nothing_is_said(tmp_path):
    card = read(tmp_path, ONE)
    assert card.components["usage"].metrics[0].weight == 1
    assert (card.bands.high, card.bands.medium) == (70, 50)
    assert card.metrics() == ["active_user_rate_28d"]


def test_a_metric_without_thresholds_may_bring_its_own(tmp_path):
    text = USAGE + "      - {metric: usage_volume_28d, poor: 0, healthy: 100}\n"
    assert read(tmp_path, text).components["usage"].metrics[0].healthy == 100


MATURITY = Metric(
    name="rigour",
    component="company",
    measure=Count(Select("account_events")),
    label="rigour",
    unit="points",
    direction="+",
    axis="maturity",
    when_absent=Absence.NO_EVENT_YET,
    meaning="Rigour.",
    poor=1.0,
    healthy=5.0,
)


def test_a_metric_of_the_maturity_axis_is_refused(tmp_path):
    text = USAGE + "      - {metric: rigour}\n"
    with pytest.raises(SchemaError, match="'rigour' belongs to the maturity axis; one metric"):
        read(tmp_path, text, (*METRICS, MATURITY))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            USAGE + "      - {metric: active_user_rate}\n",
            r"unknown metric 'active_user_rate'\. Did you mean 'active_user_rate_28d'",
        ),
        (USAGE + "      - {metric: zzz}\n", r"unknown metric 'zzz'\.$"),
        (
            ONE + "      - {metric: active_user_rate_28d}\n",
            "metric 'active_user_rate_28d' is weighed twice; keep one",
        ),
        (
            USAGE + "      - {metric: usage_volume_28d}\n",
            "'usage_volume_28d' has no thresholds of its own; give `poor` and `healthy`",
        ),
        (
            USAGE + "      - {metric: exec_sponsors, poor: 1}\n",
            "needs both poor and healthy, or neither",
        ),
        (
            USAGE + "      - {metric: exec_sponsors, poor: 1, healthy: 1}\n",
            "poor and healthy must differ, both are 1",
        ),
        (USAGE + "      - {metric: exec_sponsors, weight: 0}\n", "must be (above|greater than) 0"),
        (USAGE + "      - {metric: exec_sponsors, wieght: 2}\n", "wieght"),
        (ONE.replace("weight: 1", "weight: -1"), "must be at least 0"),
        (ONE.replace("    label: Usage\n", ""), "label"),
        (USAGE + "      []\n", "must have at least 1 entries"),
        ("components: {}\n", "at least 1"),
        (ONE + "bands: {high: 50, medium: 50}\n", "needs 0 < medium < high <= 100"),
        (ONE + "bands: {high: 101, medium: 50}\n", "needs 0 < medium < high <= 100"),
        (ONE + "bands: {high: 70, medium: 0}\n", "needs 0 < medium < high <= 100"),
        (ONE + "green_from: 1.2\n", "must be at most 1, got 1.2"),
        (ONE + "insufficient_below: -0.1\n", "must be at least 0"),
        (ONE + "first_days: -1\n", "must be at least 0"),
        (capped(cap(limit="101")), "must be at most 100, got 101"),
        (capped(cap(when="{field: days_overdu, above: 60}")), "cap 'late': unknown metric"),
        (capped(cap(when="{field: days_overdue}")), "a field needs a rule"),
        (capped(cap(), cap(limit="30")), "cap 'late' stands twice; keep one"),
    ],
)
def test_a_scorecard_that_breaks_a_rule_is_refused(tmp_path, text, message):
    with pytest.raises(SchemaError, match=message):
        read(tmp_path, text)


def test_the_message_names_the_file(tmp_path):
    with pytest.raises(SchemaError, match=r"^scorecard\.yaml: unknown metric"):
        read(tmp_path, USAGE + "      - {metric: zzz}\n")


def test_a_cap_may_look_at_derived_columns(tmp_path):
    rule = cap(when="{field: active_users_28d_vs_own, below: 0.5}")
    assert read(tmp_path, capped(rule)).caps[0].limit == 59


def test_a_characteristic_that_stands_twice_is_refused(tmp_path):
    item = "{id: A, label: A, levels: {1: low, 5: high}}"
    path = tmp_path / "maturity.yaml"
    path.write_text(
        "categories:\n  vision:\n    label: Vision\n    weight: 1\n    characteristics:\n"
        f"      - {item}\n      - {item}\nevidence:\n  q: {{label: Said, weight: 1}}\n"
    )
    with pytest.raises(SchemaError, match="characteristic 'A' stands twice; keep one"):
        read_rubric(path)
