"""The playbook as a file: what the shipped one holds, and what is refused with line and rule."""

from itertools import pairwise
from pathlib import Path

import pytest

from churngrid.features.errors import SchemaError
from churngrid.features.metrics.catalogue import METRICS
from churngrid.features.scores.rubric_file import read_rubric
from churngrid.features.scores.scorecard_file import read_scorecard
from churngrid.serving.api.check_files import check_file
from churngrid.serving.company.condition_words import texts_of
from churngrid.serving.company.config import FACT_FIELDS
from churngrid.serving.company.playbook_file import read_playbook
from churngrid.serving.results.words import CELLS, SLOTS

TEXTS = texts_of([read_scorecard(None, METRICS)], [read_rubric(None)])
SHIPPED = read_playbook(None, FACT_FIELDS, texts=TEXTS)
CATCH_ALL = (
    "  - {name: watch, slot: cell, when: {otherwise: true}, action: a, owner: o, due_days: 5}"
)

ROWS_OF_THE_DOMAIN = {
    "expand_and_leverage": 10,
    "retain_as_is": 15,
    "save": 2,
    "let_churn": 10,
    "grow_selectively": 15,
    "stabilise_cheaply": 20,
    "standard_plan": 10,
    "strengthen_to_expand": 5,
    "save_if_fixable": 3,
    "find_successor": 2,
    "widen_contacts": 10,
    "rebuild_adoption": 5,
    "restore_usage": 2,
    "widen_use": 15,
    "adopt_release": 20,
    "fix_critical_ticket": 1,
    "ask_after_silence": 5,
    "call_detractor": 2,
    "reach_the_silent": 15,
    "collect_payment": 3,
    "retry_payment": 1,
    "settle_the_price": 5,
    "reach_the_renewal": 2,
    "onboard_again": 3,
    "renew_goals": 15,
    "strengthen_process": 20,
    "strengthen_people": 20,
    "strengthen_technology": 20,
    "strengthen_vision": 20,
    "offer_seats": 5,
    "discover_use_case": 5,
    "use_or_right_size": 10,
    "rest_after_decline": 10,
    "plan_with_both_owners": 5,
    "right_size_after_layoffs": 5,
    "meet_new_leader": 5,
    "answer_competitor": 2,
    "notice_given": 1,
    "repair_data": 2,
}
"""Business days until the first touch."""


def play(name, slot="driver", when="{field: tickets_30d, above: 0}", due=5, **more):
    extra = "".join(f", {key}: {value}" for key, value in more.items())
    return (
        f"  - {{name: {name}, slot: {slot}, when: {when}, action: a, owner: o, due_days: {due}"
        f"{extra}}}"
    )


def read(tmp_path: Path, *lines):
    path = tmp_path / "playbook.yaml"
    path.write_text("\n".join(["plays:", *lines]) + "\n")
    return read_playbook(path, FACT_FIELDS, texts=TEXTS)


def test_shipped_playbook_answers_to_every_cell():
    answered = set().union(*(play.when.admitted("cell") for play in SHIPPED.in_slot("cell")))
    assert answered == set(CELLS.values())
    assert SHIPPED.in_slot("cell")[-1].name == "watch"


def test_shipped_playbook_has_every_row_of_the_domain_in_its_time():
    assert {name: SHIPPED.named(name).due_days for name in ROWS_OF_THE_DOMAIN} == ROWS_OF_THE_DOMAIN


@pytest.mark.parametrize("shipped", SHIPPED.plays, ids=lambda play: play.name)
def test_shipped_play_says_who_what_until_when_and_what_not_to_do(shipped):
    assert shipped.owner
    assert shipped.action.endswith(".")
    assert shipped.success.endswith(".")
    assert shipped.steps
    assert shipped.do_not


def test_shipped_playbook_stands_in_the_order_of_precedence():
    places = [SLOTS.index(play.slot) for play in SHIPPED.plays]
    assert all(earlier <= later for earlier, later in pairwise(places))


def test_urgent_plays_follow_notice_sponsor_ticket_payment():
    names = [play.name for play in SHIPPED.in_slot("urgent")]
    wanted = ["notice_given", "find_successor", "fix_critical_ticket", "collect_payment"]
    assert [name for name in names if name in wanted] == wanted


def test_nothing_is_withheld_and_nobody_limited_unless_a_company_says_so():
    assert {play.control_share for play in SHIPPED.plays} == {0.0}
    assert SHIPPED.capacity == {}


