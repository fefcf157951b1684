import io
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numba
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from typer.testing import CliRunner

from churngrid.features.errors import SchemaError
from churngrid.features.tableset import Finding, Tables
from churngrid.serving import console, results
from churngrid.serving.cli import app, main
from churngrid.serving.kernels import Compiled

COMMANDS = {
    "demo": ["demo"],
    "compile_kernels": ["compile"],
    "init": ["init"],
    "check": ["check", "data"],
    "train": ["train", "data"],
    "backtest": ["backtest", "data", "--out", "bt"],
    "score": ["score", "data", "--out", "results"],
    "explain": ["explain", "data", "--account", "a"],
    "report": ["report", "results"],
    "playbook_check": ["playbook", "check", "plays.yaml"],
}
LONG_REASON = "share of assigned users who are active 75 % -> 20 % over 8 weeks (segment 75 %)"
URL = "postgresql://ann:s3cret@db.example:5432/crm"


def day(text):
    return pd.Timestamp(text, tz="UTC")


def scored(**changes):
    scores = pd.DataFrame(
        {
            "account_id": ["a", "b", "c", "d"],
            "account_name": ["[bold]Alder[/bold]", "Birch", None, "Dorn"],
            "csm_id": ["csm_1", "csm_2", None, None],
            "as_of": day("2025-12-01"),
            "status": "scored",
            "arr": [120_000.0, 24_000.0, np.nan, 5.0],
            "p_churn": [0.26, 0.8, np.nan, 0.01],
            "health_source": ["model", "model", "scorecard", "model"],
            "health_band": "low",
            "chs": [40.0, 30.0, 49.0, 90.0],
            "cap_reason": ["The sponsor left.", "", None, None],
            "cell": "save",
            "attention": [4.0, 3.0, 2.0, 0.0],
        }
    ).assign(**changes)
    drivers = pd.DataFrame(
        [
            ("a", "churned", 2, "+", True, "third reason"),
            ("a", "churned", 1, "+", True, LONG_REASON),
            ("b", "churned", 1, "+", False, "tenure 3 months"),
            ("b", "churned", 2, "-", True, "many tickets solved"),
            ("c", "chs", 1, "+", True, "usage 20 %: costs 50 points"),
        ],
        columns=["account_id", "target", "rank", "direction", "actionable", "text"],
    )
    plays = pd.DataFrame(
        {
            "account_id": ["a", "a", "b"],
            "slot": ["urgent", "cell", "cell"],
            "play": ["find_successor", "rescue", "rebuild_adoption"],
            "owner": "CSM",
            "due_at": day("2025-12-04"),
            "why": "The sponsor left.",
        }
    )
    notes = ("Contracts with money.",)
    told = {"notes": notes, "maturity": SimpleNamespace(summary=dict)}
    return SimpleNamespace(scores=scores, drivers=drivers, plays=plays, **told)


def score_result(**changes):
    return SimpleNamespace(
        scored=scored(**changes),
        out="results",
        report_path=Path("results/report.html"),
        unwritten=(),
    )


def train_result(target):
    scorers = pd.DataFrame(
        {
            "model": ["base_rate", "boosted"],
            "scorer": "auc",
            "value": [0.5, 0.812],
            "low": [np.nan, 0.75],
            "high": [np.nan, 0.86],
        }
    )
    return SimpleNamespace(
        target=target,
        alias="champion",
        reason="better than the base rate",
        kind="boosted",
        scorers=scorers,
        rows=1234,
        accounts=300,
        churned=100,
        base_rate=0.081,
        version="3",
        warnings=("only 100 decisions",),
    )


def check_result(*findings):
    aside = pa.table({"table": ["accounts"] * len(findings)})
    tables = Tables({}, findings=findings, quarantine=aside, rows_in={"accounts": 10})
    path = Path("quarantine.parquet") if findings else None
    return SimpleNamespace(tables=tables, business="Contracts with money.", quarantine_path=path)


FINDING = Finding("accounts", "account_id", "is empty", 1, ("[red]x",), quarantined=True)


