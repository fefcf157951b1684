"""The program as a process: progress, help, what it imports and how it ends."""

import io
import subprocess
import sys

import numba
import pytest

from churngrid.serving.cli import console
from churngrid.serving.cli import show_results as results
from churngrid.serving.cli.app import main
from tests.serving.standins import COMMANDS, run

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
        arguments = ["playbook", "check"] if command == "check_file" else [first]
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
        "import sys; from churngrid.serving.cli.app import app\n"
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
        "sys.modules['churngrid.serving.api.score'] = verbs\n"
        "sys.argv = ['churngrid', 'report', 'results']\n"
        "from churngrid.serving.cli.app import main\n"
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
        "sys.modules['churngrid.serving.api.score'] = verbs\n"
        "sys.argv = ['churngrid', 'report', 'results']\n"
        "from churngrid.serving.cli.app import main\n"
        "assert 'numpy' not in sys.modules\n"
        "main()"
    )
    done = program("-c", probe, text=True, env={"PATH": "", **given})
    assert done.stdout == f"Report: ('{used}', 50000)\n", done.stderr
