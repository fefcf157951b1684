"""The questionnaire is read by every verb, and `check` says what cannot be used."""

import json

import pandas as pd
import pytest

import churngrid
from churngrid.demo import build_company
from churngrid.features.errors import SchemaError
from churngrid.features.scores.blank_questionnaire import questionnaire_sheet
from churngrid.features.scores.questionnaire import read_questionnaire
from churngrid.features.scores.rubric_file import read_rubric
from churngrid.serving.cli.summaries.data import check_summary
from churngrid.serving.cli.summaries.scoring import score_summary
from churngrid.serving.company.load_company import accounts_to_ask

DATE = "2025-10-01"


@pytest.fixture(scope="module")
def company():
    return build_company(12, months=14, seed=3).tables


@pytest.fixture
def folder(company, tmp_path):
    churngrid.init(tmp_path / "mine")
    return tmp_path / "mine"


def fill(folder, company, *rows):
    """Rows of (account, date, level), one level for every characteristic."""
    sheet = folder / "questionnaire.csv"
    lines = [
        f"{account},,Kim,{date},C,{','.join([str(level)] * 16)}," for account, date, level in rows
    ]
    sheet.write_text("\n".join([sheet.read_text().strip(), *lines]) + "\n")
    return folder / "churngrid.yaml"


def first_account(company, settings=None):
    return (
        churngrid.score(company, settings, as_of=DATE, model="none")
        .scored.scores["account_id"]
        .iloc[0]
    )


def test_answers_of_the_sheet_reach_the_scores(company, folder):
    account = first_account(company)
    settings = fill(folder, company, (account, "2025-09-20", 5), (account, "2025-10-01", 1))
    result = churngrid.score(company, settings, as_of=DATE, model="none")
    before = churngrid.score(company, as_of=DATE, model="none").scored.scores
    after = result.scored.scores
    one = after[after["account_id"] == account].iloc[0]
    assert one["cmi"] > 3.5
    assert one["cmi_age_days"] == 11
    others = [frame[frame["account_id"] != account] for frame in (before, after)]
    left, right = (frame.set_index("account_id")["cmi"].sort_index() for frame in others)
    pd.testing.assert_series_equal(left, right)
    told = score_summary(result)
    assert told["maturity"]["raters"]
    assert json.loads(json.dumps(told["maturity"])) == told["maturity"]


def test_check_names_what_cannot_be_used_and_counts_the_rest(company, folder):
    account = first_account(company)
    settings = fill(folder, company, (account, "2025-09-20", 5), ("nobody", "2025-09-20", 1))
    told = check_summary(churngrid.check(company, settings, out=folder))
    sheet = {"table": "questionnaire.csv", "rows_in": 32, "rows_used": 16, "rows_quarantined": 16}
    assert sheet in told["tables"]
    (fault,) = [one for one in told["findings"] if one["table"] == "questionnaire.csv"]
    assert (fault["column"], fault["rule"], fault["rows"]) == ("account_id", "account unknown", 16)
    assert fault["examples"] == ["line 3: nobody, got 'nobody'"]


def test_a_sheet_that_is_not_there_is_named(company, folder):
    (folder / "questionnaire.csv").unlink()
    with pytest.raises(SchemaError, match=r"questionnaire\.csv' cannot be read"):
        churngrid.check(company, folder / "churngrid.yaml")


def test_files_that_people_edit_are_judged_before_any_table_is_read(folder):
    (folder / "playbook.yaml").write_text("plays: []\n")
    with pytest.raises(
        SchemaError, match=r"^playbook\.yaml:1: plays: must have at least 1 entries"
    ):
        churngrid.check(folder / "no_such_data", folder / "churngrid.yaml")


def test_a_merger_after_the_answers_raises_the_flag(company, folder):
    account = first_account(company)
    settings = fill(folder, company, (account, "2025-09-20", 4))
    when = pd.Timestamp("2025-09-25", tz="UTC")
    events = company["account_events"]
    merger = pd.DataFrame(
        {"event_id": ["m"], "account_id": [account], "kind": ["m_and_a"], "occurred_at": [when]}
    ).assign(known_at=when)
    told = {**company, "account_events": pd.concat([events, merger], ignore_index=True)}
    scores = churngrid.score(told, settings, as_of=DATE, model="none").scored.scores
    one = scores.set_index("account_id").loc[account]
    assert "maturity_due" in one["review_flags"].split(",")
    assert one["maturity_due"] == "merger or acquisition since the newest answer"


def test_the_questionnaire_asks_about_the_accounts_of_the_data(company, tmp_path):
    churngrid.init(tmp_path / "mine", data=company)
    sheet = pd.read_csv(tmp_path / "mine" / "questionnaire.csv", dtype=str, keep_default_na=False)
    accounts = company["accounts"].drop_duplicates("account_id", keep="last")
    expected = accounts.sort_values("account_id")
    assert sheet["account_id"].tolist() == expected["account_id"].tolist()
    assert sheet["account_name"].tolist() == expected["name"].tolist()
    told = check_summary(churngrid.check(company, tmp_path / "mine" / "churngrid.yaml"))
    assert not [one for one in told["tables"] if one["table"] == "questionnaire.csv"]


def test_ids_and_names_that_look_like_formulas_are_defused_and_found_again(tmp_path):
    names = {"account_id": ["-7", "=x"], "customer": ["@Alder", "Birch"]}
    data = {"accounts": pd.DataFrame(names), "tickets": pd.DataFrame({"ticket_id": []})}
    told = data | {"tickets": pd.DataFrame(columns=["ticket_id", "account_id", "created_at"])}
    mapping = {"accounts": {"columns": {"name": "customer"}}}
    assert accounts_to_ask(told, mapping) == [("-7", "@Alder"), ("=x", "Birch")]
    assert accounts_to_ask(told, {}) == [("-7", ""), ("=x", "")]
    assert accounts_to_ask({"accounts": data["accounts"]}, {}) == []
    assert accounts_to_ask(None, {}) == []
    sheet = questionnaire_sheet(read_rubric(None), accounts_to_ask(told, mapping))
    rows = [line.split(",")[:2] for line in sheet.splitlines()[1:]]
    assert rows == [["'-7", "'@Alder"], ["'=x", "Birch"]]
    path = tmp_path / "questionnaire.csv"
    path.write_text(sheet.replace("'-7,'@Alder,,,", "'-7,'@Alder,Kim,2025-01-01,C,3"))
    (answer,) = read_questionnaire(path, read_rubric(None), ["-7", "=x"]).answers
    assert answer.account_id == "-7"
