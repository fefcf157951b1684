"""A rubric says what a company means by maturity; what is wrong in it is named with its line."""

from importlib.resources import files

import numpy as np
import pytest
from pydantic import ValidationError

from churngrid.features.errors import SchemaError
from churngrid.features.metrics.catalogue import METRICS
from churngrid.features.metrics.measures import Count, Distinct
from churngrid.features.metrics.metric import Metric
from churngrid.features.metrics.row_selection import Select, Window
from churngrid.features.scores.maturity_index import score_maturity
from churngrid.features.scores.rubric import Proxy
from churngrid.features.scores.rubric_file import read_rubric
from tests.build import tables_of
from tests.features.maturity_answers import PAIRS, statements

SHIPPED = files("churngrid.features.scores").joinpath("maturity.yaml").read_text(encoding="utf-8")


def read(tmp_path, text, metrics=METRICS):
    path = tmp_path / "maturity.yaml"
    path.write_text(text)
    return read_rubric(path, metrics)


def line_of(text, part):
    return text[: text.index(part)].count("\n") + 1


def test_every_shipped_characteristic_says_what_low_middle_and_high_look_like():
    rubric = read_rubric(None)
    for item in rubric.characteristics():
        assert sorted(item.levels) == [1, 3, 5]
        assert len(set(item.levels.values())) == 3


def test_telemetry_is_taken_only_where_it_can_show_something():
    rubric = read_rubric(None)
    without = {item.id for item in rubric.characteristics() if "t" not in rubric.takes(item)}
    assert without == {"VC3", "VC4", "OP2", "PR4"}
    proxies = {item.id: item.proxy.metric for item in rubric.characteristics() if item.proxy}
    axes = {metric.column: metric.axis for metric in METRICS}
    assert set(proxies) == {
        *("VC1", "VC2", "OP1", "OP3", "PR1", "PR3", "TI1", "TI2", "TI3", "TI4"),
    }
    assert {axes[name] for name in proxies.values()} == {"maturity"}


def test_no_shipped_metric_of_maturity_reads_how_the_relation_is_going():
    mature = [metric for metric in METRICS if metric.axis == "maturity"]
    read_ = {select.view for metric in mature for select, _ in metric.measure.selects()}
    assert read_ == {"goals", "people", "seats", "usage", "features"}


def test_no_shipped_metric_of_maturity_says_how_much_it_is_used():
    mature = [metric for metric in METRICS if metric.axis == "maturity"]
    assert {metric.unit for metric in mature} == {"share", "integrations", "rank (1 to 5)"}


SSO = "proxy: {metric: sso_seat_share, levels: [0.0, 0.5, 0.95, null]}"


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        (
            "          5: A funded plan over several years.\n",
            "",
            r"levels need a text for 1, 3 and 5, got \[1, 3\]",
        ),
        (
            "          3: Mostly stable.",
            "          6: Mostly stable.",
            "levels go from 1 to 5, got",
        ),
        ("          3: Mostly stable.", '          3: ""', "must have at least 1 characters"),
        ("id: VC3", "id: vc1", "characteristic 'vc1' stands twice; keep one"),
        ("id: VC3", "id: V C 3", "must match pattern"),
        (
            "  vision:\n",
            "  hard_low:\n",
            "category 'hard_low' would give the column 'cmi_hard_low'",
        ),
        ("    weight: 0.25", "    weight: -1", "weight: must be greater than 0, got -1"),
        ("    weight: 0.25", "    weight: .inf", "must be a number"),
        ("evidence: [d, c, q]", "evidence: [x]", "unknown kind of evidence 'x'. Known are"),
        ("\n  d: {", "\n  x: {label: x, weight: 1}\n  d: {", "unknown kind of evidence 'x'"),
        ("[m_and_a, ", "[m_and_b, ", "unknown kind of event 'm_and_b'. Did you mean 'm_and_a'?"),
        ("[m_and_a, ", "[maturity_answer, ", "unknown kind of event 'maturity_answer'"),
        ("after_days: 540", "after_days: 100", "needs halved_after_days <= expired_after_days"),
        ("metric: sso_seat_share", "metric: sso_share", "Did you mean 'sso_seat_share'?"),
        (
            "metric: sso_seat_share",
            "metric: active_users_28d",
            "'active_users_28d' belongs to the health axis; one metric belongs to one axis",
        ),
        ("metric: sso_seat_share", "metric: admin_continuity", "is a proxy twice; keep one"),
        ("levels: [0.5, 0.3, 0.1, null]", "levels: [0.1, 0.3, 0.5, null]", "its levels must fall"),
        ("[0.0, 0.5, 0.95, null]", "[0.0, 0.5, 0.95]", "must have at least 4 entries"),
        ("[0.0, 0.5, 0.95, null]", "[0.0, 0.5, 0.2, null]", "must only rise or only fall"),
        ("[0.0, 0.5, 0.95, null]", "[0.0, null, 0.95, 1.0]", "`null` only at the end"),
        ("[0.0, 0.5, 0.95, null]", "[null, null, null, null]", "need a number for level 2"),
        (SSO, f"{SSO}\n        evidence: [Q]", "'TI4' has a proxy but does not take evidence 't'"),
        ("halved_after_days", "halved_after", "unknown key"),
    ],
)
def test_a_wrong_rubric_is_refused_with_file_line_and_rule(tmp_path, right, wrong, message):
    assert right in SHIPPED
    with pytest.raises(SchemaError, match=r"(?m)^maturity\.yaml:\d+: ") as caught:
        read(tmp_path, SHIPPED.replace(right, wrong, 1))
    caught.match(message)


