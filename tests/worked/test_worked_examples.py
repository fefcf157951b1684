"""Six accounts from tables to cell and plays; docs/worked-examples.md has the same on paper."""

import re
from pathlib import Path

import pandas as pd
import pytest

from churngrid.features.ingest.read import read_tables
from churngrid.features.schema.settings import Settings
from churngrid.serving.company.config import FACT_FIELDS, read_config
from churngrid.serving.company.playbook_file import read_playbook
from churngrid.serving.profile.facts import account_facts
from churngrid.serving.report.beside import Beside
from churngrid.serving.report.render import render_report
from churngrid.serving.results.words import to_do
from churngrid.serving.scoring.batch_score import score_tables
from tests.serving.invented import Told

AS_OF = pd.Timestamp("2025-06-01", tz="UTC")  # a Sunday
PAGE = Path(__file__).parents[2] / "docs" / "worked-examples.md"

SCORECARD = """
components:
  usage:
    label: Usage
    weight: 40
    metrics:
      - {metric: active_user_rate_28d, weight: 3, poor: 0.2, healthy: 0.8}
      - {metric: active_users_trend_28d}
  adoption:
    label: Feature adoption
    weight: 10
    metrics: [{metric: new_feature_adoption_180d}]
  support:
    label: Support
    weight: 15
    metrics: [{metric: open_critical_tickets}, {metric: median_resolution_hours_90d}]
  sentiment:
    label: Sentiment
    weight: 10
    metrics: [{metric: nps_mean_365d}]
  relationship:
    label: Relationship
    weight: 20
    metrics: [{metric: exec_sponsors, weight: 2}, {metric: contacts_90d}]
  advocacy:
    label: Advocacy
    weight: 5
    metrics: [{metric: reference_acceptance_365d}]
caps:
  - name: sponsor_left_lately
    when:
      all:
        - {field: sponsors_left_lately_60d, at_least: 1}
        - {field: engaged_sponsors_90d, below: 1}
    limit: 49
    reason: A sponsor or champion left in the last 60 days and nobody has taken over.
  - name: reference_refused
    when: {field: references_refused_in_anger_365d, at_least: 1}
    limit: 69
    reason: A reference was declined out of dissatisfaction.
"""

NAMES = {
    **{"A": "Aspen", "B": "Beech", "C": "Cherry", "D": "Dogwood", "E": "Elm", "F": "Fir"},
}
ACTIVE = {"A": 9, "B": 8, "C": 6, "D": 6, "E": 8, "F": 8}
NEW_FEATURES = {"A": 2, "B": 2, "C": 1, "D": 1, "E": 2, "F": 2}
RESOLUTION_HOURS = {"A": (30, 54), "B": (24,), "C": (60,), "D": (60,), "E": (24,), "F": (24,)}
NPS = {"A": (8,), "B": (9,), "C": (7, 8), "D": (7, 8), "E": (9,), "F": (9,)}
MET = {"A": 3, "B": 4, "C": 4, "D": 4, "E": 4, "F": 4}
ANSWERS = {"B": "accepted", "E": "declined_policy", "F": "declined_dissatisfied"}
SPLIT_UP = {
    **{"VC1": 2, "VC2": 2, "VC3": 2, "VC4": 2, "OP1": 2, "OP2": 3, "OP3": 2, "OP4": 3},
    **{"PR1": 1, "PR2": 2, "PR3": 1, "PR4": 2, "TI1": 2, "TI2": 2, "TI3": 2, "TI4": 2},
}
CHARACTERISTICS = tuple(SPLIT_UP)


def table(rows, *columns):
    return pd.DataFrame(list(rows), columns=list(columns))


def accounts():
    rows = [(a, name, "mid", "2023-01-01", "csm_1", "2023-01-01") for a, name in NAMES.items()]
    return table(rows, "account_id", "name", "segment", "customer_since", "csm_id", "known_at")


def contracts():
    """Every account renewed for a year on 2025-02-01."""
    rows = [
        row
        for a in NAMES
        for row in (
            (f"{a}1", a, "2024-02-01", "2025-02-01", 12, 30, "2024-01-10", None),
            (f"{a}2", a, "2025-02-01", "2026-02-01", 12, 30, "2025-01-10", f"{a}1"),
        )
    ]
    names = ("term_start", "term_end", "term_months", "notice_period_days", "signed_at")
    return table(rows, "contract_id", "account_id", *names, "predecessor_contract_id")


def subscription_items():
    rows = [
        row
        for a in NAMES
        for row in (
            (f"{a}i1", f"{a}1", a, 20, 1000, "2024-02-01", "2025-02-01"),
            (f"{a}i2", f"{a}2", a, 20, 1000, "2025-02-01", "2026-02-01"),
        )
    ]
    names = ("quantity", "mrr", "effective_from", "effective_to")
    return table(rows, "item_id", "contract_id", "account_id", *names)


