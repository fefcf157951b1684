"""What a person, an editor and a type checker see of the package."""

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import churngrid


def test_every_public_name_is_listed_and_there():
    assert dir(churngrid) == sorted(churngrid.__all__)
    assert all(getattr(churngrid, name) is not None for name in churngrid.__all__)
    assert churngrid.__version__[0].isdigit()


def test_a_name_that_is_not_there_is_answered_with_those_that_are():
    with pytest.raises(AttributeError, match=r"has no attribute 'trian'; it has \["):
        _ = churngrid.trian


def test_homes_are_what_type_checkers_read():
    stated = {
        line.strip()
        for line in Path(churngrid.__file__).read_text(encoding="utf-8").splitlines()
        if line.startswith("    from .")
    }
    for name in set(churngrid.__all__) - {"__version__"}:
        home = getattr(churngrid, name).__module__.removeprefix("churngrid")
        assert any(line.startswith(f"from {home} import") and name in line for line in stated)


def test_no_verb_loads_what_only_others_need():
    """One after another in one process: what the first loads, the others would be blamed for.

    No verb needs the invented company or the page to begin with; who looks at data learns nothing.
    """
    heavy = ("churngrid.demo", "jinja2", "mlflow")
    learning = ("lightgbm", "sklearn")
    verbs = dict.fromkeys(("check", "init"), heavy + learning)
    verbs |= dict.fromkeys(("score", "explain", "report", "train"), heavy)
    lines = ["import sys, churngrid"]
    for verb, unwanted in verbs.items():
        lines.append(f"churngrid.{verb}")
        lines.append(f"print('{verb}', [name for name in {unwanted} if name in sys.modules])")
    program = "\n".join(lines)
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    told = done.stdout.splitlines()
    assert len(told) == len(verbs)
    assert [line for line in told if not line.endswith(" []")] == []


@pytest.mark.long
def test_type_checker_knows_the_types_and_refuses_a_typo(tmp_path):
    file = tmp_path / "uses.py"
    file.write_text(
        "import churngrid\n"
        "reveal_type(churngrid.score)\n"
        "reveal_type(churngrid.Settings().as_of_step)\n"
        "churngrid.trian('exports/')\n"
    )
    package = Path(importlib.import_module("churngrid").__file__).parent
    named = tmp_path / "named"
    named.mkdir()
    (named / "churngrid").symlink_to(package)
    command = [sys.executable, "-m", "mypy", "--follow-imports=silent", str(file)]
    # Of other packages nothing is asked here, and to read their types takes most of the time.
    command += ["--cache-dir", str(tmp_path / "cache"), "--ignore-missing-imports"]
    command += ["--no-site-packages"]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={"MYPYPATH": str(named), "PATH": ""},
    )
    assert "ScoreResult" in done.stdout, done.stdout + done.stderr
    assert 'Module has no attribute "trian"' in done.stdout