def test_plays_of_growth_are_ordered_by_the_chance_of_expansion():
    ordered = {play.name for play in SHIPPED.in_slot("cell") if play.rank_by == "p_expand"}
    assert {"expand_and_leverage", "strengthen_to_expand", "grow_selectively"} < ordered


def test_own_playbook_is_read_with_its_options(tmp_path):
    told = {"save_rate": 0.2, "control_share": 0.05, "alone": "true", "expires_days": 30}
    own = read(tmp_path, play("call", **told, cool_down_days=0), CATCH_ALL).named("call")
    assert (own.save_rate, own.control_share, own.alone) == (0.2, 0.05, True)
    assert (own.expires_days, own.cool_down_days) == (30, 0)


LOW = "{field: health_band, is: [low]}"
SOME = "{field: health_band, is: [low, medium]}"
MATURE = "{field: cmi, above: 3}"
MEDIUM = "{field: health_band, is: [medium]}"

WRONG = {
    "a name twice": (
        [play("x"), play("x", when="{field: tickets_30d, above: 9}"), CATCH_ALL],
        r"playbook.yaml:3: 2 plays are named 'x'; names are unique",
    ),
    "an unknown field": (
        [play("x", when="{field: cel, is: [save]}"), CATCH_ALL],
        r"playbook.yaml:2: play 'x' looks at unknown field 'cel'. Did you mean 'cell'",
    ),
    "an unknown field without a likeness": (
        [play("x", when="{field: nothing_like_it, above: 1}"), CATCH_ALL],
        r"playbook.yaml:2: play 'x' looks at unknown field 'nothing_like_it'\.$",
    ),
    "an unknown cell": (
        [play("x", when="{field: cell, is: [safe]}"), CATCH_ALL],
        r"playbook.yaml:2: play 'x': 'cell' is never 'safe'. Did you mean 'save'",
    ),
    "an unknown cap": (
        [play("x", when="{field: caps, is: [sponsor_gone]}"), CATCH_ALL],
        r"playbook.yaml:2: play 'x': 'caps' is never 'sponsor_gone'",
    ),
    "an unknown driver": (
        [play("x", when="{field: drivers, is: [logins]}"), CATCH_ALL],
        r"playbook.yaml:2: play 'x': 'drivers' is never 'logins'",
    ),
    "a context metric as driver": (
        [play("x", when="{field: drivers, is: [tenure_days]}"), CATCH_ALL],
        r"playbook.yaml:2: play 'x': 'tenure_days' is context, which no driver ever is",
    ),
    "nothing but context": (
        [play("x", when="{field: days_to_notice_deadline, below: 90}"), CATCH_ALL],
        r"play 'x' looks only at context \(days_to_notice_deadline\), which triggers no play",
    ),
    "a number with texts": (
        [play("x", when="{field: tickets_30d, is: [many]}"), CATCH_ALL],
        r"playbook.yaml:2: play 'x': 'tickets_30d' is a number; use at_least",
    ),
    "a text with bounds": (
        [play("x", when="{field: cell, above: 1}"), CATCH_ALL],
        r"playbook.yaml:2: play 'x': 'cell' is a text; use is",
    ),
    "a catch-all that is not the last": (
        [play("x", when="{otherwise: true}"), play("y"), CATCH_ALL],
        r"playbook.yaml:3: play 'y' can never be reached in slot 'driver': 'x' before it takes "
        r"everything; move the catch-all to the end",
    ),
    "the same condition twice": (
        [play("x", when=LOW), play("y", when=LOW), CATCH_ALL],
        r"playbook.yaml:3: play 'y' can never be reached in slot 'driver': 'x' before it takes all",
    ),
    "a narrower list after the wider": (
        [play("x", when=SOME), play("y", when=LOW), CATCH_ALL],
        r"playbook.yaml:3: play 'y' can never be reached",
    ),
    "a narrower bound after the wider": (
        [play("x"), play("y", when="{field: tickets_30d, at_least: 3}"), CATCH_ALL],
        r"playbook.yaml:3: play 'y' can never be reached",
    ),
    "one more rule than the play before": (
        [play("x", when=LOW), play("y", when=f"{{all: [{LOW}, {MATURE}]}}"), CATCH_ALL],
        r"playbook.yaml:3: play 'y' can never be reached",
    ),
    "a list that two plays share before": (
        [play("x", when=LOW), play("y", when=MEDIUM), play("z", when=SOME), CATCH_ALL],
        r"playbook.yaml:4: play 'z' can never be reached in slot 'driver': those before it togeth",
    ),
    "bounds that no number meets": (
        [play("x", when="{field: tickets_30d, above: 5, at_most: 5}"), CATCH_ALL],
        r"play 'x' can never be reached: no number meets its condition",
    ),
    "two cells at a time": (
        [
            play("x", when="{all: [{field: cell, is: [save]}, {field: cell, is: [let_churn]}]}"),
            CATCH_ALL,
        ],
        r"playbook.yaml:2: play 'x' can never be reached: its conditions exclude each other",
    ),
    "a cell and not that cell": (
        [
            play(
                "x",
                when="{all: [{not: {field: cell, is: [save, let_churn]}}, "
                "{all: [{field: cell, is: [save]}]}]}",
            ),
            CATCH_ALL,
        ],
        r"playbook.yaml:2: play 'x' can never be reached: its conditions exclude each other",
    ),
    "not of everything": (
        [play("x", when="{any: [{not: {otherwise: true}}]}"), CATCH_ALL],
        r"playbook.yaml:2: play 'x' can never be reached: its conditions exclude each other",
    ),
    "bounds that exclude each other one level down": (
        [
            play(
                "x",
                when="{all: [{field: tickets_30d, above: 5}, "
                "{all: [{field: tickets_30d, below: 3}]}]}",
            ),
            CATCH_ALL,
        ],
        r"playbook.yaml:2: play 'x' can never be reached",
    ),
    "no catch-all": (
        [play("x"), play("y", slot="cell", when="{field: cell, is: [save]}")],
        r"playbook.yaml:3: slot 'cell' needs a last play with",
    ),
    "no cell plays": ([play("x")], r"playbook.yaml:1: slot 'cell' needs a last play with"),
    "days before today": (
        [play("x", due=-1), CATCH_ALL],
        r"playbook.yaml:2: plays\[0\].due_days: must be at least 0, got -1",
    ),
    "days beyond every calendar": (
        [play("x", due=10**15), CATCH_ALL],
        r"playbook.yaml:2: plays\[0\].due_days: must be at most 3650, got 1000",
    ),
    "a truth value for days": (
        [play("x", due="true"), CATCH_ALL],
        r"playbook.yaml:2: plays\[0\].due_days: must be a whole number, got True",
    ),
    "no name": (
        [play("''"), CATCH_ALL],
        r"playbook.yaml:2: plays\[0\].name: must have at least 1 characters, got ''",
    ),
    "a bound that is no number": (
        [play("x", when="{field: tickets_30d, above: nan}"), CATCH_ALL],
        r"playbook.yaml:2: plays\[0\].when.above: must be a number, got 'nan'",
    ),
    "an unknown slot": (
        [play("x", slot="never"), CATCH_ALL],
        r"playbook.yaml:2: plays\[0\].slot: must be one of",
    ),
    "a share beyond one": (
        [play("x", save_rate=1.2), CATCH_ALL],
        r"playbook.yaml:2: plays\[0\].save_rate: must be at most 1, got 1.2",
    ),
    "a control share of everybody": (
        [play("x", control_share=1), CATCH_ALL],
        r"playbook.yaml:2: plays\[0\].control_share: must be less than 1, got 1",
    ),
    "an order by something else": (
        [play("x", rank_by="arr"), CATCH_ALL],
        r"playbook.yaml:2: plays\[0\].rank_by: must be one of 'value' or 'p_expand', got 'arr'",
    ),
    "a limit for nobody": (
        [play("x"), CATCH_ALL, "capacity:", "  CSN: {plays: 3}"],
        r"playbook.yaml:5: no play belongs to 'CSN'",
    ),
    "an unknown key": (
        [play("x", priority=1), CATCH_ALL],
        r"playbook.yaml:2: plays\[0\].priority: unknown key",
    ),
}


