"""The forecast on a terminal and for programs: words, ranges, what is unknown, the next step."""

from dataclasses import replace

import numpy as np

from tests.serving.standins import document, forecast_result, run, squeezed


def shown(verbs, **changes):
    verbs.answers["forecast"] = forecast_result(**changes)
    done = run("forecast", "data")
    assert done.exit_code == 0
    return squeezed(done.stdout)


def test_forecast_says_what_is_due_stays_and_is_left(verbs):
    text = shown(verbs)
    for told in ("in EUR as of 2025-12-01", "3 accounts pay 149 K", "2026-Q1", "120 K", "91.2 %"):
        assert told in text
    assert "8 of 10 drawn futures" in text
    assert "Next: `churngrid score`" in text


def test_forecast_says_which_money_is_in_no_figure(verbs):
    text = shown(verbs)
    assert "in no figure above: 30 K of ARR (20 %)" in text
    assert "in no sum, their ARR unknown or in a currency without a rate: 1." in text


def test_forecast_puts_the_call_of_people_beside(verbs):
    assert "2026-Q1 44 K instead of 30 K" in shown(verbs)
    assert "marked down" not in shown(verbs, leaving_called=np.nan)


def test_forecast_without_money_says_what_to_deliver(verbs):
    told = forecast_result()
    verbs.answers["forecast"] = replace(told, table=told.table.iloc[:0])
    assert "Deliver `contracts`" in squeezed(run("forecast", "data").stdout)


def test_forecast_for_programs_is_what_the_table_holds(verbs):
    told = document(run("forecast", "data", "--json"))
    assert (told["currency"], told["unit"], told["range_share"]) == ("EUR", "quarter", 0.8)
    assert [row["grouping"] for row in told["rows"]] == ["all", "segment"]
    assert told["rows"][0]["grr"] == 0.912
    assert told["rows"][1]["leaving_called"] is None


def test_options_reach_the_verb(verbs):
    run("forecast", "data", "--by", "month", "--periods", 6, "--csm", "c1")
    _, options = verbs.calls["forecast"]
    assert (options["by"], options["periods"], options["csm"]) == ("month", 6, "c1")


def test_an_unknown_period_is_a_wrong_command_line(verbs):
    assert run("forecast", "data", "--by", "week").exit_code == 2


def test_one_table_of_customers_has_no_decisions(verbs, tmp_path):
    table = tmp_path / "customers.csv"
    table.write_text("id\n1\n")
    done = run("forecast", table)
    assert done.exit_code == 2
    assert "A forecast needs contracts" in done.stderr


def test_score_says_what_the_coming_period_brings(verbs):
    text = squeezed(run("score", "data").stdout)
    assert "2026-Q1: 120 K of 149 K ARR is due, 30 K (30 K to 30 K)" in text
    assert "More: churngrid forecast." in text


def test_score_for_programs_has_the_forecast(verbs):
    told = document(run("score", "data", "--json"))
    assert told["forecast"][0]["period"] == "2026-Q1"


def test_without_estimates_only_what_is_due_is_told(verbs):
    nothing = dict.fromkeys(("grr", "nrr"), np.nan)
    found = forecast_result()
    verbs.answers["forecast"] = replace(found, table=found.table.assign(**nothing))
    text = squeezed(run("forecast", "data").stdout)
    assert "120 K" in text
    assert "30 K to 30 K" not in text