def backtest_result():
    return SimpleNamespace(
        scorers=pd.concat(
            [
                train_result("churn").scorers.assign(target="churn", fold=fold)
                for fold in ("2025-01-01", "all")
            ]
        ),
        predictions=pd.DataFrame({"p": [0.5] * 7}),
        folds=pd.DataFrame({"fold": ["2025-01-01"], "test_from": [day("2025-01-01")]}),
        notes=(),
    )


def story():
    return SimpleNamespace(
        text=lambda: "Alder: health is low.\nDo: find a successor.",
        as_dict=lambda: {"account_id": "a", "p_churn": np.float64(0.26), "cmi": float("nan")},
    )


class Verbs(ModuleType):
    """Stands in for the verbs: notes what they are called with and answers at once."""

    def __init__(self):
        super().__init__("churngrid.serving.verbs")
        self.calls = {}
        self.answers = {
            "demo": SimpleNamespace(
                out=Path("demo"), score=score_result(), train=[train_result("churn")], seconds=9.8
            ),
            "compile_kernels": Compiled(41, 40, 15.4, ("features", "training"), ""),
            "init": [Path("churngrid.yaml"), Path("playbook.yaml")],
            "check": check_result(),
            "train": [train_result("churn"), train_result("expansion")],
            "backtest": backtest_result(),
            "score": score_result(),
            "explain": story(),
            "report": Path("results/report.html"),
            "playbook_check": [],
        }
        for name in self.answers:
            setattr(self, name, self._verb(name))

    def _verb(self, name):
        def verb(*args, **options):
            self.calls[name] = (args, options)
            if options.get("progress"):
                options["progress"]("reading", 1, 2)
            answer = self.answers[name]
            if isinstance(answer, BaseException):
                raise answer
            return answer

        return verb


