"""What the head, a CFO and CS-ops read: right sums, and honest words where nothing is known."""

import pandas as pd
import pytest

from churngrid.features.scores.health_overrides import Override
from churngrid.serving.company.put_aside import PutAside
from churngrid.serving.report.beside import Beside
from churngrid.serving.report.views.head_view import head_blocks
from churngrid.serving.report.views.money_view import money_blocks
from churngrid.serving.report.views.operations_view import operations_blocks
from churngrid.serving.results.schema import FORECAST
from tests.serving.invented import AS_OF, Page, Told, page_of, scores_of

WEEK = pd.Timedelta(days=7)


@pytest.fixture(scope="module")
def scores():
    frame = scores_of(40).fillna({"csm_id": "", "account_name": "", "review_flags": ""})
    return frame.fillna({"cap_reason": "", "reason": ""})


def texts(block):
    return [[cell.text for cell in row] for row in block.rows]


def named(blocks, start):
    return next(block for block in blocks if block.title.startswith(start))


def head(scores, beside=None, late=(), pages=None):
    count = len(late)
    tasks = {
        **{"account": list(range(count)), "late": list(late), "action": ["Call."] * count},
        **{"owner": ["CSM"] * count, "due": ["1 Jun 2025"] * count},
    }
    return head_blocks(scores, tasks, beside or Beside(), pages=pages or {}, currency="USD")


def earlier(scores, **changes):
    return scores.assign(as_of=AS_OF - WEEK, **changes)


def test_without_an_earlier_scoring_the_head_is_told_so(scores):
    block = named(head(scores), "Movers")
    assert block.rows == ()
    assert "No earlier scoring is stored" in block.empty


def test_who_became_red_is_named_and_who_was_red_is_not(scores):
    before = earlier(scores, health_band="low")
    fresh = scores["health_band"].eq("low") & (scores.index % 2 == 0)
    before.loc[fresh, "health_band"] = "medium"
    block = named(head(scores, Beside(history=before)), "New reds since 23 Jun 2025")
    assert {row[0].href for row in block.rows} == {
        f"#account={account}" for account in scores.loc[fresh, "account_id"]
    }
    assert block.note.startswith(f"{fresh.sum()} of all {scores['health_band'].eq('low').sum()}")


def test_movers_come_by_money_with_the_strongest_part_of_it(scores):
    before = earlier(scores)
    first, second = scores.index[scores["p_churn"].notna()][:2]
    before.loc[first, "p_churn"] = 0.9
    before.loc[second, "p_churn"] = before.loc[second, "p_churn"] + 1e-6
    changes = pd.DataFrame(
        {
            **{"account_id": [scores.loc[first, "account_id"]], "as_of": [AS_OF]},
            **{"measure": ["p_churn"], "rank": [1], "text": ["active users 9 -> 2"]},
            "metric": ["active_users_28d"],
        }
    )
    block = named(head(scores, Beside(history=before, changes=changes)), "Movers since")
    assert [row[0].href.split("=")[1] for row in block.rows] == [
        scores.loc[place, "account_id"] for place in (first, second)
    ]
    assert texts(block)[0][-1] == "active users 9 → 2"
    assert "2 of all 2" in block.note


def test_where_the_score_moved_the_estimate_what_moved_the_score_is_told(scores):
    before = earlier(scores)
    first = scores.index[scores["p_churn"].notna()][0]
    before.loc[first, "p_churn"] = 0.9
    changes = pd.DataFrame(
        {
            **{"account_id": scores.loc[first, "account_id"], "as_of": AS_OF, "rank": 1},
            **{"measure": ["p_churn", "chs"], "metric": ["chs", "active_users_28d"]},
            "text": ["health score 49 -> 74: +9 points", "active users 9 -> 2"],
        }
    )
    block = named(head(scores, Beside(history=before, changes=changes)), "Movers since")
    assert texts(block)[0][-1] == "active users 9 → 2"


