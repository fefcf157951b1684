"""What people and programs read of the results."""

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.serving.standins import (
    COMMANDS,
    FINDING,
    LONG_REASON,
    check_result,
    document,
    init_result,
    run,
    score_result,
    squeezed,
)

# Results


def test_score_ends_with_the_accounts_that_need_someone(verbs):
    done = run(*COMMANDS["score"])
    assert done.exit_code == 0
    text = done.stdout
    assert "4 accounts as of 2025-12-01" in text
    for shown in ("csm_1", "120,000", "about 1 in 4", "about 4 in 5", "health 49 of 100"):
        assert shown in text
    assert "by 2025-12-04" in text
    assert "Dorn" not in text
    assert "Contracts with money." in text
    assert "Report: results/report.html" in text
    assert done.stderr == ""


def test_table_of_accounts_is_readable_in_a_pipe(verbs):
    lines = run(*COMMANDS["score"]).stdout.splitlines()
    assert max(map(len, lines)) <= 100
    assert "\x1b" not in "".join(lines)


def cells(column):
    """The words of one column of the printed table, line by line, joined."""
    lines = run(*COMMANDS["score"]).stdout.splitlines()
    start = next(line.index(column) for line in lines if column in line)
    ends = [line.find("  ", start) for line in lines]
    return squeezed(
        " ".join(
            line[start : end if end > 0 else None]
            for line, end in zip(lines, ends, strict=True)
            if len(line) > start and line[start - 1] == " "
        )
    )


def test_reasons_wrap_and_are_never_cut(verbs):
    assert f"- The sponsor left - {LONG_REASON}" in cells("Why")


def test_at_most_two_reasons_and_only_those_to_act_on(verbs):
    text = run(*COMMANDS["score"]).stdout
    assert "third" not in text
    assert "tenure" not in text
    assert "solved" not in text
    assert "no single one stands out" in cells("Why")


def test_first_play_of_an_account_is_its_next_step(verbs):
    text = cells("Next step")
    assert "find successor by 2025-12-04" in text
    assert "rebuild adoption" in text
    assert "rescue" not in text


def test_names_in_brackets_are_printed_as_they_are(verbs):
    assert "[bold]Alder[/bold]" in cells("Account").replace(" ", "")
    verbs.answers["check"] = check_result(FINDING)
    assert "[red]x" in run("check", "data").stdout


def test_name_cannot_steer_the_terminal(verbs):
    name = "\x1b[2J\x1b]0;owned\x07A\u202eB"
    verbs.answers["score"] = score_result(account_name=name)
    text = run(*COMMANDS["score"]).stdout
    assert not {"\x1b", "\x07", "\u202e"} & set(text)


def test_account_without_name_is_called_by_its_id(verbs):
    verbs.answers["score"] = score_result(account_name=None, account_id=["x1", "x2", "x3", "x4"])
    assert "x1" in run(*COMMANDS["score"]).stdout


def test_very_long_name_does_not_fill_the_page(verbs):
    verbs.answers["score"] = score_result(account_name="n" * 10_000)
    assert run(*COMMANDS["score"]).stdout.count("n" * 5) < 100


def test_business_without_money_has_no_column_for_it(verbs):
    verbs.answers["score"] = score_result(arr=np.nan, csm_id=None)
    text = run(*COMMANDS["score"]).stdout
    header = text[: text.index("Next step")]
    assert "ARR" not in header
    assert "CSM" not in header


def test_nobody_may_need_someone(verbs):
    verbs.answers["score"] = score_result(attention=0.0)
    assert "4 accounts as of 2025-12-01; none needs someone now." in run(*COMMANDS["score"]).stdout


def test_at_most_ten_accounts_are_listed(verbs):
    many = score_result()
    many.scored.scores = pd.concat([many.scored.scores.head(1)] * 12, ignore_index=True)
    verbs.answers["score"] = many
    assert run(*COMMANDS["score"]).stdout.count("about 1 in 4") == 10


