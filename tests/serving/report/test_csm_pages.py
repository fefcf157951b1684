"""A page for each CSM beside the whole: all of their accounts, and nobody else's."""

import re

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from churngrid.serving.report.csm_pages import report_pages
from churngrid.serving.report.page_names import page_names
from tests.serving.invented import PLAYBOOK, Page, Told, drivers_of, plays_of, scores_of


def pages_of(scores):
    return report_pages(scores, drivers_of(scores), plays_of(scores), playbook=PLAYBOOK)


def test_each_csm_has_a_page_with_all_of_their_accounts_and_no_others():
    scores = scores_of(60)
    pages = pages_of(scores)
    csms = [f"csm_{number}" for number in range(4)]
    assert list(pages) == [
        "report.html",
        *(f"report/{csm}.html" for csm in csms),
        "report/without-csm.html",
    ]
    for csm in csms:
        mine = scores.loc[scores["csm_id"] == csm, "account_id"]
        told = Told(pages[f"report/{csm}.html"])
        assert told.ids == mine.tolist()
        assert {told.ids[place] for place in told.book["tasks"]["account"]} <= set(mine)
        assert f"Accounts of {csm} as of 30 Jun 2025" in Page(pages[f"report/{csm}.html"]).text
    nobody = Told(pages["report/without-csm.html"]).ids
    assert nobody == scores.loc[scores["csm_id"].isna(), "account_id"].tolist()


def test_the_page_of_the_whole_leads_to_them():
    pages = pages_of(scores_of(60))
    links = [link for link in Page(pages["report.html"]).attributes("href") if "/" in link]
    assert set(links) == {name for name in pages if name != "report.html"}
    assert not [n for n in Page(pages["report/csm_1.html"]).attributes("href") if "/" in n]


def test_where_nobody_has_accounts_there_is_one_page():
    assert list(pages_of(scores_of(5).assign(csm_id=None))) == ["report.html"]
    assert list(report_pages(*[pd.DataFrame()] * 3, playbook=PLAYBOOK)) == ["report.html"]


@given(st.lists(st.text(max_size=80), unique=True, max_size=8))
def test_names_of_pages_are_safe_and_no_two_are_alike_on_any_disk(csms):
    names = page_names(csms)
    assert list(names) == csms
    assert len({name.lower() for name in names.values()}) == len(csms)
    for name in names.values():
        assert re.fullmatch(r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?", name)
        assert not re.fullmatch(r"con|prn|aux|nul|com\d|lpt\d", name)
        assert len(name) <= 75


@given(st.lists(st.text(max_size=20), unique=True, min_size=1, max_size=5))
def test_a_name_does_not_depend_on_who_else_is_there(csms):
    assert page_names(csms)[csms[0]] == page_names(csms[:1])[csms[0]]