@pytest.fixture
def verbs(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    stub = Verbs()
    monkeypatch.setitem(sys.modules, "churngrid.serving.verbs", stub)
    return stub


def run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def squeezed(text):
    return " ".join(text.split())


# Arguments


def test_every_option_reaches_the_verb(verbs):
    run(
        *("score", "data", "--out", URL, "--as-of", "2025-12-01", "--settings", "s.yaml"),
        *("--tracking", "sqlite:///x.db", "--model", "none", "--fresh"),
    )
    args, options = verbs.calls["score"]
    assert callable(options.pop("progress"))
    assert args == ("data", Path("s.yaml"))
    assert options == {
        "out": URL,
        "as_of": "2025-12-01",
        "tracking": "sqlite:///x.db",
        "model": "none",
        "fresh": True,
    }


@pytest.mark.parametrize(
    ("command", "args", "options"),
    [
        ("demo", (Path("churngrid-demo"),), {"accounts": 1150, "seed": 7}),
        ("compile_kernels", (), {}),
        ("init", (Path(),), {"data": None}),
        ("check", ("data", None), {"out": None}),
        (
            "train",
            ("data", None),
            {"targets": ("churn", "expansion"), "tracking": None, "model_kind": None},
        ),
        ("backtest", ("data", None), {"out": Path("bt"), "targets": ("churn", "expansion")}),
        (
            "score",
            ("data", None),
            {"out": "results", "as_of": "latest", "tracking": None, "model": None, "fresh": False},
        ),
        (
            "explain",
            ("data", None),
            {"account": "a", "as_of": "latest", "tracking": None, "model": None},
        ),
        ("report", ("results",), {}),
        ("playbook_check", (Path("plays.yaml"),), {}),
    ],
)
def test_defaults_are_those_of_the_design(verbs, command, args, options):
    assert run(*COMMANDS[command]).exit_code == 0
    called, given = verbs.calls[command]
    given.pop("progress", None)
    assert (called, given) == (args, options)


def test_one_target_and_one_kind_can_be_asked_for(verbs):
    run("train", "data", "--target", "expansion", "--model-kind", "linear")
    options = verbs.calls["train"][1]
    assert (options["targets"], options["model_kind"]) == (("expansion",), "linear")


@pytest.mark.parametrize("place", ["data/churngrid.yaml", "churngrid.yaml"])
def test_settings_beside_the_data_are_found(verbs, tmp_path, place):
    data = tmp_path / "company" / "data"
    data.mkdir(parents=True)
    settings = data.parent / place
    settings.write_text("")
    done = run("check", data)
    assert verbs.calls["check"][0] == (str(data), settings)
    assert squeezed(done.stderr) == f"Settings: {settings}"


def test_settings_in_the_working_folder_are_found(verbs):
    Path("churngrid.yaml").write_text("")
    run("check", URL)
    assert verbs.calls["check"][0] == (URL, Path("churngrid.yaml"))


def test_named_settings_win(verbs):
    Path("churngrid.yaml").write_text("")
    done = run("check", "data", "--settings", "mine.yaml")
    assert verbs.calls["check"][0] == ("data", Path("mine.yaml"))
    assert done.stderr == ""


@pytest.mark.parametrize("text", ["yesterday", "2025-13-01", "01.12.2025"])
def test_as_of_must_be_a_date(verbs, text):
    done = run("score", "data", "--out", "o", "--as-of", text)
    assert done.exit_code == 2
    assert squeezed(done.stderr) == (
        f"`--as-of` must be 'latest' or a date such as 2025-12-01, got {text!r}."
    )
    assert verbs.calls == {}


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
    assert "No account needs someone." in run(*COMMANDS["score"]).stdout


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
    assert "accounts account_id is empty 1 yes [red]x" in text
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


def test_backtest_tells_the_scorers_side_by_side(verbs):
    text = squeezed(run(*COMMANDS["backtest"]).stdout)
    assert "target fold model auc" in text
    assert "churn all boosted 0.812 (0.750 to 0.860)" in text
    assert "2025-01-01" not in text
    assert "7 predictions are in bt" in text


def test_explain_tells_the_story(verbs):
    assert run(*COMMANDS["explain"]).stdout == "Alder: health is low.\nDo: find a successor.\n"


def test_demo_tells_everything_in_one_page(verbs):
    text = run("demo").stdout
    assert "Churn: boosted model." in text
    assert "about 1 in 4" in text
    assert "Everything is in demo, made in 10 seconds." in text


def test_other_commands_say_what_they_wrote(verbs):
    assert run("init").stdout.split() == [
        *("Written,", "for", "you", "to", "edit:"),
        *("churngrid.yaml", "playbook.yaml"),
    ]
    assert run("report", "results").stdout == "Report: results/report.html\n"
    assert run("compile").stdout == (
        "40 of 41 kernels compiled in 15 seconds; they are kept in features and training.\n"
    )
    assert run(*COMMANDS["playbook_check"]).stdout == "No findings.\n"


def test_playbook_with_findings_ends_with_1(verbs):
    verbs.answers["playbook_check"] = ["play 'rescue' names no owner"]
    done = run(*COMMANDS["playbook_check"])
    assert (done.exit_code, done.stdout) == (1, "play 'rescue' names no owner\n")


def test_long_paths_are_not_broken(verbs):
    verbs.answers["report"] = Path("r" * 300)
    assert run("report", "results").stdout == f"Report: {'r' * 300}\n"


# JSON


def no_constant(name):
    raise AssertionError(f"{name} is not JSON")


def document(done):
    return json.loads(done.stdout, parse_constant=no_constant)


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
        "odds": "about 1 in 4",
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


# What goes wrong


@pytest.mark.parametrize(
    "error",
    [
        SchemaError("Table `accounts` is missing."),
        ValueError("Table `accounts` is missing."),
        OSError("Table `accounts` is missing."),
    ],
)
@pytest.mark.parametrize("command", COMMANDS)
def test_unusable_input_is_one_sentence_and_2(verbs, command, error):
    verbs.answers[command] = error
    done = run(*COMMANDS[command])
    assert done.exit_code == 2
    assert done.stdout == ""
    assert done.stderr == "Table `accounts` is missing.\n"


@pytest.mark.parametrize("command", COMMANDS)
def test_error_is_json_when_asked(verbs, command):
    verbs.answers[command] = SchemaError("Table `accounts` is missing.")
    done = run(*COMMANDS[command], "--json")
    assert done.exit_code == 2
    assert document(done) == {"error": "Table `accounts` is missing."}


def test_traceback_only_with_debug(verbs):
    verbs.answers["check"] = SchemaError("Table `accounts` is missing.")
    assert "Traceback" not in run("check", "data").stderr
    done = run("check", "data", "--debug")
    assert done.exit_code == 2
    assert "Traceback" in done.stderr
    assert done.stderr.endswith("\nTable `accounts` is missing.\n")


@pytest.mark.parametrize("command", ["compile", "demo"])
def test_where_no_kernel_can_be_kept_the_setting_is_named(verbs, command):
    for name in ("compile_kernels", "demo"):
        verbs.answers[name] = RuntimeError("cannot cache function 'f': no locator available for")
    done = run(command)
    assert done.exit_code == 2
    assert done.stderr.startswith("Compiled kernels can be kept nowhere; set NUMBA_CACHE_DIR")


def test_other_failures_of_a_run_are_not_hidden(verbs):
    verbs.answers["demo"] = RuntimeError("a defect")
    assert isinstance(run("demo").exception, RuntimeError)


def test_interrupted_command_ends_with_130(verbs):
    verbs.answers["train"] = KeyboardInterrupt()
    done = run("train", "data")
    assert (done.exit_code, done.stderr) == (130, "Interrupted.\n")


def test_defect_is_not_hidden(verbs):
    verbs.answers["train"] = TypeError("a defect")
    done = run("train", "data")
    assert isinstance(done.exception, TypeError)


def test_address_in_a_message_loses_its_password(verbs):
    verbs.answers["check"] = OSError(f"cannot open '{URL}?password=hunter2&x=1'")
    message = run("check", URL).stderr
    assert message == "cannot open 'postgresql://db.example:5432/crm?password=...&x=1'\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["score", "data"], "Missing option '--out'."),
        (["score", "data", "--out", "o", "--nope"], "No such option: --nope"),
        (["train", "data", "--target", "love"], "'love' is not one of 'churn', 'expansion'"),
        (["nope"], "No such command 'nope'"),
    ],
)
def test_wrong_command_line_ends_with_2(verbs, arguments, message):
    done = run(*arguments)
    assert done.exit_code == 2
    assert done.stdout == ""
    assert message in done.stderr
    done = run(*arguments, "--json")
    assert done.exit_code == 2
    assert list(document(done)) == ["error"]
    assert verbs.calls == {}


# Progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_progress_is_shown_on_a_terminal_only(monkeypatch):
    for screen, shown in ((Terminal(), True), (io.StringIO(), False)):
        monkeypatch.setattr(sys, "stderr", screen)
        monkeypatch.setenv("TERM", "xterm")
        with console.show_progress(quiet=False) as progress:
            progress("reading [tables]", 1, 4)
            progress("reading [tables]", 4, 4)
            progress("training", 1, None)
            progress("scoring", 10, 10)
        text = screen.getvalue()
        assert ("reading [tables]" in text) == shown
        assert ("4/4" in text) == shown
        assert ("scoring" in text) == shown


def test_compiling_is_told_once_and_only_where_something_compiles(monkeypatch):
    said = "Compiling the engine"
    for kernels, times in ((3, 1), (0, 0)):
        screen = Terminal()
        monkeypatch.setattr(sys, "stderr", screen)
        monkeypatch.setenv("TERM", "xterm")
        with console.show_progress(quiet=False):
            for number in range(kernels):
                assert numba.njit(lambda value: value + 1)(number) == number + 1
        assert screen.getvalue().count(said) == times


def test_quiet_shows_no_progress(monkeypatch):
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    with console.show_progress(quiet=True) as progress:
        progress("reading", 1, 4)
    assert screen.getvalue() == ""