def seats():
    rows = [(a, f"{a}u{n}", "active", "2023-02-01", None) for a in NAMES for n in range(10)]
    names = ("status", "activated_at", "deactivated_at")
    return table(rows, "account_id", "product_user_id", *names)


def features():
    rows = [("core", "Orders", "orders", True, True, "2022-01-01")]
    rows += [(f"new{n}", f"New {n}", "orders", False, False, "2025-03-01") for n in range(4)]
    names = ("is_core", "is_value_event", "released_at")
    return table(rows, "feature_id", "name", "module", *names)


def usage_daily():
    """Aspen comes every working day; the others once a week; two take up new features in April."""
    weekly = pd.bdate_range("2025-04-06", "2025-05-31", freq="W-WED")
    daily = pd.bdate_range("2025-04-07", "2025-05-30")
    rows = [
        (a, f"{a}u{n}", "core", day, 3)
        for a, many in ACTIVE.items()
        for n in range(many)
        for day in (daily if a == "A" else weekly)
    ]
    rows += [
        (a, f"{a}u{user}", f"new{n}", pd.Timestamp("2025-04-16"), times)
        for a, many in NEW_FEATURES.items()
        for n in range(many)
        for user, times in ((0, 2), (1, 1))
    ]
    return table(rows, "account_id", "product_user_id", "feature_id", "date", "events")


def tickets():
    opened = pd.Timestamp("2025-04-14 09:00")
    rows = [
        (f"{a}t{n}", a, opened, "normal", "solved", opened + pd.Timedelta(hours=hours))
        for a, spent in RESOLUTION_HOURS.items()
        for n, hours in enumerate(spent)
    ]
    frame = table(
        rows, "ticket_id", "account_id", "created_at", "priority", "status", "resolved_at"
    )
    return frame.assign(changed_at=frame["resolved_at"])


def survey_responses():
    rows = [
        (f"{a}s{n}", "nps", a, f"{a}p{n + 1}", "2025-05-05", "2025-05-06", score)
        for a, scores in NPS.items()
        for n, score in enumerate(scores)
    ]
    names = ("survey_id", "survey_type", "account_id", "person_id", "sent_at", "responded_at")
    return table(rows, *names, "score")


def people():
    """Person 0 of every account is its executive sponsor; the one of Beech left in May."""
    rows = [
        (f"{a}p{n}", a, "user" if n else "exec_sponsor", "2023-01-01", None, None)
        for a in NAMES
        for n in range(5)
    ]
    frame = table(
        rows, "person_id", "account_id", "roles", "valid_from", "left_account_at", "left_known_at"
    )
    gone = frame["person_id"] == "Bp0"
    frame.loc[gone, ["left_account_at", "left_known_at"]] = ["2025-05-10", "2025-05-12"]
    return frame


def activities():
    """One attended meeting each, with people 1, 2, ...: not with the sponsor."""
    rows = [
        (
            f"{a}m",
            a,
            "|".join(f"{a}p{n}" for n in range(1, many + 1)),
            *("meeting", "outbound", "2025-05-20", True),
        )
        for a, many in MET.items()
    ]
    names = ("type", "direction", "occurred_at", "attended")
    return table(rows, "activity_id", "account_id", "person_ids", *names)


def account_events():
    events = [("A", "training_request", "for three new planners", "2025-05-12")]
    events += [("A", "upgrade_interest", "asked about the higher tier", "2025-05-19")]
    events += [("D", "m_and_a", "bought two competitors", "2024-01-15")]
    events += [(a, "reference_request", "", "2025-04-28") for a in ANSWERS]
    events += [(a, "reference_response", answer, "2025-05-02") for a, answer in ANSWERS.items()]
    said = table(events, "account_id", "kind", "value_text", "occurred_at")
    levels = [
        (a, "maturity_answer", item, SPLIT_UP[item] if a == "D" else 4, "c", "2025-03-10")
        for a in NAMES
        for item in CHARACTERISTICS
    ]
    names = ("characteristic_id", "value_num", "evidence_type", "occurred_at")
    graded = table(levels, "account_id", "kind", *names)
    both = pd.concat([said, graded], ignore_index=True)
    return both.assign(event_id=[f"e{n}" for n in range(len(both))], known_at=both["occurred_at"])


BUILDERS = (
    *(accounts, contracts, subscription_items, seats, features, usage_daily, tickets),
    *(survey_responses, people, activities, account_events),
)