@pytest.mark.parametrize(("lines", "message"), WRONG.values(), ids=WRONG)
def test_wrong_playbook_is_refused_with_line_and_rule(tmp_path, lines, message):
    with pytest.raises(SchemaError, match=message):
        read(tmp_path, *lines)


@pytest.mark.parametrize(
    "when",
    [
        "{all: [{field: caps, is: [sponsor_left]}, {field: caps, is: [csm_sees_red]}]}",
        "{all: [{field: cell, is: [save, let_churn]}, {field: cell, is: [save]}]}",
        "{all: [{field: cell, is: [save, let_churn]}, {not: {field: cell, is: [save]}}]}",
        "{any: [{field: cell, is: [save]}, {not: {field: tickets_30d, above: 5}}]}",
        "{not: {all: [{field: cell, is: [save]}, {field: tickets_30d, above: 5}]}}",
    ],
)
def test_conditions_that_can_hold_together_are_let_pass(tmp_path, when):
    assert read(tmp_path, play("x", when=when), CATCH_ALL).plays[0].name == "x"


def test_a_playbook_that_is_not_there_is_no_finding(tmp_path):
    with pytest.raises(SchemaError, match=r"There is no file '.*nowhere\.yaml'; name the playbook"):
        check_file("playbook", tmp_path / "nowhere.yaml")


