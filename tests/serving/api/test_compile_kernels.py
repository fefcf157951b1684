"""After compiling ahead no run compiles anything; in processes of their own, as users have it."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from churngrid.serving.api import compile_kernels as kernels
from churngrid.serving.api.compile_kernels import Compiled

# Says what was compiled while the whole job and one more scoring were done.
WHOLE_JOB = """
import sys
from pathlib import Path
from churngrid.serving.cli.compile_notice import told_of_compilation
from churngrid.serving.api.demo import demo
from churngrid.serving.api.score import score
out = Path(sys.argv[1])
with told_of_compilation(lambda: print("compiled")):
    demo(out, accounts=100)
    score(out / "data", out=out / "again", tracking=f"sqlite:///{out / 'models' / 'mlflow.db'}")
print("done")
"""


def _run(kept_in: Path, *arguments: str) -> str:
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(kept_in)}
    done = subprocess.run(
        [sys.executable, *arguments], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def _compile(kept_in: Path) -> dict[str, Any]:
    return json.loads(_run(kept_in, "-m", "churngrid", "compile", "--json"))


@pytest.mark.long
def test_compiling_ahead_compiles_every_kernel_and_leaves_nothing_to_a_run(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    first = _compile(kept)
    assert first["compiled"] == first["kernels"] > 20
    assert all(Path(folder).is_relative_to(kept) for folder in first["folders"])
    assert _run(kept, "-c", WHOLE_JOB, str(tmp_path / "demo")) == "done\n"


def test_what_was_done_is_said_in_a_sentence() -> None:
    anew = Compiled(41, 40, 15.4, ("a", "b"), "")
    assert anew.says == "40 of 41 kernels compiled in 15 seconds; they are kept in a and b."
    before = Compiled(41, 0, 3.0, ("a",), "The folder is full.")
    assert before.says == (
        "All 41 kernels were compiled before; they are kept in a. The folder is full."
    )


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "file"))
    # Where kernels are kept is decided when they are imported: here, before it was set.
    notice = kernels._compiled(0.0).notice
    assert notice.startswith(f"NUMBA_CACHE_DIR is '{tmp_path / 'file'}', which cannot be written")


def test_single_events_have_the_columns_of_their_table() -> None:
    tables = dict(kernels.build_company(5, months=6).tables)
    found = kernels._with_events(tables)
    assert "usage_daily" not in found
    assert len(found["usage_events"]) == len(tables["usage_daily"])
    assert {"occurred_at", "known_at"} <= set(found["usage_events"])
