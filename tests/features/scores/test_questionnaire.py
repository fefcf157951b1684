"""What people write into the questionnaire counts; what cannot be used is named cell by cell."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from churngrid.features.engine.compute import compute_features
from churngrid.features.errors import SchemaError
from churngrid.features.metrics.catalogue import METRICS
from churngrid.features.schema.settings import Settings, load_settings
from churngrid.features.scores.answer_checks import answer_findings
from churngrid.features.scores.blank_questionnaire import questionnaire_guide, questionnaire_sheet
from churngrid.features.scores.maturity_index import score_maturity
from churngrid.features.scores.questionnaire import read_questionnaire, with_questionnaire
from churngrid.features.scores.rubric_file import read_rubric
from tests.build import day, tables_of
from tests.features.maturity_answers import (
    AS_OF,
    EVEN,
    ITEMS,
    PAIRS,
    all_answered,
    scored,
    statements,
)

RUBRIC = read_rubric(None)
IDS = [name for part in ITEMS.values() for name in part]
HEAD = "account_id,assessor,date,evidence,VC3 Budget and horizon,VC2 Goals and KPIs,OP1,comment"


def sheet(tmp_path, *rows, head=HEAD):
    path = tmp_path / "questionnaire.csv"
    path.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    return path


def read(tmp_path, *rows, head=HEAD, accounts=("a", "b")):
    return read_questionnaire(sheet(tmp_path, *rows, head=head), RUBRIC, accounts)


def company(**tables):
    accounts = pd.DataFrame({"account_id": ["a", "b"], "known_at": day("2023-01-01")})
    return tables_of({"accounts": accounts.assign(customer_since=day("2023-01-01")), **tables})


def with_answers(tmp_path, *rows, tables=None, **settings):
    chosen = Settings(questionnaire=sheet(tmp_path, *rows), **settings)
    return with_questionnaire(company() if tables is None else tables, chosen, RUBRIC)


def test_a_row_gives_an_answer_a_filled_cell(tmp_path):
    found = read(tmp_path, "a,Kim,2025-05-02,C,4,,2,asked by phone", "b,Bo,2025-05-03,,,5.0,")
    told = [
        (one.line, one.account_id, one.item, one.level, one.evidence, one.assessor)
        for one in found.answers
    ]
    assert told == [
        (2, "a", "VC3", 4, "c", "Kim"),
        (2, "a", "OP1", 2, "c", "Kim"),
        (3, "b", "VC2", 5, "q", "Bo"),
    ]
    assert found.answers[0].when == day("2025-05-02")
    assert found.aside == ()


@pytest.mark.parametrize(
    ("row", "column", "rule", "value"),
    [
        ("z,Kim,2025-05-02,C,4,,,", "account_id", "account unknown", "z"),
        (",Kim,2025-05-02,C,4,,,", "account_id", "missing", ""),
        ("a,,2025-05-02,C,4,,,", "assessor", "missing", ""),
        ("a,Kim,,C,4,,,", "date", "missing", ""),
        ("a,Kim,02.05.2025,C,4,,,", "date", "must be a date from 1970 on, such", "02.05.2025"),
        ("a,Kim,1969-12-31,C,4,,,", "date", "must be a date from 1970 on, such", "1969-12-31"),
        ("a,Kim,2025-05-02,X,4,,,", "evidence", "must be one of D, C, Q, T", "X"),
        ("a,Kim,2025-05-02,C,0,,,", "VC3", "must be a whole number from 1 to 5", "0"),
        ("a,Kim,2025-05-02,C,6,,,", "VC3", "must be a whole number from 1 to 5", "6"),
        ("a,Kim,2025-05-02,C,2.5,,,", "VC3", "must be a whole number from 1 to 5", "2.5"),
        ("a,Kim,2025-05-02,C,high,,,", "VC3", "must be a whole number from 1 to 5", "high"),
        ("a,Kim,2025-05-02,T,4,,,", "VC3", "takes evidence D, C, Q only", "T"),
    ],
)
def test_a_cell_that_cannot_be_used_is_named_with_line_column_and_rule(
    tmp_path, row, column, rule, value
):
    found = read(tmp_path, row, "b,Kim,2025-05-02,C,4,,,")
    (aside,) = found.aside
    assert (aside.line, aside.column, aside.value) == (2, column, value)
    assert aside.rule.startswith(rule)
    assert [one.account_id for one in found.answers] == ["b"]


def test_good_cells_beside_a_bad_one_are_used(tmp_path):
    found = read(tmp_path, "a,Kim,2025-05-02,C,4,9,2,")
    assert [one.item for one in found.answers] == ["VC3", "OP1"]
    assert [one.column for one in found.aside] == ["VC2"]


def test_the_levels_between_are_admitted(tmp_path):
    found = read(tmp_path, "a,Kim,2025-05-02,C,2,4,,")
    assert [one.level for one in found.answers] == [2, 4]


def test_a_column_the_rubric_does_not_have_is_put_aside_cell_by_cell(tmp_path):
    head = "account_id,assessor,date,VC9 Mandat,vc2"
    found = read(tmp_path, "a,Kim,2025-05-02,4,3", "a,Kim,2025-05-03,,3", head=head)
    (aside,) = found.aside
    assert aside.column == "VC9"
    assert aside.rule.startswith("unknown characteristic; did you mean 'VC")
    assert [one.item for one in found.answers] == ["VC2", "VC2"]


def test_the_same_statement_twice_counts_once(tmp_path):
    row = "a,Kim,2025-05-02,C,4,,,"
    found = read(tmp_path, row, row.replace("Kim", "KIM"), row.replace("C,4", "D,4"))
    assert [(one.line, one.evidence) for one in found.answers] == [(2, "c"), (4, "d")]
    assert [(one.line, one.column) for one in found.aside] == [(3, "VC3")]
    assert found.aside[0].rule.startswith("stated twice by the same assessor on a date")


@pytest.mark.parametrize("backwards", [False, True])
def test_of_contradicting_statements_none_is_used_whatever_their_order(tmp_path, backwards):
    rows = ["a,Kim,2025-05-02,C,4,3,,", "a,Kim,2025-05-02,C,2,3,,"]
    found = read(tmp_path, *rows[:: -1 if backwards else 1])
    assert [one.item for one in found.answers] == ["VC2"]
    assert sorted((one.line, one.column) for one in found.aside) == [
        (2, "VC3"),
        (3, "VC2"),
        (3, "VC3"),
    ]


def test_a_value_without_a_heading_is_reported_and_not_quoted(tmp_path):
    found = read(tmp_path, "a,Kim,2025-05-02,C,4,,,well, Ann said so")
    (aside,) = found.aside
    assert "put a text with commas in quotes" in aside.rule
    assert aside.value == ""
    assert len(found.answers) == 1


@pytest.mark.parametrize(
    ("head", "message"),
    [
        ("account_id,VC3", r"questionnaire.csv:1: columns \['assessor', 'date'\] are required"),
        (f"{HEAD},VC3", "questionnaire.csv:1: column 'vc3' stands twice; keep one"),
        ("", "columns .'account_id', 'assessor', 'date'. are required"),
    ],
)
def test_a_header_that_cannot_be_used_is_refused(tmp_path, head, message):
    with pytest.raises(SchemaError, match=message):
        read(tmp_path, head=head)


def full(account="a", date="2025-05-02", level=3, kind="Q"):
    head = ",".join(["account_id,assessor,date,evidence", *IDS])
    return head, f"{account},Kim,{date},{kind}," + ",".join([str(level)] * 16)


def scored_with(tmp_path, date, *, as_of=AS_OF):
    head, row = full(date=date)
    chosen = Settings(questionnaire=sheet(tmp_path, row, head=head))
    tables = with_questionnaire(company(), chosen, RUBRIC)
    pairs = PAIRS.assign(as_of=as_of)
    return score_maturity(tables, pairs, RUBRIC).iloc[0]


def test_answers_of_the_sheet_score_like_those_of_the_tables(tmp_path):
    found = scored_with(tmp_path, "2025-05-22")
    pd.testing.assert_series_equal(found, scored(all_answered(**EVEN)), check_names=False)


@pytest.mark.parametrize(("date", "status"), [("2025-05-31", "certain"), ("2025-06-01", "insuff")])
def test_an_answer_counts_from_the_day_after_its_date(tmp_path, date, status):
    assert scored_with(tmp_path, date)["cmi_status"].startswith(status)


def test_answers_join_the_statements_that_were_delivered(tmp_path):
    delivered = company(account_events=statements([("VC3", 2, "c", 30)]))
    found = with_answers(tmp_path, "b,Kim,2025-05-02,C,4,,,", tables=delivered)
    events = found["account_events"].to_pandas()
    assert events["account_id"].tolist() == ["a", "b"]
    assert events["value_num"].tolist() == [2, 4]
    assert found.collected["account_events"] == delivered.collected["account_events"]
    assert found["account_events"].schema == delivered["account_events"].schema


def test_answers_alone_do_not_say_that_everything_else_was_collected(tmp_path):
    found = with_answers(tmp_path, "a,Kim,2025-05-02,C,4,,,")
    states = compute_features(found, PAIRS, metrics=METRICS).absence
    without = compute_features(company(), PAIRS, metrics=METRICS).absence
    pd.testing.assert_frame_equal(states, without)
    assert found.has("account_events")
    assert not found.has("account_events", "kind")


def test_who_stated_it_is_hashed_unless_the_settings_say_otherwise(tmp_path):
    row = "a,Kim,2025-05-02,C,4,,,"
    hidden = with_answers(tmp_path, row)["account_events"]["author"].to_pylist()
    open_ = with_answers(tmp_path, row, hash_personal=False)["account_events"]["author"]
    assert open_.to_pylist() == ["Kim"]
    assert len(hidden[0]) == 16
    assert "Kim" not in str(hidden)


def test_what_is_put_aside_is_counted_and_kept(tmp_path):
    rows = ["a,Kim,2025-05-02,C,4,9,2,", "z,Kim,2025-05-02,C,4,3,,", "b,Kim,2025-05-02,C,4,8,,"]
    found = with_answers(tmp_path, *rows)
    name = "questionnaire.csv"
    assert found.rows_in[name] == 7
    aside = found.quarantine.filter(found.quarantine["table"].to_numpy() == name).to_pandas()
    assert aside["row"].tolist() == [0, 1, 1, 2]
    assert aside["reason"][0] == "column `VC2`: must be a whole number from 1 to 5"
    assert json.loads(aside["values"][0]) == {"VC2": "9"}
    assert found["account_events"].num_rows + len(aside) == 7
    told = {(one.column, one.rule): (one.count, one.examples) for one in found.findings}
    assert told["VC2", "must be a whole number from 1 to 5"] == (
        2,
        ("line 2: a, got '9'", "line 4: b, got '8'"),
    )
    # Two cells of one row: its line stands there once.
    assert told["account_id", "account unknown"] == (2, ("line 3: z, got 'z'",))
    assert all(one.table == name and one.quarantined for one in found.findings)


def test_an_empty_sheet_changes_nothing(tmp_path):
    tables = company()
    found = with_questionnaire(
        tables, Settings(questionnaire=sheet(tmp_path, head=questionnaire_sheet(RUBRIC))), RUBRIC
    )
    assert "account_events" not in found
    assert (found.findings, found.rows_in) == (tables.findings, tables.rows_in)


def test_the_settings_name_the_sheet_beside_them(tmp_path):
    (tmp_path / "churngrid.yaml").write_text("questionnaire: asked.csv\n")
    settings = load_settings(tmp_path / "churngrid.yaml")
    assert settings.questionnaire == tmp_path / "asked.csv"
    with pytest.raises(SchemaError, match="cannot be read: No such file"):
        with_questionnaire(company(), settings, RUBRIC)


def test_the_empty_sheet_can_be_filled_in_and_read(tmp_path):
    text = questionnaire_sheet(RUBRIC, [("a", "Alder, Inc."), ("b", "Birch")])
    path = tmp_path / "questionnaire.csv"
    path.write_text(text)
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    assert frame["account_name"].tolist() == ["Alder, Inc.", "Birch"]
    assert read_questionnaire(path, RUBRIC, ["a", "b"]).answers == ()
    items = [name for name in frame.columns if name.split()[0] in IDS]
    assert len(items) == 16
    frame[items] = "3"
    frame[["assessor", "date"]] = ["Kim", "2025-05-02"]
    frame.to_csv(path, index=False)
    found = read_questionnaire(path, RUBRIC, ["a", "b"])
    assert (len(found.answers), found.aside) == (32, ())


def test_the_guide_has_the_levels_of_every_characteristic():
    text = questionnaire_guide(RUBRIC)
    for item in RUBRIC.characteristics():
        assert f"### {item.id} {item.label}\n\nEvidence: " in text
        for level, words in item.levels.items():
            assert f"- **{level}**: {words}" in text
    assert "D (document or verified fact)" in text


def test_answers_of_the_tables_that_are_left_out_are_reported():
    rows = [
        *(("VC3", np.nan, "q", 9), ("VC3", 9, "q", 8), ("XX", 3, "q", 8), ("VC3", 3, "t", 9)),
        ("vc3", 3, "Q", 5),
    ]
    tables = tables_of({"account_events": statements(rows)})
    told = [(one.column, one.count, one.examples) for one in answer_findings(tables, RUBRIC)]
    assert told == [
        ("value_num", 1, ("e0",)),
        ("value_num", 1, ("e1",)),
        ("characteristic_id", 1, ("e2",)),
        ("evidence_type", 1, ("e3",)),
    ]
    assert not any(one.quarantined for one in answer_findings(tables, RUBRIC))
    found = with_questionnaire(replace(tables, findings=()), Settings(), RUBRIC)
    assert len(found.findings) == 4
    assert list(answer_findings(company(), RUBRIC)) == []
