import pytest

from churngrid.features.errors import SchemaError
from churngrid.features.metrics.absence import Absence
from churngrid.features.metrics.catalogue import METRICS
from churngrid.features.metrics.measures import Count
from churngrid.features.metrics.metric import Metric
from churngrid.features.metrics.row_selection import Select
from churngrid.features.scores.rubric_file import read_rubric
from churngrid.features.scores.scorecard_file import read_scorecard

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
        (ONE + "trend: {rising: -1}\n", "must be greater than 0, got -1"),
        (ONE + "trend: {falling: 1}\n", "must be less than 0, got 1"),
        (capped(cap(limit="101")), "must be at most 100, got 101"),
        (capped(cap(when="{field: days_overdu, above: 60}")), "cap 'late': unknown metric"),
        (capped(cap(when="{field: days_overdue}")), "a field needs a rule"),
        (capped(cap(), cap(limit="30")), "cap 'late' stands twice; keep one"),
    ],
)
def test_a_scorecard_that_breaks_a_rule_is_refused(tmp_path, text, message):
    with pytest.raises(SchemaError, match=message):
        read(tmp_path, text)


FADING = "      - {{metric: nps_mean_365d, fades: {{half_life_days: {life}, since: {since}}}}}\n"
YOUNG = "{field: tenure_days, below: 90}"


def varied(*variants):
    return ONE + "variants:\n" + "".join(f"  - {variant}\n" for variant in variants)


def variant(name="young", when=YOUNG, changes="components: {usage: {weight: 2}}"):
    return f"{{name: {name}, when: {when}, {changes}}}"


def fading(life=180, since="days_since_nps_answer"):
    return ONE + FADING.format(life=life, since=since)


def test_variants_and_fading_are_read_in_their_order(tmp_path):
    changes = "metrics: {active_user_rate_28d: {weight: 0, poor: 0.1, healthy: 0.5}}"
    card = read(tmp_path, varied(variant(), variant("small", "{field: segment, is: smb}", changes)))
    assert [one.name for one in card.variants] == ["young", "small"]
    change = card.variants[1].metrics["active_user_rate_28d"]
    assert (change.weight, change.poor, change.healthy) == (0, 0.1, 0.5)
    assert read(tmp_path, fading()).ages() == ["days_since_nps_answer"]
    assert read(tmp_path, ONE).ages() == []


RATE = "active_user_rate_28d"


def successful(rules):
    return ONE + f"success: {{{rules}}}\n"