def test_each_csm_has_money_red_share_overdue_plays_and_a_page(scores):
    late = ["overdue" if place % 3 == 0 else "" for place in range(len(scores))]
    block = named(head(scores, late=late, pages={"csm_1": "report/csm_1.html"}), "By CSM")
    rows = {row[0].text: row for row in block.rows}
    mine = scores[scores["csm_id"] == "csm_1"]
    told = [cell.text for cell in rows["csm_1"]]
    assert rows["csm_1"][0].href == "report/csm_1.html"
    assert told[1] == str(len(mine))
    assert told[3] == f"{100 * mine['health_band'].eq('low').mean():.0f} %"
    assert told[5] == str(sum(place % 3 == 0 for place in mine.index))
    assert sum(int(row[1].text) for row in block.rows) == len(scores)
    assert "nobody" in rows


def test_overdue_plays_are_counted_of_all(scores):
    block = named(head(scores, late=["overdue"] * 20), "Overdue plays")
    assert len(block.rows) == 15
    assert block.note.startswith("15 of all 20")


def test_who_left_out_of_the_blue_is_named_and_who_was_red_is_only_counted(scores):
    well, ill, noticed = (
        scores.iloc[[0]].assign(
            account_id=name, account_name=name, health_band=band, status="scored"
        )
        for name, band in (("Well", "high"), ("Ill", "low"), ("Noticed", "medium"))
    )
    before = earlier(pd.concat([scores, well, ill, noticed]))
    old = earlier(well.assign(account_name="Long ago", account_id="old"))
    old["as_of"] = AS_OF - pd.Timedelta(days=200)
    now = pd.concat([scores, noticed.assign(status="notice_given")], ignore_index=True)
    beside = Beside(history=pd.concat([old, before]))
    block = named(head(now, beside), "Surprise churn")
    assert {row[0] for row in texts(block)} == {"Well", "Noticed"}
    assert block.note.startswith("2 of all 3 who left or gave notice since 23 Jun 2025")


def departures(*rows):
    columns = ["account_id", "health_band", "chs", "how"]
    told = pd.DataFrame(rows, columns=columns).assign(as_of=AS_OF, read_at=AS_OF - 12 * WEEK)
    return told.assign(account_name=told["account_id"].str.title(), csm_id="csm_1", arr=5_000.0)


def test_surprises_need_no_stored_scoring(scores):
    told = departures(
        *(("well", "high", 83.2, "left"), ("fair", "medium", 60.0, "notice_given")),
        *(("ill", "low", 40.0, "left"), ("dim", "unknown", float("nan"), "left")),
    )
    block = named(head(scores, Beside(departures=told)), "Surprise churn")
    assert block.note.startswith("2 of all 4 who left or gave notice since 7 Apr 2025")
    assert texts(block) == [
        ["Well", "csm_1", "USD 5,000", "High", "83", "Left"],
        ["Fair", "csm_1", "USD 5,000", "Medium", "60", "Notice given"],
    ]
    other = told.assign(as_of=AS_OF - WEEK)
    assert "Nobody left" in named(head(scores, Beside(departures=other)), "Surprise").empty


def criteria(**changes):
    told = pd.DataFrame(
        {
            "criterion": ["red_band_lift", "green_share", "warned_arr_share"],
            "meaning": [
                "churn rate of the red band, times that of all",
                "green",
                "the same by ARR",
            ],
            "value": [2.36, 0.7, float("nan")],
            "low": [1.8, 0.65, float("nan")],
            "high": [2.9, 0.74, float("nan")],
            "threshold": [3.0, 0.8, 0.667],
            "at_least": [True, False, True],
            "verdict": ["fail", "pass", "not enough evidence"],
            "why": ["between 1.8 and 2.9", "between", "only 3 churned accounts"],
            "accounts": [410, 410, 3],
        }
    )
    known = {"as_of": AS_OF, "judged_through": AS_OF - 20 * WEEK, "same_scorecard": True}
    return told.assign(**known | changes)


