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
from tests.worked.six_accounts import (
    AS_OF,
    BUILDERS,
    NAMES,
    SCORECARD,
    table,
)

PAGE = Path(__file__).parents[2] / "docs" / "worked-examples.md"


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
