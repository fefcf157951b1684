"""The report: complete, escaped, and silent on the network."""

import base64
import hashlib
import re

import numpy as np
import pandas as pd
import pytest

from churngrid.features.errors import SchemaError
from churngrid.serving.report.flag_words import FLAG_WORDS
from churngrid.serving.report.render import render_report
from churngrid.serving.scoring.health_rules import FLAGS
from churngrid.serving.wording.number_words import say_score
from tests.serving.invented import (
    AS_OF,
    CAP,
    COMPONENTS,
    NAMES,
    PLAYBOOK,
    Page,
    Told,
    drivers_of,
    page_of,
    plays_of,
    scores_of,
)


@pytest.fixture(scope="module")
def scores():
    return scores_of(40)


@pytest.fixture(scope="module")
def html(scores):
    return page_of(scores, notes=["Churn is a contract decision."], scope=0.92)


@pytest.fixture(scope="module")
def page(html):
    return Page(html)


@pytest.fixture(scope="module")
def told(html):
    return Told(html)


def test_an_account_whose_play_waits_says_what_for(scores):
    place = int(scores["cell"].eq("save").to_numpy().argmax())
    plays = plays_of(scores)
    mine = plays["account_id"] == scores.loc[place, "account_id"]
    waiting = plays.assign(state=np.where(mine, "waiting", "proposed"))
    told = Told(render_report(scores, drivers_of(scores), waiting, playbook=PLAYBOOK))
    assert told.row(place)["play"].startswith(f"waits for the {plays.loc[mine, 'owner'].iloc[0]}: ")
    assert told.row(place)["play_note"] == ""
    waits = told.book["waits"]
    assert set(waits["account"]) == {place}
    assert set(waits["due"]) == {""}
    assert set(waits["state"]) == {"waits"}
    assert place not in told.book["tasks"]["account"]
    page = Page(render_report(scores, drivers_of(scores), waiting, playbook=PLAYBOOK)).text
    assert f"{mine.sum()} more wait" in page


def test_every_tag_is_closed_where_it_was_opened(page):
    assert page.wrong == []
    assert page.elements[0] == ("html", {"lang": "en"})


def test_ids_are_unique_and_every_link_leads_somewhere_on_the_page(page):
    ids = page.attributes("id")
    assert len(ids) == len(set(ids))
    drawn = {link for link in page.attributes("href") if link.startswith("#s-")}
    assert drawn <= {f"#{name}" for name in ids}
    assert all("=" in link for link in set(page.attributes("href")) - drawn)


def test_every_account_has_a_row_and_a_panel_in_the_order_of_attention(told, scores):
    assert told.ids == scores["account_id"].tolist()
    assert told.book["accounts"]["cell"] == scores["cell"].fillna("").tolist()
    assert len(told.panels) == len(scores)
    assert {len(column) for column in told.book["accounts"].values()} == {len(scores)}


def test_the_order_is_restored_when_storage_lost_it(html, scores):
    shuffled = scores.sample(frac=1, random_state=3)
    again = render_report(
        shuffled,
        drivers_of(scores),
        plays_of(scores),
        playbook=PLAYBOOK,
        currency="USD",
        notes=["Churn is a contract decision."],
        scope=0.92,
    )
    assert again == html


def test_names_are_text_whatever_they_hold(page, told):
    tags = [tag for tag, _ in page.elements]
    kinds = [attrs.get("type") for tag, attrs in page.elements if tag == "script"]
    assert kinds.count(None) == 1
    assert set(kinds) == {None, "application/octet-stream"}
    assert tags.count("style") == 1
    assert "img" not in tags
    for name in NAMES:
        if name.isprintable() and len(name) < 60:
            assert name in told.book["accounts"]["name"]


def test_hidden_signs_and_endless_names_are_cut(html, told):
    assert "\u202e" not in html
    names = told.book["accounts"]["name"]
    assert {"evil Holdings", "Łódź Textiles", "W" * 59 + "…"} <= set(names)
    assert not any("\u202e" in name for name in names)