def test_the_criteria_that_the_scorecard_fails_are_named_first_with_their_figures(scores):
    block = named(head(scores, Beside(criteria=criteria())), "Which criteria")
    assert block.note.startswith("It fails 1 of all 3, held against")
    assert "until 10 Feb 2025" in block.note
    assert "changed" not in block.note
    assert texts(block) == [
        [
            *("churn rate of the red band, times that of all", "2.4 times", "at least 3.0 times"),
            *("fails", "between 1.8 times and 2.9 times, by 410 accounts"),
        ],
        [
            *("the same by ARR", "unknown", "at least 67 %", "not enough evidence"),
            "only 3 churned accounts",
        ],
        ["green", "70 %", "at most 80 %", "holds", "between 65 % and 74 %, by 410 accounts"],
    ]


def test_criteria_of_another_scorecard_are_told_apart_and_missing_ones_say_how_to_get_them(scores):
    other = Beside(criteria=criteria(same_scorecard=False))
    assert "The scorecard was changed since then" in named(head(scores, other), "Which").note
    assert "scorecard validate" in named(head(scores), "Which criteria").empty


def forecast(**numbers):
    row = {column.name: 0.0 for column in FORECAST}
    row |= {"as_of": AS_OF, "unit": "quarter", "period": "2025 Q3", "grouping": "all", "group": ""}
    row |= {"starts_at": AS_OF, "ends_at": AS_OF + 13 * WEEK}
    return pd.DataFrame([row | numbers])


def test_money_shows_each_quarter_with_its_range(scores):
    told = forecast(
        **{"accounts_due": 7, "arr_due": 90_000.0, "renewed": 80_000.0, "renewed_low": 70_000.0},
        **{"renewed_high": 88_000.0, "grr": 0.91, "grr_low": 0.86, "grr_high": 0.95},
    )
    blocks = money_blocks(scores, Beside(forecast=told), currency="USD")
    (row,) = texts(named(blocks, "What is due"))
    assert row[:4] == [
        *("2025 Q3, until 29 Sep 2025", "7", "USD 90 K"),
        "USD 80 K (70 K to 88 K)",
    ]
    assert texts(named(blocks, "Retention"))[0][1] == "91.0 % (86.0 to 95.0)"


def test_without_any_estimate_nothing_is_said_of_what_stays_and_leaves(scores):
    told = forecast(arr_due=90_000.0, arr_due_without_estimate=90_000.0)
    (row,) = texts(named(money_blocks(scores, Beside(forecast=told), currency="USD"), "What is"))
    assert row[2:] == ["USD 90 K", "unknown", "unknown", "USD 0", *["unknown"] * 2, "USD 90 K"]


def test_one_group_alone_is_no_comparison(scores):
    told = forecast(grouping="segment", group="all")
    titles = [one.title for one in money_blocks(scores, Beside(forecast=told), currency="USD")]
    assert "By segment" not in titles
    two = pd.concat([told, forecast(grouping="segment", group="smb")])
    titles = [one.title for one in money_blocks(scores, Beside(forecast=two), currency="USD")]
    assert "By segment" in titles


def test_money_says_what_has_no_estimate_and_that_there_is_no_forecast(scores):
    blocks = money_blocks(scores, Beside(), currency="USD")
    left = scores[scores["p_churn"].isna()]
    block = named(blocks, "What has no estimate")
    assert block.note.startswith(f"{len(left)} of all {len(scores)} accounts")
    assert sum(int(row[1]) for row in texts(block)) == len(left)
    assert "There is no forecast" in named(blocks, "What is due").empty
    assert money_blocks(scores.assign(arr=float("nan")), Beside(), currency="USD") == ()