def test_what_counts_as_success_can_be_edited(tmp_path):
    found = read(tmp_path, successful("red_band_lift: 2, warned_days: [30, 60]")).success
    assert (found.red_band_lift, found.warned_days, found.green_share) == (2, (30, 60), 0.8)
    shipped = read_scorecard(None, METRICS)
    assert (shipped.success.red_band_lift, shipped.success.green_share) == (3, 0.8)
    assert [one.name for one in shipped.caps if one.by_person] == ["csm_sees_red"]


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        (USAGE + "      - {metric: zzz}\n", 6, "unknown metric 'zzz'"),
        (ONE + "      - {metric: exec_sponsors, poor: 1, healthy: 0}\n", 7, "better when higher"),
        (ONE + "      - {metric: days_overdue, poor: 0, healthy: 60}\n", 7, "better when lower"),
        (ONE + ONE.splitlines()[-1] + "\n", 7, f"metric '{RATE}' is weighed twice"),
        (fading(life=0), 7, r"half_life_days: must be greater than 0, got 0"),
        (fading(since="days_since_nps"), 7, "Did you mean 'days_since_nps_answer'"),
        (fading(since="exec_sponsors"), 7, "must fade by a metric in days, but .* is in people"),
        (
            fading(since="days_overdue") + "      - {metric: days_overdue}\n",
            7,
            "fades by 'days_overdue', which is weighed itself: then fresher could be worse",
        ),
        (capped(cap(), cap(name="override")), 9, "cap 'override' needs another name"),
        (capped(cap(when="{field: segmnt, is: smb}")), 8, "unknown metric 'segmnt'.*'segment'"),
        (varied(variant(), variant()), 9, "variant 'young' stands twice; keep one"),
        (varied(variant(when="{field: tenure_day, below: 9}")), 8, "Did you mean 'tenure_days'"),
        (
            varied(variant(when=f"{{field: {RATE}, below: 0.5}}")),
            8,
            f"looks at '{RATE}', which the scorecard weighs: then a better value could lower",
        ),
        (
            varied(variant(when=f"{{field: {RATE}_in_segment, below: 0.5}}")),
            8,
            f"looks at '{RATE}_in_segment', which the scorecard weighs",
        ),
        (
            varied(variant(changes="components: {usag: {weight: 1}}")),
            8,
            "unknown component 'usag'. Did you mean 'usage'",
        ),
        (
            varied(variant(changes="metrics: {exec_sponsors: {weight: 1}}")),
            8,
            "metric 'exec_sponsors' is not weighed in any component",
        ),
        (
            varied(variant(changes=f"metrics: {{{RATE}: {{poor: 1, healthy: 0}}}}")),
            8,
            "variant 'young': .* better when higher, so `healthy` must be above `poor`, got poor 1",
        ),
        (varied(variant(changes=f"metrics: {{{RATE}: {{}}}}")), 8, "give a weight, or poor and"),
        (varied(f"{{name: none, when: {YOUNG}}}"), 8, "give components, metrics or both"),
        (varied(variant(changes="components: {usage: {weight: -1}}")), 8, "must be at least 0"),
        (varied(variant(changes="components: {usage: {wait: 1}}")), 8, "unknown key"),
        (successful("red_band_lift: 0"), 7, "red_band_lift: must be greater than 0, got 0"),
        (successful("warned_share: 66"), 7, "warned_share: must be at most 1, got 66"),
        (successful("green_share: -1"), 7, "green_share: must be at least 0, got -1"),
        (successful("warned: 0.5"), 7, "unknown key; known are .*'warned_share'"),
        (successful("warned_days: [90, 60]"), 7, r"needs the fewer days first, got \[90, 60\]"),
        (successful("warned_days: [60]"), 7, "warned_days"),
        (successful("surprise_days: 0"), 7, "surprise_days: must be at least 1, got 0"),
        (successful("fewest_churned: 1"), 7, "fewest_churned: must be at least 2, got 1"),
        (ONE.replace("usage:", "coverage:"), 2, "'chs_coverage', which is there already"),
        (ONE.replace("weight: 1", "weight: 0"), 1, "every component has the weight 0"),
        (
            varied(variant(changes="components: {usage: {weight: 0}}")),
            8,
            "variant 'young' gives every component the weight 0",
        ),
        (ONE.replace("Usage", "''"), 3, "label: must have at least 1 characters"),
        (capped(cap(name="''")), 8, "name: must have at least 1 characters"),
        (capped(cap(limit="true")), 8, "limit: must be a number, got True"),
        (capped(cap(when="{field: days_overdue, above: nan}")), 8, "above: must be a number"),
        (successful("surprise_days: 999999999999999"), 7, "surprise_days: must be at most 3650"),
        (capped(cap()[:-1] + ", by_person: maybe}"), 8, "by_person: must be true or false"),
    ],
)
def test_a_message_names_file_line_and_rule(tmp_path, text, line, message):
    with pytest.raises(SchemaError, match=rf"^scorecard\.yaml:{line}: .*{message}"):
        read(tmp_path, text)


def test_faults_come_in_the_order_of_the_file_and_five_at_most(tmp_path):
    text = USAGE + "".join(f"      - {{metric: zz{number}}}\n" for number in range(7))
    with pytest.raises(SchemaError, match=r"and 2 more$") as caught:
        read(tmp_path, text)
    shown = [f"scorecard.yaml:{6 + n}: unknown metric 'zz{n}'." for n in range(5)]
    assert str(caught.value).splitlines()[:-1] == shown


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
