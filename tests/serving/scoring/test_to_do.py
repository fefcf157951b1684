"""What waits or is withheld is nobody's work; where growth counts, the likeliest come first."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from churngrid.serving.cli.show_results import show_score
from churngrid.serving.cli.summaries.scoring import score_summary, who_needs_someone
from churngrid.serving.report.account_story import account_story
from churngrid.serving.report.portfolio import by_growth, growing_cells
from churngrid.serving.report.render import render_report
from churngrid.serving.results.result_column import empty_result
from churngrid.serving.results.schema import FORECAST
from churngrid.serving.results.words import n_waiting, to_do
from tests.serving.invented import PLAYBOOK, Page, Told, drivers_of, page_of, plays_of, scores_of

MATURITY = SimpleNamespace(summary=dict)
GROWING = ("grow_selectively", "expand_and_leverage", "strengthen_to_expand")


@pytest.fixture(scope="module")
def scores():
    return scores_of(60)


@pytest.fixture
def scored(scores):
    plays = plays_of(scores)
    first, second = scores["account_id"].iloc[:2]
    state = pd.Series("proposed", index=plays.index)
    state[plays["account_id"] == first] = "withheld"
    state[plays.index[plays["account_id"] == second][0]] = "waiting"
    drivers = drivers_of(scores)
    written = scores.assign(cap_reason=scores["cap_reason"].fillna(""))
    plays = plays.assign(state=state)
    feeds = pd.DataFrame(columns=["feed", "as_of", "metrics"])
    tables = {"feeds": feeds, "forecast": empty_result(FORECAST)}
    told = {"notes": ("What it means.",), "findings": (), "maturity": MATURITY, "drift": {}}
    return SimpleNamespace(scores=written, drivers=drivers, plays=plays, **tables, **told)


def result_of(scored):
    return SimpleNamespace(scored=scored, out="results", report_path=None, unwritten=())


def test_who_needs_someone_is_told_no_play_that_waits_or_is_withheld(scored):
    first, second, third = who_needs_someone(scored)[:3]
    own = scored.plays[scored.plays["account_id"] == second["account_id"]]["play"].tolist()
    assert (first["play"], first["owner"], first["due_at"], first["why"]) == (None,) * 4
    assert second["play"] == (own[1] if len(own) > 1 else None)
    assert third["play"] is not None


def test_a_model_without_drivers_of_its_own_is_explained_by_the_score(scored):
    of_score = drivers_of(scored.scores, "chs")
    modelled = scored.scores.loc[scored.scores["health_source"] == "model", "account_id"]
    by_score = scored.scores["explained_by"].replace("model", "scorecard")
    scores = scored.scores.assign(explained_by=by_score)
    by_rule = SimpleNamespace(**{**vars(scored), "drivers": of_score, "scores": scores})
    told = [one for one in who_needs_someone(by_rule) if one["account_id"] in set(modelled)]
    assert told
    assert all(one["reasons"] for one in told)
    told = Told(render_report(scores, of_score, scored.plays, playbook=PLAYBOOK)).text
    assert "The scorecard takes points for" in told
    assert "The model's estimate of leaving rises" not in told


def test_a_story_says_an_account_without_a_name_once(scored):
    unnamed = SimpleNamespace(**{**vars(scored), "scores": scored.scores.assign(account_name=None)})
    first = scored.scores["account_id"].iloc[0]
    named = account_story(scored, first, PLAYBOOK).title
    assert account_story(unnamed, first, PLAYBOOK).title == f"{first}, as of 2025-06-30"
    assert f"({first}), as of" in named


def test_a_play_that_has_begun_is_told_with_its_day_alone(scored):
    begun = pd.Timestamp("2025-10-03 17:44", tz="UTC")
    started = scored.plays.assign(state="open", open_since=begun)
    first = who_needs_someone(SimpleNamespace(**{**vars(scored), "plays": started}))[0]
    assert first["open_since"] == "2025-10-03"


def test_a_story_asks_for_nothing_that_waits_or_is_withheld(scored):
    first, _, third = (
        account_story(scored, name, PLAYBOOK) for name in scored.scores["account_id"].iloc[:3]
    )
    assert "What to do" not in first.text()
    assert first.as_dict()["plays"] == []
    assert "Held back" not in first.text()
    assert "What to do" in third.text()


def test_the_summary_counts_what_waits_for_capacity(scored, capsys):
    told = score_summary(result_of(scored))
    assert told["waiting_for_capacity"] == 1
    show_score(told)
    assert "Plays waiting for capacity, as their owners have no hand free: 1." in (
        capsys.readouterr().out
    )
    calm = SimpleNamespace(**{**vars(scored), "plays": scored.plays.drop(columns="state")})
    told = score_summary(result_of(calm))
    assert told["waiting_for_capacity"] == 0
    show_score(told)
    assert "capacity" not in capsys.readouterr().out


def test_plays_stored_without_a_state_are_all_to_do(scored):
    old = scored.plays.drop(columns="state")
    assert to_do(old) is old
    assert n_waiting(old) == 0


def test_the_report_shows_no_play_that_waits_or_is_withheld(scored):
    page = Page(render_report(scored.scores, scored.drivers, scored.plays, playbook=PLAYBOOK))
    hidden = scored.plays.assign(state="withheld")
    bare = Told(render_report(scored.scores, scored.drivers, hidden, playbook=PLAYBOOK))
    assert "1 play of 1 account is held back until their owner has a hand free" in page.text
    assert bare.panels
    assert all(panel["plays"] == [] for panel in bare.panels)
    assert bare.book["tasks"]["account"] == []


def test_the_playbook_says_in_which_cells_growth_counts():
    assert set(growing_cells(PLAYBOOK)) == set(GROWING)
    kept = [play.model_copy(update={"rank_by": "value"}) for play in PLAYBOOK.plays]
    assert growing_cells(PLAYBOOK.model_copy(update={"plays": tuple(kept)})) == ()


def test_accounts_of_unknown_growth_come_last_in_the_order_of_the_list():
    frame = pd.DataFrame({"cell": ["a"] * 4, "p_expand": [np.nan, 0.1, np.nan, 0.3]}, index=[9] * 4)
    assert by_growth(frame, ["a", "b"]) == {"a": [3, 1, 0, 2], "b": []}


def test_the_page_knows_the_chance_of_growth_and_the_cells_that_go_by_it(scores):
    html = page_of(scores)
    told = Told(html).book
    assert set(told["growing"]) == set(GROWING)
    known = [np.nan if grow is None else grow for grow in told["accounts"]["grow"]]
    assert known == pytest.approx(scores["p_expand"].tolist(), abs=1e-4, nan_ok=True)
    assert "Likeliest to grow:" in Page(html).text


def test_without_a_model_of_growth_nobody_is_called_likely_to_grow(scores):
    page = Page(page_of(scores.assign(p_expand=np.nan)))
    assert "Likeliest to grow" not in page.text
    assert "likeliest to grow first" not in page.text