def test_operations_shows_feeds_money_aside_overrides_outcomes_and_raters(scores):
    first = scores.loc[0, "account_id"]
    feeds = pd.DataFrame(
        {
            **{"as_of": [AS_OF] * 2, "table": ["tickets", "seats"], "state": ["silent", "alive"]},
            **{"last_delivery": [AS_OF - WEEK, AS_OF], "rows_in": [1200, 5]},
            **{"rows_put_aside": [3, 0], "finding": ["tickets fell silent.", ""]},
        }
    )
    day = pd.Timedelta(days=1)
    override = {"limit": 30.0, "band": None, "reason": "Budget cut", "author": "Kim"}
    overrides = (
        Override(first, **override, set_at=AS_OF - day, expires_at=AS_OF + day),
        Override(first, **override, set_at=AS_OF - 9 * day, expires_at=AS_OF - day),
    )
    outcomes = pd.DataFrame(
        {"play": ["save", "save", "watch"], "state": ["done", "failed", "done"]}
    )
    raters = pd.DataFrame(
        {"author": ["ann"], "accounts": [12], "mean_cmi": [4.1], "difference": [0.9], "far": [True]}
    )
    beside = Beside(
        feeds=feeds,
        overrides=overrides,
        outcomes=outcomes,
        raters=raters,
        aside=(PutAside("invoices", 100, 4, {"USD": 5_000.0}, "no date"),),
    )
    blocks = operations_blocks(scores, beside, scope=0.8, currency="USD")
    assert named(blocks, "Health of the feeds").note.startswith("1 of all 2 feeds")
    assert texts(named(blocks, "Rows and money"))[0] == [
        *("invoices", "4 of 100", "4 %", "USD 5,000", "no date"),
    ]
    held = named(blocks, "Overrides")
    assert held.note.startswith("1 of all 2")
    assert texts(held)[0][1:] == ["30 points", "Budget cut", "Kim", "1 Jul 2025"]
    assert texts(named(blocks, "What became"))[0] == ["Save", "0", "1", "1", "0"]
    assert texts(named(blocks, "Who grades"))[0] == ["ann", "12", "4.1", "+0.9", "grades apart"]
    assert texts(named(blocks, "How much"))[0] == [
        *("Of the scorecard's weight, collected at all", "80 %"),
    ]


def test_what_only_a_fresh_scoring_knows_is_said_to_be_missing(scores):
    blocks = operations_blocks(scores, Beside(), scope=None, currency="USD")
    for start in ("Rows and money", "What became", "Who grades"):
        assert "fresh scoring" in named(blocks, start).empty


def test_the_whole_page_has_these_views_and_the_page_of_a_csm_has_not(scores):
    tabs = "Accounts My tasks Head Money Operations"
    assert tabs in Page(page_of(scores)).text
    assert tabs not in Page(page_of(scores, reader="csm_1")).text
    assert Page(page_of(scores)).wrong == []


def test_a_panel_has_the_estimate_its_date_its_curve_and_what_changed(scores):
    place = int(scores["p_churn"].notna().to_numpy().argmax())
    account = scores.loc[place, "account_id"]
    curve = {f"survival_{days}d": 1 - days / 1000 for days in (30, 90, 180, 365)}
    dated = scores.assign(**curve, decision_at=AS_OF + WEEK, decision_kind="term_end")
    changes = pd.DataFrame(
        {
            **{"account_id": account, "as_of": AS_OF, "measure": "p_churn", "rank": [1, 0]},
            "metric": ["active_users_28d", ""],
            "text": ["active users 9 -> 2", "The estimate rose."],
        }
    )
    told = Told(page_of(dated, beside=Beside(changes=changes, history=earlier(scores))))
    sections = {one["title"]: one for one in told.panels[place]["sections"]}
    estimate = sections["The estimate"]
    assert dict(estimate["facts"])["Next decision"] == "7 Jul 2025 (term end)"
    assert estimate["charts"][0]["xs"] == [0.0, 0.0822, 0.2466, 0.4932, 1.0]
    assert estimate["charts"][0]["ys"] == [1.0, 0.97, 0.91, 0.82, 0.635]
    changed = sections["What changed since the last scoring"]["lines"]
    assert changed == ["The estimate rose.", "active users 9 → 2"]


def test_history_has_at_most_eighteen_readings(scores):
    past = [scores.assign(as_of=AS_OF - number * WEEK) for number in range(25)]
    told = Told(page_of(scores, beside=Beside(history=pd.concat(past))))
    sections = {one["title"]: one for one in told.panels[0]["sections"]}
    chart = sections["How health and maturity went"]["charts"][0]
    assert len(chart["ys"]) == len(chart["xs"]) == 18
    assert chart["to"] == "30 Jun 2025"
