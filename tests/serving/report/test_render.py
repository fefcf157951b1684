"""The report: complete, escaped, and silent on the network."""

import base64
import hashlib
import re

import numpy as np
import pandas as pd
import pytest

from churngrid.features.errors import SchemaError
from churngrid.serving.report.render import render_report
from churngrid.serving.scoring.number_words import say_score
from tests.serving.invented import (
    AS_OF,
    CAP,
    COMPONENTS,
    NAMES,
    PLAYBOOK,
    Page,
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


def test_every_tag_is_closed_where_it_was_opened(page):
    assert page.wrong == []
    assert page.elements[0] == ("html", {"lang": "en"})


def test_ids_are_unique_and_every_link_leads_somewhere_on_the_page(page):
    ids = page.attributes("id")
    assert len(ids) == len(set(ids))
    assert set(page.attributes("href")) <= {f"#{name}" for name in ids}


def test_every_account_has_a_row_and_a_panel_in_the_order_of_attention(page, scores):
    rows = [attrs for tag, attrs in page.elements if tag == "tr" and "data-row" in attrs]
    panels = [attrs["id"] for tag, attrs in page.elements if attrs.get("class") == "panel"]
    assert [row["data-cell"] for row in rows] == scores["cell"].fillna("-").tolist()
    assert panels == [f"a{number}" for number in range(len(scores))]
    found = re.findall(r"acc_\d{4}", page.text)
    assert found == scores["account_id"].tolist()


def test_the_order_is_restored_when_storage_lost_it(html, scores):
    shuffled = scores.sample(frac=1, random_state=3)
    again = render_report(
        shuffled,
        drivers_of(scores),
        plays_of(scores),
        playbook=PLAYBOOK,
        notes=["Churn is a contract decision."],
        scope=0.92,
    )
    assert again == html


def test_names_are_text_whatever_they_hold(page):
    tags = [tag for tag, _ in page.elements]
    assert tags.count("script") == 1
    assert tags.count("style") == 1
    assert "img" not in tags
    for name in NAMES:
        if name.isprintable() and len(name) < 60:
            assert name in page.text


def test_hidden_signs_and_endless_names_are_cut(html):
    assert "\u202e" not in html
    assert "evil Holdings" in html
    assert "Łódź Textiles" in html
    assert "W" * 59 + "…" in html
    assert "W" * 60 not in html


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


def test_the_head_says_what_every_number_rests_on(page, scores):
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
    text = Page(page_of(scores, currency="EUR")).text
    assert "ARR (EUR)" in text
    assert "USD" not in text


def test_a_row_says_who_when_where_and_what_to_do(html, scores):
    place = int(np.flatnonzero(scores["cap_reason"] == CAP)[0])
    row = html.split(f'id="r{place}"')[1].split("</tr>")[0]
    text = Page(f"<table><tr><td{row}</tr></table>").text
    account = scores.loc[place]
    assert account["account_id"] in text
    assert f"{account['arr']:,.0f}" in text
    assert f"{(account['notice_deadline'] - AS_OF).days} days" in text
    assert "low about 1 in " in text
    assert CAP in text
    assert "Find the successor of the sponsor who left" in text
    assert "CSM and account executive, by 2 Jul 2025" in text
    assert row.count("<li>") == 3


def test_a_row_says_why_this_play_unless_the_reasons_beside_it_do(html, scores):
    capped = int(np.flatnonzero(scores["cap_reason"] == CAP)[0])
    other = int(np.flatnonzero((scores["cap_reason"] != CAP) & (scores["cell"] != ""))[0])
    told = [html.split(f'id="r{place}"')[1].split("</tr>")[0] for place in (capped, other)]
    assert [row.count(CAP.removesuffix(".")) for row in told] == [1, 1]
    assert ["because:" in row for row in told] == [False, True]


def test_a_panel_tells_the_whole_story(html, scores):
    place = int(np.flatnonzero(scores["cap_reason"] == CAP)[0])
    panel = html.split(f'id="a{place}"')[1].split("</details>")[0]
    text = Page(f"<details{panel}</details>").text
    account = scores.loc[place]
    for said in (
        "Health is low; the odds of leaving are about",
        "A cap limits its health",
        "The model's estimate of leaving rises because",
        "active users 41 → 24 (segment 38)",
        "The model's estimate of leaving falls because",
        "Context, nothing to act on",
        "days as a customer 412 (segment 530), raises it",
        "The model's estimate of growth rises because",
        "Urgent · CSM and account executive · first touch by 2 Jul 2025",
        "look at who signs, who administers, who uses the product most",
        "It worked when: A named new sponsor",
        "Do not: keep it green because usage is stable; send the renewal quote first.",
        f"{account['chs']:.0f} of 100; {account['chs_low']:.0f} to {account['chs_high']:.0f}",
        f"Notice deadline {account['notice_deadline'].day} ",
    ):
        assert said in text
    assert "will leave" not in text


def test_component_scores_are_bars_with_numbers(html, scores):
    panel = html.split('id="a0"')[1].split("</details>")[0]
    for name in COMPONENTS:
        score = scores.loc[0, f"chs_{name}"]
        bar = f'<i><i class="fill w{round(score)}"></i></i><b>{score:.0f}</b>'
        assert f"<li>{name.capitalize()}{bar}</li>" in panel


def test_maturity_has_its_interval_and_weakest_category(html, scores):
    place = int(np.flatnonzero(scores["cmi_status"] == "certain")[0])
    account = scores.loc[place]
    panel = html.split(f'id="a{place}"')[1].split("</details>")[0]
    told = f"{account['cmi']:.1f} of 5; {account['cmi_low']:.1f} to {account['cmi_high']:.1f}"
    assert f"{told}, certain; weakest: Process" in panel


def test_review_flags_are_put_before_a_person(scores):
    flagged = scores.assign(review_flags="let_churn_guarded,health_score_insufficient")
    text = Page(page_of(flagged)).text
    assert "For a person to look at: Let churn guarded; Health score insufficient." in text


def test_an_account_that_gave_notice_is_outside_the_grid(html, page, scores):
    gone = scores[scores["status"] == "notice_given"]
    money = gone["arr"].sum() / 1000
    assert f"Outside the grid: notice given {len(gone)} (USD {money:,.0f} K)." in page.text
    row = html.split(f'id="r{gone.index[0]}"')[1].split("</tr>")[0]
    assert 'data-cell="-"' in row
    assert "Notice given" in row


def test_without_a_model_health_is_the_scorecards_and_the_page_says_so(scores):
    plain = scores.assign(
        p_churn=np.nan, p_expand=np.nan, base_rate=np.nan, health_index=np.nan, arr_at_risk=np.nan
    )
    for column in ("health_source", "explained_by"):
        plain[column] = plain[column].replace("model", "scorecard")
    plain["model_version"] = ""
    html = render_report(
        plain, drivers_of(plain, "chs"), plays_of(plain), playbook=PLAYBOOK, scope=0.41
    )
    text = Page(html).text
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
    assert "49 of 100; 90 % known" in Page(page_of(capped)).text


def test_without_money_or_contracts_their_columns_are_left_out(scores):
    free = scores.assign(
        arr=np.nan, arr_at_risk=np.nan, notice_deadline=pd.NaT, term_end=pd.NaT, csm_id=None
    )
    page = Page(page_of(free))
    assert page.wrong == []
    assert "ARR" not in page.text
    assert "Notice deadline" not in page.text
    assert "csm" not in page.attributes("id")


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
        *tables, playbook=PLAYBOOK, notes=["Churn is a contract decision."], scope=0.92
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
    text = Page(page_of_tables(scores, nothing, nothing)).text
    assert "No play is proposed." in text
    assert "The model's estimate of leaving rises because" not in text


def test_one_account_is_enough(scores):
    page = Page(page_of(scores.head(1)))
    assert page.wrong == []
    assert page.text.count(scores.loc[0, "account_id"]) == 1
    assert "1 account ·" in page.text


def test_a_play_that_left_the_playbook_is_still_named(scores):
    plays = plays_of(scores).assign(play="fly_to_the_moon")
    html = render_report(scores, drivers_of(scores), plays, playbook=PLAYBOOK)
    assert "Fly to the moon (not in the playbook any more)" in html


def test_a_large_portfolio_keeps_panels_and_rows_for_the_first_and_says_so(monkeypatch, scores):
    monkeypatch.setattr("churngrid.serving.report.render._MOST_PANELS", 5)
    monkeypatch.setattr("churngrid.serving.report.render._MOST_ROWS", 10)
    monkeypatch.setattr("churngrid.serving.report.render._MOST_MARKS", 7)
    page = Page(page_of(scores))
    classes = page.attributes("class")
    assert classes.count("panel") == 5
    assert len(page.attributes("data-row")) == 10
    assert classes.count("mark") == 7
    assert "Panels are shown for the 5 accounts that need someone most, of 40." in page.text
    assert "The first 10 of 40 accounts are listed" in page.text
    assert "Marks are drawn for the 7 accounts that need someone most" in page.text
    assert set(page.attributes("href")) <= {f"#{name}" for name in page.attributes("id")}


def test_a_thousand_accounts_stay_below_six_megabytes():
    scores = scores_of(1_000)
    html = page_of(scores)
    assert html.count('class="panel"') == 1_000
    assert len(html.encode()) < 6_000_000


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