def test_new_stage_ends_the_one_before(monkeypatch):
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    with console.show_progress(quiet=False) as progress:
        progress("training", 3, None)
        progress("scoring", 1, 2)
        ended, running = progress._bars.tasks
    assert ended.finished
    assert not running.finished


def test_sentences_are_not_broken_on_a_narrow_terminal(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(sys, "stdout", screen := Terminal())
    results.show_findings({"findings": ["x" * 200]})
    assert "x" * 200 in screen.getvalue()


# The program


@pytest.mark.parametrize(
    "command", ["demo", "compile", "init", "check", "train", "backtest", "score"]
)
def test_help_has_an_example(command):
    text = run(command, "--help").stdout
    assert f"Example: churngrid {command}" in text
    for option in ("--json", "--quiet", "--debug"):
        assert option in text


def test_every_option_is_explained():
    for command, (first, *_) in {**COMMANDS, "playbook": ["playbook"]}.items():
        arguments = ["playbook", "check"] if command == "playbook_check" else [first]
        lines = run(*arguments, "--help").stdout.splitlines()
        for number, line in enumerate(lines):
            if line.strip().startswith("--"):
                assert len(line.split("  ")) > 2 or lines[number + 1].startswith(" " * 10), line


def program(*arguments, **options):
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, timeout=120, check=False, **options
    )


def test_help_imports_nothing_heavy():
    probe = (
        "import sys; from churngrid.serving.cli import app\n"
        "try: app(['--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'pandas', 'numpy', 'pyarrow', 'duckdb', 'lightgbm', 'mlflow', 'shap', 'sklearn',"
        " 'numba', 'pydantic', 'jinja2', 'pyspark'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    done = program("-c", probe, text=True)
    assert done.stderr.strip() == "[]"
    assert "churngrid demo" in done.stdout


def test_module_can_be_run():
    done = program("-m", "churngrid", "--version", text=True)
    assert done.returncode == 0
    assert done.stdout.strip()[0].isdigit()


def test_process_ends_with_the_exit_code():
    assert program("-m", "churngrid", "score", "data").returncode == 2
    assert program("-m", "churngrid").returncode == 2


def test_main_is_the_program(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["churngrid", "--version"])
    with pytest.raises(SystemExit) as stop:
        main()
    assert stop.value.code == 0
    assert capsys.readouterr().out.strip()[0].isdigit()


def test_name_that_the_terminal_cannot_write_does_not_end_the_command():
    probe = (
        "import sys, types\n"
        "verbs = types.ModuleType('verbs')\n"
        "verbs.report = lambda out: 'Ährenfeld 株式会社'\n"
        "sys.modules['churngrid.serving.verbs'] = verbs\n"
        "sys.argv = ['churngrid', 'report', 'results']\n"
        "from churngrid.serving.cli import main\n"
        "main()"
    )
    done = program("-c", probe, env={"PYTHONIOENCODING": "ascii", "PATH": ""})
    assert done.returncode == 0
    assert b"Report: \\xc4hrenfeld" in done.stdout


@pytest.mark.parametrize(("given", "used"), [({}, "1"), ({"OPENBLAS_NUM_THREADS": "4"}, "4")])
def test_program_saves_time_before_anything_heavy_is_imported(given, used):
    probe = (
        "import gc, os, sys, types\n"
        "verbs = types.ModuleType('verbs')\n"
        "verbs.report = lambda out: (os.environ['OPENBLAS_NUM_THREADS'], gc.get_threshold()[0])\n"
        "sys.modules['churngrid.serving.verbs'] = verbs\n"
        "sys.argv = ['churngrid', 'report', 'results']\n"
        "from churngrid.serving.cli import main\n"
        "assert 'numpy' not in sys.modules\n"
        "main()"
    )
    done = program("-c", probe, text=True, env={"PATH": "", **given})
    assert done.stdout == f"Report: ('{used}', 50000)\n", done.stderr