def test_nothing_can_run_or_style_but_the_two_blocks_whose_hashes_are_named(html, page):
    policy = next(
        attrs["content"]
        for tag, attrs in page.elements
        if tag == "meta" and attrs.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    for kind in ("style", "script"):
        (block,) = re.findall(rf"<{kind}>(.*?)</{kind}>", html, flags=re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(block.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy
    names = {name for _, attrs in page.elements for name in attrs}
    assert "style" not in names
    assert not any(name.startswith("on") for name in names)


def test_nothing_is_fetched_from_anywhere(html, page):
    names = {name for _, attrs in page.elements for name in attrs}
    assert names.isdisjoint({"src", "srcset", "data", "action", "poster", "ping"})
    assert all(link.startswith("#") for link in page.attributes("href"))
    code = "".join(re.findall(r"<(?:style|script)>.*?</", html, flags=re.DOTALL))
    for call in ("url(", "@import", "http:", "https:", "fetch(", "XMLHttp", "import("):
        assert call not in code


def test_the_page_says_what_every_number_rests_on(page, scores):
    known = f"{100 * scores['chs_coverage'].mean():.0f} %"
    for text in (
        "Accounts as of 30 Jun 2025",
        "known before 30 Jun 2025, 00:00 UTC",
        "Model 3f9c1b20aa41",
        "Settings a1b2c3d4e5f6",
        "Accounts scored 40",
        f"Coverage {known}",
        "Collected 92 %",
        "Base rate 1 in 12 leave (8.0 %)",
        "Churn is a contract decision.",
    ):
        assert text in page.text


def test_figures_at_the_top_are_sums_of_the_scores(scores):
    two = scores[scores["status"] == "scored"].head(2).assign(arr=[1_000_000.0, 500_000.0])
    two = two.assign(p_churn=[0.5, 0.1], arr_at_risk=[500_000.0, 50_000.0])
    two = two.assign(notice_deadline=AS_OF + pd.to_timedelta([30, 31], unit="D"))
    text = Page(page_of(two)).text
    assert "Accounts 2 2 of them in the grid" in text
    assert "ARR USD 1.5 M yearly, of 2 accounts" in text
    assert "ARR at risk USD 550 K" in text
    assert "37 % of their ARR" in text
    assert "Deadlines in 30 days 1 USD 1.0 M of ARR, to give notice, until 30 Jul 2025" in text


def test_amounts_are_in_the_currency_of_the_settings(scores):
    html = page_of(scores, currency="EUR")
    assert "ARR (EUR)" in Page(html).text
    assert Told(html).book["currency"] == "EUR"
    assert "USD" not in Page(html).text + Told(html).text


def test_amounts_without_a_known_currency_stand_alone(scores):
    html = page_of(scores, currency="")
    text = Page(html).text
    assert re.search(r"ARR [\d.,]+ [KM] yearly", text)
    assert "USD" not in text + Told(html).text
    assert "ARR (" not in text


def test_a_row_says_who_when_where_and_what_to_do(told, scores):
    place = int(np.flatnonzero(scores["cap_reason"] == CAP)[0])
    row, text, account = told.row(place), told.row_text(place), scores.loc[place]
    assert row["id"] == account["account_id"]
    assert row["arr_text"] == f"{account['arr']:,.0f}"
    assert row["deadline"] == f"{(account['notice_deadline'] - AS_OF).days} days"
    assert row["band"] == "low"
    assert re.fullmatch(r"about 1 in \d+ \([\d.]+ %\) by \d+ \w{3} \d{4}", row["odds"])
    assert row["cap"] == CAP
    assert "Find the successor of the sponsor who left" in text
    assert "CSM and account executive, by 2 Jul 2025" in text
    assert len(row["reasons"]) == 3


def test_a_row_says_why_this_play_unless_the_reasons_beside_it_do(told, scores):
    capped = int(np.flatnonzero(scores["cap_reason"] == CAP)[0])
    other = int(np.flatnonzero((scores["cap_reason"] != CAP) & (scores["cell"] != ""))[0])
    assert told.row(capped)["because"] == ""
    assert told.row(other)["because"] == CAP


def test_a_panel_tells_the_whole_story(told, scores):
    place = int(np.flatnonzero(scores["cap_reason"] == CAP)[0])
    text = told.panel_text(place)
    account = scores.loc[place]
    for said in (
        "Health is low; the chance is about 1 in ",
        "The model's estimate of leaving rises because",
        "active users 41 → 24 (segment 38)",
        "The model's estimate of leaving falls because",
        "Context, nothing to act on",
        "days as a customer 412 (segment 530), raises it",
        "The model's estimate of growth rises because",
        "Urgent · CSM and account executive · first touch by 2 Jul 2025",
        "look at who signs, who administers, who uses the product most",
        "A named new sponsor",
        "keep it green because usage is stable; send the renewal quote first.",
        f"{account['chs']:.0f} of 100; {account['chs_low']:.0f} to {account['chs_high']:.0f}",
        f"Notice deadline {account['notice_deadline'].day} ",
    ):
        assert said in text
    assert "will leave" not in text


def test_component_scores_are_bars_with_numbers(told, scores):
    bars = {bar["label"]: bar for bar in told.panels[0]["bars"]}
    for name in COMPONENTS:
        score = scores.loc[0, f"chs_{name}"]
        bar = bars[name.capitalize()]
        assert (bar["value"], bar["text"]) == (round(score), f"{score:.0f}")


def test_maturity_has_its_interval_and_weakest_category(told, scores):
    place = int(np.flatnonzero(scores["cmi_status"] == "certain")[0])
    account = scores.loc[place]
    said = f"{account['cmi']:.1f} of 5; {account['cmi_low']:.1f} to {account['cmi_high']:.1f}"
    assert f"{said}, certain; weakest: Process" in told.panel_text(place)


def test_flags_are_put_before_a_person_in_words(scores):
    flagged = scores.assign(review_flags="let_churn_guarded,health_score_insufficient")
    told = Told(page_of(flagged)).row(0)["flags"]
    assert told == [FLAG_WORDS["let_churn_guarded"], FLAG_WORDS["health_score_insufficient"]]


def test_every_flag_has_words():
    assert {flag.name for flag in FLAGS} == set(FLAG_WORDS)


def test_notes_name_no_flags(scores):
    text = Page(page_of(scores, notes=["Look at 3 accounts: flag `maturity_due`."])).text
    assert "maturity_due" not in text
    assert FLAG_WORDS["maturity_due"] in text


def test_an_account_that_gave_notice_is_outside_the_grid(told, page, scores):
    gone = scores[scores["status"] == "notice_given"]
    money = gone["arr"].sum() / 1000
    assert f"Outside the grid: notice given {len(gone)} (USD {money:,.0f} K)." in page.text
    row = told.row(gone.index[0])
    assert (row["cell"], row["standing"]) == ("", "Notice given")


def test_without_a_model_health_is_the_scorecards_and_the_page_says_so(scores):
    plain = scores.assign(
        p_churn=np.nan,
        p_expand=np.nan,
        p_contract=np.nan,
        base_rate=np.nan,
        health_index=np.nan,
        arr_at_risk=np.nan,
    )
    for column in ("health_source", "explained_by"):
        plain[column] = plain[column].replace("model", "scorecard")
    plain["model_version"] = ""
    html = render_report(
        plain, drivers_of(plain, "chs"), plays_of(plain), playbook=PLAYBOOK, scope=0.41
    )
    text = f"{Page(html).text} {Told(html).text}"
    assert "Model none: health is read from the scorecard" in text
    assert "Only 41 % of the scorecard's weight is collected" in text
    assert "The scorecard takes points for" in text
    assert "What holds the score up" in text
    assert "ARR at risk USD" not in text
    assert "The model's estimate" not in text
    assert "about 1 in" not in text
    assert "Health and score" in text
    scored = plain[plain["health_source"] == "scorecard"].iloc[0]
    assert f"score {say_score(scored['chs'])} of 100" in text


def test_a_score_without_a_reach_does_not_name_one(scores):
    capped = scores.assign(chs=49.0, chs_low=49.0, chs_high=49.0, chs_coverage=0.9)
    assert "49 of 100; 90 % known" in Told(page_of(capped)).text


def test_without_money_or_contracts_their_columns_are_left_out(scores):
    free = scores.assign(
        arr=np.nan, arr_at_risk=np.nan, notice_deadline=pd.NaT, term_end=pd.NaT, csm_id=None
    )
    page = Page(page_of(free))
    assert page.wrong == []
    assert "ARR" not in page.text
    assert "Notice deadline" not in page.text
    assert "csm" not in page.attributes("name")


def test_stored_tables_give_the_same_page(html, scores, tmp_path):
    tables = []
    for name, frame in (
        ("scores", scores),
        ("drivers", drivers_of(scores)),
        ("plays", plays_of(scores)),
    ):
        frame.to_parquet(tmp_path / f"{name}.parquet")
        read = pd.read_parquet(tmp_path / f"{name}.parquet")
        tables.append(read.astype(object).where(read.notna(), None))
    again = render_report(
        *tables,
        playbook=PLAYBOOK,
        currency="USD",
        notes=["Churn is a contract decision."],
        scope=0.92,
    )
    assert again == html


def test_rows_of_other_dates_are_left_out(html, scores):
    drivers, plays = drivers_of(scores), plays_of(scores)
    before = AS_OF - pd.Timedelta(days=7)
    old = drivers.assign(as_of=before, text="old news")
    again = render_report(
        scores,
        pd.concat([old, drivers]),
        pd.concat([plays.assign(as_of=before, why="old news"), plays]),
        playbook=PLAYBOOK,
        currency="USD",
        notes=["Churn is a contract decision."],
        scope=0.92,
    )
    assert again == html


def test_tables_passed_in_are_not_changed(scores):
    tables = (scores, drivers_of(scores), plays_of(scores))
    before = [table.copy(deep=True) for table in tables]
    render_report(*tables, playbook=PLAYBOOK)
    for table, copy in zip(tables, before, strict=True):
        pd.testing.assert_frame_equal(table, copy)


def test_an_empty_portfolio_gives_a_page_that_says_so(scores):
    page = Page(page_of(scores.iloc[:0], notes=["Nobody is known yet."]))
    assert page.wrong == []
    assert "There are no accounts to show." in page.text
    assert "Nobody is known yet." in page.text


def test_a_table_without_rows_needs_no_columns(scores):
    nothing = pd.DataFrame()
    assert page_of_tables(nothing, nothing, nothing) == page_of(scores.iloc[:0])
    told = Told(page_of_tables(scores, nothing, nothing))
    assert all(panel["plays"] == [] and panel["reasons"] == [] for panel in told.panels)


def test_one_account_is_enough(scores):
    html = page_of(scores.head(1))
    page = Page(html)
    assert page.wrong == []
    assert Told(html).ids == [scores.loc[0, "account_id"]]
    assert "1 account ·" in page.text


def test_a_play_that_left_the_playbook_is_still_named(scores):
    plays = plays_of(scores).assign(play="fly_to_the_moon")
    html = render_report(scores, drivers_of(scores), plays, playbook=PLAYBOOK)
    assert "Fly to the moon (not in the playbook any more)" in Told(html).text


def test_all_accounts_are_in_the_page_and_only_marks_are_left_out(monkeypatch, scores):
    monkeypatch.setattr("churngrid.serving.report.render._PANELS_EACH", 7)
    monkeypatch.setattr("churngrid.serving.report.render._MOST_MARKS", 7)
    html = page_of(scores)
    told, page = Told(html), Page(html)
    assert len(told.ids) == len(told.panels) == 40
    assert told.book["panels_each"] == 7
    assert page.attributes("class").count("mark") == 7
    inside = scores["cell"].notna().sum()
    assert (
        f"Marks are drawn for the 7 accounts that need someone most, of all {inside}" in page.text
    )


def test_a_thousand_accounts_stay_below_half_a_megabyte():
    html = page_of(scores_of(1_000))
    assert len(Told(html).ids) == 1_000
    assert len(html.encode()) < 500_000


def test_a_table_without_its_columns_is_refused(scores):
    with pytest.raises(SchemaError, match=r"`scores` lacks columns \['arr'\]"):
        page_of_tables(scores.drop(columns="arr"), drivers_of(scores), plays_of(scores))
    with pytest.raises(SchemaError, match=r"`drivers` lacks columns \['text'\]"):
        page_of_tables(scores, drivers_of(scores).drop(columns="text"), plays_of(scores))
    with pytest.raises(SchemaError, match=r"`plays` lacks columns \['why'\]"):
        page_of_tables(scores, drivers_of(scores), plays_of(scores).drop(columns="why"))


def test_scores_of_two_dates_are_refused(scores):
    two = pd.concat([scores, scores.assign(as_of=AS_OF - pd.Timedelta(days=7))])
    with pytest.raises(ValueError, match="`scores` must hold one as-of date, got 2"):
        page_of_tables(two, drivers_of(scores), plays_of(scores))


def page_of_tables(*tables):
    return render_report(*tables, playbook=PLAYBOOK)
