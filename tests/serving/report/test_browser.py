"""The report in a real browser: its script runs under its own policy, and nothing else does."""

import json
from importlib.resources import files

import numpy as np
import pandas as pd
import pytest

from churngrid.serving.report.beside import Beside
from churngrid.serving.report.render import render_report
from churngrid.serving.results.schema import FACTS
from tests.serving.invented import (
    AS_OF,
    NAMES,
    PLAYBOOK,
    drivers_of,
    page_of,
    plays_of,
    scores_of,
)
from tests.serving.report.browser import browser, needs_browser

pytestmark = needs_browser

ROWS = "#list-body tr"
SHOWN = "#shown"
VIEWS = [
    *(f"#view={view}" for view in ("accounts", "tasks", "head", "money", "operations")),
    "#account=acc_0003",
]


@pytest.fixture(scope="module")
def scores():
    return scores_of(150)


@pytest.fixture(scope="module")
def path(scores, tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(page_of(scores, notes=["Churn is a contract decision."]), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    with browser(tmp_path_factory.mktemp("profile")) as one:
        yield one


def ids(page):
    """The accounts of the rows that are drawn, by where their names lead."""
    return page.run(
        "[...document.querySelectorAll('#list-body a')]"
        ".map((a) => new URLSearchParams(a.hash.slice(1)).get('account'))"
    )


def shown(page):
    return page.texts(SHOWN)[0]


def test_the_script_runs_under_the_policy_and_asks_for_nothing(opened, path):
    assert opened.open(path) == "150"
    assert opened.complaints() == []
    assert opened.requests() == []
    assert shown(opened) == "150 of all 150 accounts shown"
    assert opened.run("document.title") == "Accounts as of 30 Jun 2025 · churngrid"


def test_a_browser_refuses_a_script_that_was_tampered_with(opened, path, tmp_path):
    changed = tmp_path / "report.html"
    html = path.read_text(encoding="utf-8").replace('"use strict";', '"use strict"; //')
    changed.write_text(html.replace("<body>", '<body data-ready="refused">'), encoding="utf-8")
    assert opened.open(changed) == "refused"
    assert any("Content Security Policy" in line for line in opened.complaints())


def test_names_are_shown_as_they_are_and_run_nothing(opened, path, scores):
    opened.open(path, "#sort=name")
    opened.run("document.getElementById('list-more').click()")
    opened.run("document.getElementById('list-more').click()")
    names = opened.texts(f"{ROWS} .who a")
    assert len(names) == 150
    assert {name for name in NAMES if name.isprintable() and len(name) < 60} <= set(names)
    hostile = "</script><script>document.title='owned'</script>"
    account = scores.loc[scores["account_name"] == hostile, "account_id"].iloc[0]
    opened.go(f"#account={account}")
    assert opened.texts("#account h2 bdi") == [hostile]
    assert opened.run("document.title").endswith("· churngrid")
    assert opened.run("document.querySelectorAll('img, #account script').length") == 0


def test_only_what_is_near_is_drawn_and_more_comes_on_demand(opened, path, scores):
    opened.open(path)
    assert ids(opened) == scores["account_id"].head(60).tolist()
    opened.click("#list-more")
    assert ids(opened) == scores["account_id"].head(120).tolist()


@pytest.mark.parametrize(
    ("field", "column", "value"),
    [
        ("csm", "csm_id", "csm_2"),
        ("segment", "segment", "smb"),
        ("band", "health_band", "low"),
        ("cell", "cell", "save"),
        ("block", "block", "quiet"),
    ],
)
def test_a_filter_stands_in_the_address_and_a_link_brings_it_back(
    opened, path, scores, field, column, value
):
    wanted = scores.loc[scores[column] == value, "account_id"].tolist()
    opened.open(path)
    opened.type_into(field, value)
    opened.settled()
    assert opened.run("location.hash") == f"#{field}={value}"
    assert 0 < len(wanted) < 60
    assert ids(opened) == wanted
    opened.open(path, f"#{field}={value}")
    assert ids(opened) == wanted
    assert shown(opened) == f"{len(wanted)} of all 150 accounts shown"
    assert opened.run(f"document.querySelector('#filters [name={field}]').value") == value


def test_deadline_money_and_flags_can_be_chosen_together(opened, path, scores):
    days = (scores["notice_deadline"] - scores["as_of"]).dt.days
    flagged = scores["review_flags"].notna()
    inside = scores[days.between(0, 180) & (scores["arr"] >= 20_000) & flagged]
    flag = "It would be let go, but something speaks against that"
    opened.open(path)
    for field, value in (("due", "180"), ("arr", "20000"), ("flag", flag)):
        opened.type_into(field, value)
    opened.settled()
    assert len(inside) > 1
    assert ids(opened) == inside["account_id"].tolist()
    opened.click("#filters button[type=reset]")
    opened.settled()
    assert shown(opened) == "150 of all 150 accounts shown"


def test_what_waits_is_a_list_of_its_own_with_its_own_count(opened, scores, tmp_path):
    plays = plays_of(scores).reset_index(drop=True)
    plays = plays.assign(state=np.where(plays.index % 3 == 0, "waiting", "proposed"))
    waits = int(plays["state"].eq("waiting").sum())
    path = tmp_path / "report.html"
    path.write_text(render_report(scores, drivers_of(scores), plays, playbook=PLAYBOOK))
    opened.open(path, "#view=tasks")
    assert shown(opened) == f"{len(plays) - waits} of all {len(plays) - waits} tasks shown"
    opened.click("#filters [name=waits]")
    opened.settled()
    assert opened.run("location.hash") == "#view=tasks&waits=1"
    assert shown(opened) == f"{waits} of all {waits} waiting tasks shown"
    assert set(opened.texts("#tasks-body .when")) == {"when a hand is free"}


def test_no_table_of_any_view_scrolls_sideways_on_a_phone(opened, path):
    opened.open(path)
    opened.size(390, 844)
    for view in ("tasks", "head", "money", "operations"):
        opened.go(f"#view={view}")
        wide = opened.run(
            f"[...document.querySelectorAll('#view-{view} .scroll, html')]"
            ".filter((one) => one.scrollWidth > one.clientWidth + 1).length"
        )
        assert wide == 0


def test_search_finds_names_and_reasons_whatever_their_case(opened, path, scores):
    wanted = scores.loc[5, "account_id"]
    opened.open(path)
    opened.type_into("q", wanted.upper())
    opened.settled()
    assert ids(opened) == [wanted]
    opened.type_into("q", "SPONSOR or champion")
    opened.settled()
    assert shown(opened) == f"{scores['cap_reason'].notna().sum()} of all 150 accounts shown"


def test_sorting_stands_in_the_address_and_unknown_comes_last(opened, path, scores):
    opened.open(path)
    opened.click("button[data-sort=leave]")
    opened.settled()
    assert opened.run("location.hash") == "#sort=leave"
    known = scores.sort_values("p_churn", ascending=False, kind="stable", na_position="last")
    probability = scores.set_index("account_id")["p_churn"].round(4)
    drawn = probability[ids(opened)].tolist()
    assert drawn == sorted(drawn, reverse=True) == known["p_churn"].round(4).head(60).tolist()
    assert opened.run("document.querySelector('[aria-sort]').getAttribute('aria-sort')") == (
        "descending"
    )
    opened.open(path, "#sort=grow&cell=-")
    assert np.isnan(scores.set_index("account_id").loc[ids(opened), "p_expand"]).all()


def test_columns_are_ordered_from_the_keyboard_and_the_focus_stays(opened, path):
    opened.open(path)
    opened.run("document.querySelector('button[data-sort=arr]').focus()")
    told = []
    for _ in range(2):
        opened.press("Enter")
        opened.settled()
        told.append(
            opened.run(
                "[location.hash || '#', document.activeElement.dataset.sort,"
                " document.querySelectorAll('[aria-sort]').length,"
                " String(document.activeElement.closest('th').getAttribute('aria-sort'))].join(' ')"
            )
        )
    assert told == ["#sort=arr arr 1 descending", "# arr 0 null"]


def test_choosing_a_growing_cell_puts_the_likeliest_to_grow_first(opened, path, scores):
    opened.open(path)
    opened.run(
        "document.querySelector('a[href=\"#cell=expand_and_leverage\"]')"
        ".dispatchEvent(new MouseEvent('click', { bubbles: true }))"
    )
    opened.settled()
    inside = scores[scores["cell"] == "expand_and_leverage"]
    likely = inside.sort_values("p_expand", ascending=False)["account_id"].tolist()
    assert len(inside) > 1
    assert ids(opened) == likely != inside["account_id"].tolist()


def test_an_account_opens_by_link_and_leads_back_to_where_the_reader_was(opened, path, scores):
    account = scores.loc[scores["health_band"] == "low", "account_id"].iloc[1]
    opened.open(path, "#band=low")
    opened.go(f"#band=low&account={account}")
    name = scores.set_index("account_id").loc[account, "account_name"]
    assert opened.texts("#account h2 bdi") == [" ".join(name.split())]
    assert opened.run("document.activeElement.id") == "account-name"
    assert opened.texts(ROWS) == []
    assert "What to do" in opened.texts("#account h3")
    opened.run(
        "new Promise((done) => {"
        " addEventListener('hashchange', () => setTimeout(done), { once: true });"
        " history.back(); })"
    )
    opened.settled()
    assert opened.texts("#account") == []
    assert shown(opened).endswith("of all 150 accounts shown")
    focused = "new URLSearchParams(document.activeElement.hash.slice(1)).get('account')"
    assert opened.run(focused) == account
    opened.open(path, f"#account={account}")
    assert opened.run("document.title").startswith(" ".join(name.split()))


def test_tasks_stand_by_due_date_over_all_accounts_of_one_csm(opened, path, scores):
    opened.open(path, "#view=tasks&csm=csm_1")
    mine = scores.loc[scores["csm_id"] == "csm_1", "account_name"]
    assert set(opened.texts("#tasks-body th a")) <= {" ".join(name.split()) for name in mine}
    dues = opened.texts("#tasks-body .when")
    assert len(dues) > 5
    assert [int(text.split()[0]) for text in dues[:3]] == sorted(
        int(text.split()[0]) for text in dues[:3]
    )
    assert "tasks shown" in shown(opened)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("view", VIEWS)
def test_no_view_breaks_a_rule_of_accessibility(opened, path, view, scheme):
    opened.colours(scheme)
    opened.open(path, view)
    opened.run(files("axe_core_python").joinpath("axe.min.js").read_text("utf-8") + ";0")
    found = json.loads(opened.run("axe.run().then((told) => JSON.stringify(told.violations))"))
    told = [(one["id"], [node["target"] for node in one["nodes"]][:3]) for one in found]
    assert told == []


@pytest.mark.parametrize("view", VIEWS)
def test_nothing_scrolls_sideways_on_a_phone_and_no_text_is_tiny(opened, path, view):
    opened.size(390, 844)
    opened.open(path, view)
    assert opened.run("document.documentElement.scrollWidth") <= 390
    narrow = opened.run(
        "Math.min(...[...document.querySelectorAll('.list td, .list th')]"
        ".filter((one) => one.checkVisibility() && one.innerText.length > 12)"
        ".map((one) => one.getBoundingClientRect().width), 999)"
    )
    assert narrow > 120
    sizes = opened.run(
        "Math.min(...[...document.querySelectorAll('body *')]"
        ".filter((one) => one.checkVisibility() && !one.closest('svg'))"
        ".map((one) => parseFloat(getComputedStyle(one).fontSize)))"
    )
    assert sizes >= 12
    opened.size(1280, 900)


@pytest.mark.parametrize("accounts", [40, 100])
def test_a_book_prints_on_under_ten_sheets_and_an_account_on_one(opened, tmp_path, accounts):
    mine = scores_of(200).head(accounts).assign(csm_id="csm_1")
    page = tmp_path / "csm_1.html"
    page.write_text(page_of(mine, reader="csm_1", beside=beside_of(mine)), encoding="utf-8")
    for view in ("#view=accounts", "#view=tasks"):
        opened.open(page, view)
        content, sheets = opened.pdf()
        assert content.startswith(b"%PDF")
        assert 1 < sheets < 10
    for place in (0, 7, 20):
        opened.open(page, f"#account={mine['account_id'].iloc[place]}")
        assert opened.pdf()[1] == 1


def beside_of(scores):
    """As much beside scores as an account usually has."""
    facts = [
        *(("who", name, "text") for name in ("Industry", "Country", "Plan", "Size", "Since")),
        *(("tie", name, "VP Finance, last two-way contact 1 Jun 2025") for name in "ABCD"),
        *(("use", name, "12") for name in ("Bought", "Assigned", "Active", "Core")),
        ("trend", "Active users a week", "|".join(str(week % 9) for week in range(52))),
        *(("goals", f"Goal {name}", "7 of 40, from 0, due 1 Sep 2025") for name in "ABCDE"),
        *(("roadblocks", "Ticket", "urgent ticket, open since 1 Jun 2025") for _ in range(3)),
        *(("limits", "Asks for training", "new planners, 1 Jun 2025") for _ in range(3)),
        *(("grow", "Interest in more", "audit log, 1 Jun 2025") for _ in range(2)),
    ]
    rows = [
        (account, AS_OF, topic, rank, name, text, None)
        for account in scores["account_id"]
        for rank, (topic, name, text) in enumerate(facts, start=1)
    ]
    told = pd.DataFrame(rows, columns=[column.name for column in FACTS])
    past = [scores.assign(as_of=AS_OF - pd.Timedelta(days=7 * week)) for week in range(18)]
    changes = pd.DataFrame(
        {
            "account_id": scores["account_id"].repeat(4),
            **{"as_of": AS_OF, "measure": "p_churn", "text": "active users 9 -> 2: +4.1 points"},
            "metric": "active_users_28d",
        }
    ).assign(rank=[0, 1, 2, 3] * len(scores))
    return Beside(facts=told.assign(happened_at=pd.NaT), history=pd.concat(past), changes=changes)
