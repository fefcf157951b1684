"""What the report and the story say of trend, overrides and the parts of health."""

import pandas as pd
import pytest

from churngrid.serving.report.account_story import AccountStory
from churngrid.serving.wording.account_sentences import headline
from tests.serving.invented import PLAYBOOK, Told, drivers_of, page_of, plays_of, scores_of


@pytest.fixture(scope="module")
def scores():
    return scores_of(20)


@pytest.fixture(scope="module")
def html(scores):
    return page_of(scores)


def place(scores, column, value):
    return int((scores[column] == value).to_numpy().argmax())


def panel(html, row):
    return Told(html).panel_text(row)


def listed(html, row):
    return Told(html).row(row)


@pytest.mark.parametrize(
    ("trend", "sign", "words"),
    [
        ("down", "\u2198", "falling: -5 points a month, -6 points in the last four weeks"),
        ("up", "\u2197", "rising: +4 points a month"),
    ],
)
def test_an_arrow_stands_beside_the_band(html, scores, trend, sign, words):
    row = place(scores, "health_trend", trend)
    assert listed(html, row)["trend"] == [sign, words]


def test_without_a_trend_there_is_no_arrow(html, scores):
    row = place(scores, "health_trend", "unknown")
    assert listed(html, row)["trend"] == ["", ""]


def test_a_steady_score_has_an_arrow_too(scores):
    steady = scores.assign(health_trend="flat", chs_slope_84d=0.4, chs_change_28d=-1.0)
    told = listed(page_of(steady), 0)["trend"]
    assert told == ["\u2192", "steady: 0 points a month, -1 point in the last four weeks"]


def test_a_panel_names_the_override_and_the_variants(html, scores):
    overridden = panel(html, place(scores, "override_reason", scores["override_reason"].max()))
    assert "Override Budget cut (set by Kim, until 2025-09-01)" in overridden
    varied = panel(html, place(scores, "scorecard_variants", "first_priority"))
    assert "Scorecard weights for First priority" in varied


def test_a_panel_says_what_pulls_each_component_down(html, scores):
    reason = "open critical tickets 2 (own 1, segment 0): costs 4 points"
    row = place(scores, "why_support", reason)
    assert reason in panel(html, row)
    others = [other for other in range(len(scores)) if other != row]
    assert all(reason not in panel(html, other) for other in others)


def test_texts_of_overrides_stay_text(scores):
    nasty = "<script>alert(1)</script> (set by Kim, until 2025-09-01)"
    html = page_of(scores.assign(override_reason=nasty, why_usage="<b>bold</b>"))
    assert "<script>alert(1)" not in html
    assert "<b>bold" not in html
    assert "<b>bold</b>" in panel(html, 0)


def test_the_story_names_what_pulls_each_part_of_health_down(scores):
    row = place(scores, "why_support", scores["why_support"].dropna().iloc[0])
    account = scores.fillna({"why_support": ""}).iloc[row]
    key = account["account_id"]
    drivers, plays = drivers_of(scores), plays_of(scores)
    story = AccountStory(
        account.where(account.notna(), ""),
        drivers[drivers["account_id"] == key],
        plays[plays["account_id"] == key].iloc[:0],
        PLAYBOOK,
    )
    told = dict(story.sections())["Weakest in each part of health"]
    assert told == ["support: open critical tickets 2 (own 1, segment 0): costs 4 points"]


def test_the_story_leaves_out_what_is_missing(scores):
    account = pd.Series({"why_usage": "", "account_id": "a", "explanation_note": ""})
    none = drivers_of(scores).iloc[:0]
    assert AccountStory(account, none, plays_of(scores).iloc[:0], PLAYBOOK).sections() == []


@pytest.mark.parametrize(
    ("trend", "said"),
    [("down", " and falling;"), ("up", " and rising;"), ("flat", ";"), ("unknown", ";")],
)
def test_the_headline_tells_a_falling_score_from_a_steady_one(scores, trend, said):
    inside = scores[(scores["health_source"] == "model") & scores["cap_reason"].isna()]
    account = inside.assign(health_trend=trend, health_band="high", cap_reason="").iloc[0]
    assert headline(account).startswith(f"Health is high{said} the chance is about 1 in ")