def test_the_line_is_that_of_the_fault(tmp_path):
    text = SHIPPED.replace("metric: sso_seat_share", "metric: active_users_28d")
    at = line_of(text, "active_users_28d")
    with pytest.raises(SchemaError, match=rf"^maturity\.yaml:{at}: metric 'active_users_28d'"):
        read(tmp_path, text)


def test_more_than_five_faults_are_counted(tmp_path):
    text = SHIPPED
    for name in ("VC2", "VC3", "VC4", "OP1", "OP2", "OP3", "OP4"):
        text = text.replace(f"id: {name}", "id: VC1")
    with pytest.raises(SchemaError, match=r"and 2 more$") as caught:
        read(tmp_path, text)
    assert len(str(caught.value).splitlines()) == 6


def own_metric(**other):
    declared = {
        "name": "workflow_owners",
        "component": "maturity",
        "measure": Distinct(Select("seats"), ("role",)),
        "label": "workflow owners",
        "unit": "people",
        "direction": "+",
        "axis": "maturity",
        "when_absent": 0.0,
        "meaning": "Roles in use.",
    }
    return Metric(**{**declared, **other})


def test_an_own_metric_of_the_maturity_axis_may_be_a_proxy(tmp_path):
    text = SHIPPED.replace("metric: sso_seat_share", "metric: workflow_owners")
    rubric = read(tmp_path, text, [*METRICS, own_metric()])
    assert "workflow_owners" in {i.proxy.metric for i in rubric.characteristics() if i.proxy}
    calls = own_metric(measure=Count(Select("tickets", window=Window(30))), name="calls")
    text = SHIPPED.replace("metric: sso_seat_share", "metric: calls_30d")
    with pytest.raises(SchemaError, match=r"reads \['tickets'\]: a proxy may only say how"):
        read(tmp_path, text, [*METRICS, calls])
    text = SHIPPED.replace("metric: sso_seat_share", "metric: workflow_owners")
    with pytest.raises(SchemaError, match="has no better end; a proxy needs direction"):
        read(tmp_path, text, [*METRICS, own_metric(direction="c")])


def test_levels_hold_from_their_threshold_on_in_the_direction_of_the_metric():
    values = np.array([0.09, 0.1, 0.3, 0.31, 0.5, 0.51, np.nan])
    rising = Proxy(metric="x", levels=(0.1, 0.3, 0.5, None))
    found = rising.level_of(values, higher_is_better=True)
    np.testing.assert_array_equal(found, [1, 2, 3, 3, 4, 4, np.nan])
    falling = Proxy(metric="x", levels=(0.5, 0.3, 0.1, None))
    found = falling.level_of(values, higher_is_better=False)
    np.testing.assert_array_equal(found, [4, 4, 3, 2, 2, 1, np.nan])
    skipping = Proxy(metric="x", levels=(1.0, 1.0, 2.0, None))
    assert skipping.level_of(np.array([0.0, 1.0]), higher_is_better=True).tolist() == [1, 3]


def test_thresholds_that_turn_are_refused():
    with pytest.raises(ValidationError, match="must only rise or only fall"):
        Proxy(metric="x", levels=(0.1, 0.5, 0.4, None))


def custom(n_categories, n_items):
    lines = ["categories:"]
    for number in range(n_categories):
        lines += [f"  part{number}:", f"    label: Part {number}", f"    weight: {number + 1}"]
        lines += ["    characteristics:"]
        lines += [
            f"      - {{id: P{number}.{item}, label: L, levels: {{1: a, 3: b, 5: c}}}}"
            for item in range(n_items)
        ]
    return "\n".join([*lines, "evidence:", "  q: {label: said, weight: 1}"]) + "\n"


@pytest.mark.parametrize(("n_categories", "n_items"), [(1, 1), (3, 1), (5, 2), (6, 9)])
def test_rubrics_of_other_shapes_work(tmp_path, n_categories, n_items):
    rubric = read(tmp_path, custom(n_categories, n_items))
    level = {f"part{number}": 1 + number % 5 for number in range(n_categories)}
    rows = [
        (item.id, level[name], "q", 10)
        for name, part in rubric.categories.items()
        for item in part.characteristics
    ]
    found = score_maturity(tables_of({"account_events": statements(rows)}), PAIRS, rubric).iloc[0]
    weights = np.arange(1, n_categories + 1)
    assert found["cmi"] == pytest.approx(np.average(list(level.values()), weights=weights))
    assert found["cmi_status"] == "certain"
    assert found["cmi_part0"] == 1