def test_score_says_which_files_the_place_did_not_take(verbs):
    verbs.answers["score"].report_path = None
    verbs.answers["score"].unwritten = ("report.html",)
    text = run(*COMMANDS["score"]).stdout
    assert "Not written: report.html." in text
    assert "Report:" not in text


def test_check_shows_findings_and_where_the_rows_went(verbs):
    verbs.answers["check"] = check_result(FINDING)
    done = run("check", "data")
    assert done.exit_code == 1
    text = squeezed(done.stdout)
    assert "accounts 10 9 1" in text
    assert "accounts account_id is empty 1 put aside [red]x" in text
    assert "quarantine.parquet" in text


def test_check_says_how_to_get_the_rows_that_were_put_aside(verbs):
    verbs.answers["check"] = check_result(FINDING)
    verbs.answers["check"].quarantine_path = None
    assert "1 rows were put aside; `--out DIR` writes them" in run("check", "data").stdout


def test_check_without_findings_ends_with_0(verbs):
    done = run("check", "data")
    assert done.exit_code == 0
    assert "No findings." in done.stdout


def test_train_tells_what_is_shipped_and_how_good_it_is(verbs):
    text = squeezed(run("train", "data").stdout)
    assert (
        "Churn: boosted model, version 3, is champion: better than the base rate "
        "Learned from 1,234 rows of 300 accounts; 100 of them churned; base rate 8.1 %."
    ) in text
    assert "base_rate 0.500 boosted 0.812 (0.750 to 0.860)" in text
    assert "100 of them expanded" in text
    assert "Warning: only 100 decisions" in text
    assert "turned red 84 days before the decision (60 to 108)" in text
    assert "Of the ARR that left 12 % was green shortly before: 123,456 of 7 accounts." in text


def test_backtest_tells_the_scorers_side_by_side(verbs):
    text = squeezed(run(*COMMANDS["backtest"]).stdout)
    assert "target fold model auc" in text
    assert "churn all boosted 0.812 (0.750 to 0.860)" in text
    assert "2025-01-01" not in text
    assert "7 predictions are in bt" in text


def test_explain_tells_the_story(verbs):
    assert run(*COMMANDS["explain"]).stdout == "Alder: health is low.\nDo: find a successor.\n"


def test_effects_are_told_with_their_intervals_and_in_words(verbs):
    text = squeezed(run(*COMMANDS["play_effects"]).stdout)
    assert "save 300 200 -10.0 (-15.0 to -5.0) fewer leave" in text
    assert "save: Fewer left. A note." in text


def test_effects_as_json_hold_every_column(verbs):
    told = document(run(*COMMANDS["play_effects"], "--json"))
    assert (told["draws"], told["days"], told["notes"]) == (520, 210, ["A note."])
    assert told["plays"][0]["effect_on_leaving"] == -0.1
    assert told["plays"][0]["effect_on_arr"] is None


def test_demo_tells_everything_in_one_page(verbs):
    text = run("demo").stdout
    assert "Churn: boosted model." in text
    assert "about 1 in 4" in text
    assert "Everything is in demo, made in 10 seconds." in text


def test_other_commands_say_what_they_wrote(verbs):
    assert run("report", "results").stdout == "Report: results/report.html\n"
    assert run("compile").stdout == (
        "40 of 41 kernels compiled in 15 seconds; they are kept in features and training.\n"
    )
    assert run(*COMMANDS["check_file"]).stdout == "No findings.\n"


def test_init_says_what_it_read_what_not_and_what_comes_next(verbs):
    text = run("init").stdout
    assert text.startswith("Contracts with money.\n")
    assert re.search(r"tickets +cases +3 +ticket_id", text)
    assert "Look here.\nNot read: weather: nothing says what its rows are." in text
    assert "6 of 94 metrics can be computed (5% of the scorecard)." in text
    assert "`tickets` would add 10%: 1 metric." in text
    assert text.endswith("  churngrid.yaml\n  playbook.yaml\nNext: churngrid score\n")


