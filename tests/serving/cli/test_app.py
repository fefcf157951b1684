"""Arguments reach the verbs, and what goes wrong is one sentence and an exit code."""

from pathlib import Path

import pytest

from churngrid.features.errors import SchemaError
from churngrid.serving.cli.run_command import Terminated
from tests.serving.standins import COMMANDS, URL, document, run, squeezed

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
        "require_model": False,
        "fresh": True,
    }


@pytest.mark.parametrize(
    ("command", "args", "options"),
    [
        ("demo", (Path("churngrid-demo"),), {"accounts": 1150, "seed": 7, "interventions": False}),
        ("compile_kernels", (), {}),
        ("init", (Path(),), {"data": None, "presets": None}),
        ("check", ("data", None), {"out": None}),
        (
            "train",
            ("data", None),
            {
                **{"targets": None, "tracking": None},
                **{"model_kind": None, "tuned": None, "stability": False},
            },
        ),
        (
            "tune",
            ("data", None),
            {"target": "churn", "seconds": 600.0, "trials": None, "seed": 0},
        ),
        ("backtest", ("data", None), {"out": Path("bt"), "targets": None}),
        (
            "score",
            ("data", None),
            {
                **{"out": "results", "as_of": "latest", "tracking": None, "model": None},
                **{"require_model": False, "fresh": False},
            },
        ),
        (
            "explain",
            ("data", None),
            {
                **{"account": "a", "as_of": "latest", "tracking": None, "model": None},
                "results": None,
                "since": None,
            },
        ),
        (
            "forecast",
            ("data", None),
            {
                **{"by": "quarter", "periods": None, "segment": None, "csm": None},
                **{"as_of": "latest", "tracking": None, "model": None},
            },
        ),
        ("report", ("results",), {}),
        ("play_effects", ("data", None), {"results": None, "days": None, "order": False}),
        ("check_file", ("playbook", Path("plays.yaml"), None), {}),
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


def test_without_data_the_settings_of_the_working_folder_name_it(verbs, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "churngrid.yaml").write_text("data: exports\n")
    done = run("score")
    assert verbs.calls["score"][0] == ("exports", Path("churngrid.yaml"))
    assert verbs.calls["score"][1]["out"] == "churngrid-results"
    assert squeezed(done.stderr) == "Settings: churngrid.yaml Data: exports"


def test_without_data_and_without_settings_the_way_out_is_told(verbs, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = run("train")
    assert done.exit_code == 2
    assert "`churngrid init --from DATA` makes one" in done.stderr


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


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (RuntimeError("a defect"), "unexpected fault stopped the work: RuntimeError (a defect)."),
        (TypeError("a defect"), "TypeError (a defect)"),
        (RecursionError(), "RecursionError"),
        (ModuleNotFoundError("No module named 'psycopg2'"), "No module named 'psycopg2'"),
        (MemoryError(), "memory of this machine does not suffice"),
    ],
)
def test_fault_is_one_sentence_and_a_code_of_its_own(verbs, error, said):
    verbs.answers["demo"] = error
    done = run("demo")
    assert (done.exit_code, done.stdout) == (3, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert said in document(run("demo", "--json"))["error"]
    assert "Traceback" in run("demo", "--debug").stderr


def test_interrupted_command_ends_with_130(verbs):
    verbs.answers["train"] = KeyboardInterrupt()
    done = run("train", "data")
    assert (done.exit_code, done.stderr) == (130, "Interrupted.\n")


def test_command_that_is_told_to_end_says_so_and_ends_with_143(verbs):
    verbs.answers["train"] = Terminated()
    done = run("train", "data")
    assert (done.exit_code, done.stderr) == (143, "Terminated.\n")


def test_address_in_a_message_loses_its_password(verbs):
    verbs.answers["check"] = OSError(f"cannot open '{URL}?password=hunter2&x=1'")
    message = run("check", URL).stderr
    assert message == "cannot open 'postgresql://db.example:5432/crm?password=...&x=1'\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["backtest", "data"], "Missing option '--out'."),
        (["score", "data", "--out", "o", "--nope"], "No such option: --nope"),
        (
            ["train", "data", "--target", "love"],
            "`--target` must be one of ['churn', 'expansion', 'contraction'], got 'love'",
        ),
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