def test_every_fault_is_told_and_many_are_counted(tmp_path):
    lines = [play(f"x{n}", when=f"{{field: nowhere_{n}, above: 1}}") for n in range(7)]
    with pytest.raises(SchemaError) as caught:
        read(tmp_path, *lines, CATCH_ALL)
    told = str(caught.value).splitlines()
    assert [line.split(":")[1] for line in told[:5]] == ["2", "3", "4", "5", "6"]
    assert told[5:] == ["and 2 more"]


def test_wider_play_after_the_narrower_is_sound(tmp_path):
    lines = [play("x", when=LOW), play("y", when=SOME), play("z"), CATCH_ALL]
    assert len(read(tmp_path, *lines).plays) == 4


def test_condition_that_a_play_of_another_slot_holds_is_sound(tmp_path):
    assert read(tmp_path, play("x", slot="urgent", when=LOW), play("y", when=LOW), CATCH_ALL)


def test_check_of_the_shipped_playbook_finds_nothing():
    shipped = Path(read_playbook.__code__.co_filename).with_name("playbook.yaml")
    assert check_file("playbook", shipped) == []


def test_check_knows_the_caps_of_the_companys_own_scorecard(tmp_path):
    scorecard = """
components:
  usage: {label: Usage, weight: 1, metrics: [{metric: active_user_rate_28d}]}
caps:
  - {name: no_admin, when: {field: exec_sponsors, below: 1}, limit: 59, reason: No admin.}
"""
    (tmp_path / "scorecard.yaml").write_text(scorecard)
    (tmp_path / "churngrid.yaml").write_text("scorecard: scorecard.yaml\n")
    own = tmp_path / "playbook.yaml"
    lines = [play("x", when="{field: caps, is: [no_admin]}")]
    own.write_text("\n".join(["plays:", *lines, CATCH_ALL]))
    assert check_file("playbook", own) == []
    lines += [play("y", when="{field: caps, is: [sponsor_left]}")]
    own.write_text("\n".join(["plays:", *lines, CATCH_ALL]))
    assert check_file("playbook", own) == [
        "playbook.yaml:3: play 'y': 'caps' is never 'sponsor_left'.",
    ]


RUBRIC = """
categories:
  process:
    label: Process
    weight: 1
    characteristics:
      - {id: P1, label: Definition, levels: {1: none, 5: all}}
      - {id: P2, label: Measurement, levels: {1: none, 5: all}}
evidence:
  q: {label: answered, weight: 1}
"""


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        ("id: P2", "id: P1", "characteristic 'P1' stands twice; keep one"),
        (
            "    weight: 1\n    char",
            "    weight: 0\n    char",
            r"maturity.yaml:5: .*greater than 0",
        ),
        ("label: Process", "labels: Process", r"maturity.yaml:4: .*unknown key"),
        ("evidence:", "bands: {high: 2, medium: 3}\nevidence:", r"needs 1 < medium <= mature"),
        ("  q: {label: answered, weight: 1}", "  {}", r"evidence: must have at least 1 entries"),
    ],
)
def test_wrong_rubric_is_refused_with_the_rule(tmp_path, right, wrong, message):
    path = tmp_path / "maturity.yaml"
    assert right in RUBRIC
    path.write_text(RUBRIC)
    assert list(read_rubric(path).categories) == ["process"]
    path.write_text(RUBRIC.replace(right, wrong))
    with pytest.raises(SchemaError, match=message):
        read_rubric(path)