def test_init_that_could_read_nothing_says_why_and_ends_with_1(verbs):
    verbs.answers["init"] = init_result(check=None, problem="No table was recognised.")
    done = run("init")
    assert done.exit_code == 1
    assert "No table was recognised.\nWritten" in done.stdout


def test_playbook_with_findings_ends_with_1(verbs):
    verbs.answers["check_file"] = ["play 'rescue' names no owner"]
    done = run(*COMMANDS["check_file"])
    assert (done.exit_code, done.stdout) == (1, "play 'rescue' names no owner\n")


def test_long_paths_are_not_broken(verbs):
    verbs.answers["report"] = Path("r" * 300)
    assert run("report", "results").stdout == f"Report: {'r' * 300}\n"


# JSON


@pytest.mark.parametrize("command", COMMANDS)
def test_json_is_one_document(verbs, command):
    done = run(*COMMANDS[command], "--json")
    assert done.exit_code == 0
    assert document(done)
    assert done.stderr == ""


def test_json_of_score_has_what_people_see(verbs):
    told = document(run(*COMMANDS["score"], "--json"))
    assert told["accounts"] == 4
    assert told["by_status"] == {"scored": 4}
    assert told["as_of"] == "2025-12-01"
    first, _, third = told["needs_someone"]
    assert first == {
        "account_id": "a",
        "account_name": "[bold]Alder[/bold]",
        "csm_id": "csm_1",
        "arr": 120_000.0,
        "p_churn": 0.26,
        "health_band": "low",
        "cell": "save",
        "decision_at": "2026-03-24",
        "decision_kind": "term_end",
        "p_by_date": "2026-03-24",
        "block": "at_risk",
        "odds": "about 1 in 4 (26 %) to leave at its renewal on 24 Mar 2026",
        "reasons": ["The sponsor left", LONG_REASON],
        "play": "find_successor",
        "owner": "CSM",
        "due_at": "2025-12-04",
        "open_since": None,
        "why": "The sponsor left.",
    }
    assert (third["p_churn"], third["play"], third["arr"]) == (None, None, None)


def test_json_of_check_counts_every_row(verbs):
    verbs.answers["check"] = check_result(FINDING)
    done = run("check", "data", "--json")
    told = document(done)
    assert done.exit_code == 1
    assert told["tables"] == [
        {"table": "accounts", "rows_in": 10, "rows_used": 9, "rows_quarantined": 1}
    ]
    assert told["findings"][0]["rule"] == "is empty"


def test_json_of_explain_has_null_for_what_is_unknown(verbs):
    told = document(run(*COMMANDS["explain"], "--json"))
    assert told == {"account_id": "a", "p_churn": 0.26, "cmi": None}


BROKEN = "`tickets` is broken, most of its rows cannot be used."


def with_findings(verbs):
    said = verbs.answers["score"].scored
    said.findings, said.notes = (BROKEN,), (BROKEN, *said.notes)
    verbs.answers["train"][0].findings = (BROKEN,)


@pytest.mark.parametrize("command", ["score", "train"])
def test_what_is_broken_is_said_first_and_with_an_exit_code(verbs, command):
    with_findings(verbs)
    found = run(*COMMANDS[command])
    assert found.exit_code == 1
    assert found.stdout.startswith(f"! {BROKEN}")
    assert found.stdout.count(BROKEN) == 1
    told = run(*COMMANDS[command], "--json")
    assert told.exit_code == 1
    first = json.loads(told.stdout)
    assert (first if command == "score" else first[0])["findings"] == [BROKEN]


def test_the_list_goes_on_with_who_is_likelier_to_leave_than_usual(verbs):
    verbs.answers["score"] = score_result(block="quiet", attention=1.0)
    told = document(run(*COMMANDS["score"], "--json"))
    assert [round(one["p_churn"], 2) for one in told["needs_someone"]] == [0.26, 0.8]