@pytest.fixture(scope="module")
def scored(tmp_path_factory):
    path = tmp_path_factory.mktemp("company") / "scorecard.yaml"
    path.write_text(SCORECARD)
    settings = Settings(scorecard=path)
    tables = read_tables({build.__name__: build() for build in BUILDERS}, settings)
    return score_tables(tables, AS_OF, config=read_config(settings))


@pytest.fixture(scope="module")
def scores(scored):
    return scored.scores.set_index("account_id")


@pytest.fixture(scope="module")
def plays(scored):
    return to_do(scored.plays).groupby("account_id")["play"].agg(list).to_dict()


PARTS = ("usage", "adoption", "support", "sentiment", "relationship", "advocacy")
ON_PAPER = {
    "A": (100, 100, 87.5, 200 / 3, 800 / 9, 50),
    "B": (100, 100, 100, 100, 100 / 3, 100),
    "C": (75, 50, 75, 50, 100, 50),
    "D": (75, 50, 75, 50, 100, 50),
    "E": (100, 100, 100, 100, 100, 50),
    "F": (100, 100, 100, 100, 100, 0),
}
WEIGHTS = (0.40, 0.10, 0.15, 0.10, 0.20, 0.05)
CAPS = {"B": 49, "F": 69}


def before_caps(account):
    return sum(w * s for w, s in zip(WEIGHTS, ON_PAPER[account], strict=True))


@pytest.mark.parametrize("account", NAMES)
def test_components_and_score_are_those_on_paper(scores, account):
    told = [scores.loc[account, f"chs_{part}"] for part in PARTS]
    assert told == pytest.approx(ON_PAPER[account])
    whole = before_caps(account)
    assert scores.loc[account, "chs"] == pytest.approx(min(whole, CAPS.get(account, 100)))


@pytest.mark.parametrize(("account", "known"), [("A", 0.95), ("B", 1.0), ("E", 0.95), ("F", 1.0)])
def test_what_nobody_was_asked_lowers_the_coverage_only(scores, account, known):
    assert scores.loc[account, "chs_coverage"] == pytest.approx(known)
    assert scores.loc[account, "cmi_status"] == "certain"


def test_the_page_says_the_same_numbers(scores):
    page = PAGE.read_text(encoding="utf-8")
    for account, name in NAMES.items():
        parts = " | ".join(f"{score:.1f}" for score in ON_PAPER[account])
        shown = scores.loc[account, "chs"]
        assert f"| {name} | {parts} | {before_caps(account):.2f} | {shown:.2f} |" in page
        assert f"`{scores.loc[account, 'cell']}`" in page


def test_the_page_says_every_play(plays):
    page = PAGE.read_text(encoding="utf-8")
    for account, name in NAMES.items():
        named = ", ".join(f"`{play}`" for play in plays[account])
        assert f"| {name} | {named} |" in page


def test_a_strong_account_stays_and_is_trained_and_asked_about_more(scores, plays, scored):
    assert scores.loc["A", "chs_sentiment"] == pytest.approx(200 / 3)  # an NPS of 8 is neutral
    assert scores.loc["A", "health_band"] == "high"
    assert scores.loc["A", "cap_reason"] == ""
    assert scores.loc["A", "cell"] == "expand_and_leverage"
    assert plays["A"] == ["discover_use_case", "give_training"]
    why = scored.plays.set_index(["account_id", "play"])["why"]
    assert why["A", "discover_use_case"] == (
        "they asked about more (questions about a higher tier 1); health high, maturity high"
    )
    assert why["A", "give_training"] == "requests for training 1"


def test_b_account_whose_sponsor_left_is_not_green_and_gets_a_successor_first(
    scores, plays, scored
):
    assert before_caps("B") > 70
    assert scores.loc["B", "health_band"] == "low"
    assert scores.loc["B", "cap_reason"].startswith("A sponsor or champion left")
    assert scores.loc["B", "cell"] == "save"
    assert plays["B"] == ["find_successor", "save"]
    first = scored.plays.set_index(["account_id", "play"]).loc[("B", "find_successor")]
    assert first["due_at"] == pd.Timestamp("2025-06-04", tz="UTC")  # two days after the Monday
    assert first["why"].startswith("A sponsor or champion left in the last 60 days")


def test_c_same_health_and_another_maturity_lead_to_other_cells_and_plays(scores, plays):
    assert scores.loc["C", "chs"] == scores.loc["D", "chs"]
    assert scores.loc["C", "cmi"] == 4.0
    assert scores.loc["D", "cmi"] == 2.0
    assert scores.loc["D", "weakest_category"] == "process"
    assert scores.loc[["C", "D"], "cell"].tolist() == ["expand_and_leverage", "retain_as_is"]
    assert scores.loc[["C", "D"], "quadrant"].tolist() == ["expand_and_leverage", "retain"]
    # Nobody stopped, so nobody is asked why they did.
    assert plays["C"] == ["expand_and_leverage", "raise_low_use"]
    assert plays["D"] == ["retain_as_is", "raise_low_use", "strengthen_process"]


