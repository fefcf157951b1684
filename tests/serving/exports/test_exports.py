"""Lists, workbook, CRM files and digests: complete, in words, and harmless in a spreadsheet."""

import io
import re

import openpyxl
import pandas as pd
import pytest

from churngrid.serving.exports import files as export_module
from churngrid.serving.exports.crm import FIELDS
from churngrid.serving.exports.files import export_files
from churngrid.serving.exports.workbook import workbook_of
from tests.serving.invented import AS_OF, PLAYBOOK, drivers_of, plays_of, scores_of

LISTS = {"at_risk": "At risk", "room_to_grow": "Room to grow", "need_support": "Need support"}


@pytest.fixture(scope="module")
def scores():
    return scores_of(60)


@pytest.fixture(scope="module")
def files(scores):
    return exported(scores)


def exported(scores):
    return export_files(
        scores, drivers_of(scores), plays_of(scores), playbook=PLAYBOOK, currency="EUR"
    )


def table(files, name):
    return pd.read_csv(io.BytesIO(files[name]), encoding="utf-8-sig", keep_default_na=False)


def test_an_account_without_a_play_for_now_says_what_waits(scores):
    plays = plays_of(scores).assign(state="proposed")
    account = plays["account_id"].iloc[0]
    mine = plays["account_id"] == account
    plays.loc[mine, "state"] = "waiting"
    files = export_files(scores, drivers_of(scores), plays, playbook=PLAYBOOK, currency="EUR")
    told = table(files, "crm/hubspot_companies.csv").set_index("churngrid_account_id")
    action = PLAYBOOK.named(plays.loc[mine, "play"].iloc[0]).action
    assert told.loc[account, "churngrid_next_step"] == (
        f"Waits until its owner has a hand free: {action}"
    )
    assert told.loc[account, "churngrid_due"] == ""
    csm = scores.set_index("account_id").loc[account, "csm_id"]
    digest = files[f"digests/{csm}.txt"]
    assert f"Waits until its owner has a hand free ({mine.sum()})" in digest
    start = digest.index("Waits until its owner")
    assert action in digest[start : digest.index("Who needs you most")]


def test_each_list_holds_whom_its_name_says(files, scores):
    ids = {name: set(table(files, f"lists/{name}.csv")["account_id"]) for name in LISTS}
    low = scores["health_band"].eq("low") | scores["block"].isin(["at_risk", "notice_given"])
    grows = scores["cell"].isin(["expand_and_leverage", "grow_selectively"])
    needs = scores["support_needs"] > 0
    assert ids["at_risk"] == set(scores.loc[low, "account_id"])
    assert ids["room_to_grow"] == set(scores.loc[grows & ~needs, "account_id"])
    assert ids["need_support"] == set(scores.loc[needs, "account_id"])
    assert all(ids.values())


def test_every_row_has_name_csm_money_reasons_and_the_words_of_the_action(files, scores):
    rows = table(files, "lists/at_risk.csv").set_index("account_id")
    plays = plays_of(scores).drop_duplicates("account_id").set_index("account_id")
    known = scores.fillna({"csm_id": ""}).set_index("account_id")
    for account, row in rows.iterrows():
        assert row["arr"] == known.loc[account, "arr"]
        assert row["csm"] == known.loc[account, "csm_id"]
        if account in plays.index:
            play = PLAYBOOK.named(plays.loc[account, "play"])
            assert row["action"] == play.action
            assert row["due"] == f"{plays.loc[account, 'due_at']:%Y-%m-%d}"
    told = rows["reasons"][rows["reasons"].str.len() > 0]
    assert told.str.contains("; ").any()


def test_the_workbook_has_a_sheet_a_list_and_runs_nothing(files, scores):
    book = openpyxl.load_workbook(io.BytesIO(files["lists/accounts.xlsx"]))
    assert book.sheetnames == [*LISTS.values(), "All accounts"]
    everyone = book["All accounts"]
    assert everyone.max_row == len(scores) + 1
    cells = [cell for row in everyone.iter_rows() for cell in row]
    assert all(cell.data_type != "f" for cell in cells)
    assert "'=SUM(A1:A9) Logistics" in {cell.value for cell in cells}


def test_no_cell_of_any_file_begins_a_formula(files):
    for name in files:
        if name.endswith(".csv"):
            for column in table(files, name).select_dtypes(exclude="number"):
                texts = table(files, name)[column].astype(str)
                assert not texts.str.match(r"[=+\-@\t\r]").any(), (name, column)


def test_signs_that_a_workbook_cannot_hold_become_spaces():
    content = workbook_of({"Sheet": pd.DataFrame({"account": ["a\x07b", "x" * 40_000]})})
    sheet = openpyxl.load_workbook(io.BytesIO(content))["Sheet"]
    assert sheet["A2"].value == "a b"
    assert len(sheet["A3"].value) == 32_000


def test_the_same_results_give_the_same_bytes(files, scores):
    assert exported(scores.sample(frac=1, random_state=1)) == files


def test_a_crm_gets_every_account_under_the_names_of_the_map(files, scores):
    names = table(files, "crm/field_map.csv")
    hubspot, salesforce = (
        table(files, f"crm/{name}.csv") for name in ("hubspot_companies", "salesforce_accounts")
    )
    assert hubspot.columns.tolist() == names["hubspot_property"].tolist()
    assert salesforce.columns.tolist() == names["salesforce_field"].tolist()
    assert len(names) == len(FIELDS)
    assert set(hubspot["churngrid_account_id"]) == set(scores["account_id"])
    assert set(salesforce["Churngrid_Scored_On__c"]) == {f"{AS_OF:%Y-%m-%d}"}


def test_each_csm_gets_a_digest_of_their_own_accounts_alone(files, scores):
    csms = sorted(scores["csm_id"].dropna().unique())
    assert [name for name in files if name.endswith(".md")] == [f"digests/{c}.md" for c in csms]
    mine = files["digests/csm_1.txt"]
    assert f"{(scores['csm_id'] == 'csm_1').sum()} accounts; health " in mine
    others = scores.loc[scores["csm_id"] == "csm_2", "account_name"].dropna()
    own = scores.loc[scores["csm_id"] == "csm_1", "account_name"].dropna()
    assert not any(f"* {name}:" in mine for name in others if len(name) < 100)
    assert any(f"* {name}:" in mine for name in own)
    assert "(and " not in mine
    needing = mine.split("Who needs you most")[1]
    assert re.search(r"chance to leave about 1 in \d+ \([\d.]+ %\)( by \d+ \w{3} \d{4})?", needing)
    assert "more of" in mine


def test_names_are_no_markdown(scores):
    nasty = scores.assign(account_name="# [x](http://e.vil) *bold* <b>")
    told = exported(nasty)["digests/csm_1.md"]
    assert "\\# \\[x\\](http://e.vil) \\*bold\\* \\<b\\>" in told
    assert "<b>" not in told.replace("\\<b\\>", "")


def test_without_accounts_nothing_is_written(scores):
    assert exported(scores.iloc[:0]) == {}


def test_without_the_extra_there_is_no_workbook(monkeypatch, scores, files):
    monkeypatch.setattr(export_module, "can_write_workbooks", lambda: False)
    assert set(files) - set(exported(scores)) == {"lists/accounts.xlsx"}