def test_d_refusal_for_policy_costs_nothing_and_one_out_of_dissatisfaction_is_answered(
    scores, plays
):
    assert scores.loc["E", "health_band"] == "high"
    assert scores.loc["E", "cap_reason"] == ""
    assert plays["E"] == ["expand_without_asking", "rest_after_decline"]
    assert scores.loc["F", "chs"] == 69
    assert scores.loc["F", "health_band"] == "medium"
    assert scores.loc["F", "cap_reason"] == "A reference was declined out of dissatisfaction."
    assert plays["F"][0] == "listen_after_refusal"
    assert "rest_after_decline" not in plays["F"]


def scored_with(tmp_path, *interventions):
    """The same company, in which people worked on plays: (account, text, occurred, known)."""
    stated = table(interventions, "account_id", "value_text", "occurred_at", "known_at")
    stated = stated.assign(kind="intervention", event_id=[f"i{n}" for n in range(len(stated))])
    frames = {build.__name__: build() for build in BUILDERS}
    frames["account_events"] = pd.concat([frames["account_events"], stated], ignore_index=True)
    (tmp_path / "scorecard.yaml").write_text(SCORECARD)
    settings = Settings(scorecard=tmp_path / "scorecard.yaml")
    return score_tables(read_tables(frames, settings), AS_OF, config=read_config(settings))


def test_play_that_was_begun_is_open_and_one_that_ended_is_not_proposed_again(tmp_path):
    begun = ("B", "play=find_successor;state=begun", "2025-05-26", "2025-05-27")
    ended = ("B", "play=save;state=failed", "2025-05-28", "2025-05-28")
    scored = scored_with(tmp_path, begun, ended)
    own = scored.plays[scored.plays["account_id"] == "B"].set_index("play")
    assert own["state"].to_dict() == {"find_successor": "open"}
    assert own.loc["find_successor", "open_since"] == pd.Timestamp("2025-05-26", tz="UTC")
    assert own.loc["find_successor", "due_at"] == pd.Timestamp("2025-05-28", tz="UTC")


def test_intervention_that_is_known_later_changes_nothing_yet(tmp_path, plays):
    scored = scored_with(
        tmp_path, ("B", "play=find_successor;state=begun", "2025-05-26", "2025-06-01")
    )
    assert scored.plays.groupby("account_id")["play"].agg(list).to_dict() == plays
    assert (scored.plays["state"] == "proposed").all()


def test_interventions_that_say_nothing_are_told(tmp_path):
    scored = scored_with(tmp_path, ("B", "state=begun", "2025-05-26", "2025-05-27"))
    assert any(note.startswith("1 interventions say neither") for note in scored.notes)


@pytest.fixture(scope="module")
def panels(scored):
    tables = read_tables({build.__name__: build() for build in BUILDERS}, Settings())
    facts = account_facts(tables, AS_OF, scored.scores["account_id"])
    page = render_report(
        *(scored.scores, scored.drivers, scored.plays),
        playbook=read_playbook(None, FACT_FIELDS),
        beside=Beside(facts=facts),
    )
    told = Told(page)
    return {account: told.panel_text(place) for place, account in enumerate(told.ids)}


def test_every_paragraph_of_a_says_what_is_known_of_the_account(panels):
    said = panels["A"]
    for fact in (
        *("asked about the higher tier, 19 May 2025", "for three new planners, 12 May 2025"),
        *("Active users (28 days) 9", "Seats bought 20", "Seats assigned 10"),
        *("In two-way contact (90 days) 3 people", "Use case", "costs"),
        "title unknown, no two-way contact yet",
    ):
        assert fact.lower() in said.lower(), fact


def test_every_paragraph_of_b_says_that_nobody_sponsors_it(panels):
    said = panels["B"]
    assert "nobody; the last one left, known 12 May 2025" in said
    assert "Active users (28 days) 8" in said
    assert "nobody has taken over" in said
    assert "title unknown, last two-way contact" not in said


def test_nothing_costs_no_points_and_no_name_of_a_rule_is_shown(panels):
    # A play's own name is there for the script, which shows what it asks for.
    known = {play.name for play in read_playbook(None, FACT_FIELDS).plays} | {"csm_1"}
    for said in panels.values():
        assert not re.search(r"costs 0(?:\.0)? points", said)
        assert set(re.findall(r"\b[a-z]+_[a-z_\d]+\b", said)) <= known
