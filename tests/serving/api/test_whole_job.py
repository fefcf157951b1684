"""The whole job in a process of its own, as users have it: compiled ahead, and without a network.

Nothing is compiled by a run after compiling ahead, and nothing but the database and the model store
that were named is asked over the network.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.brief import IN_LARGER_STEPS

pytestmark = pytest.mark.long

# Says what was compiled and who was called while the whole job and one more scoring were done.
WHOLE_JOB = f"""{IN_LARGER_STEPS}
import socket, sys

def refused(*arguments, **options):
    told = f"reached for the network: {{arguments[1:] or arguments}}"
    print(told)
    raise AssertionError(told)

socket.socket.connect = refused
socket.socket.connect_ex = refused
socket.socket.sendto = refused
socket.getaddrinfo = refused
socket.create_connection = refused

from pathlib import Path
import churngrid
from churngrid.serving.api.demo import demo
from churngrid.serving.cli.compile_notice import told_of_compilation

folder = Path(sys.argv[1])
with told_of_compilation(lambda: print("compiled")):
    demo(folder, accounts=40)
    models = f"sqlite:///{{folder}}/models/mlflow.db"
    churngrid.score(str(folder / "data"), out=folder / "again", tracking=models)
    churngrid.report(folder / "again")
    churngrid.check(str(folder / "data"), out=folder / "checked")
print("done")
"""


def run(kept_in: Path, *arguments: str) -> str:
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(kept_in)}
    done = subprocess.run(
        [sys.executable, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=1800,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where compiled kernels are kept; nothing is there before."""
    return tmp_path_factory.mktemp("kernels") / "kept"


@pytest.fixture(scope="module")
def compiled(kept: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(run(kept, "-m", "churngrid", "compile", "--json"))
    return told


@pytest.fixture(scope="module")
def said(kept: Path, compiled: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the whole job said, all kernels having been compiled ahead."""
    return run(kept, "-c", WHOLE_JOB, str(tmp_path_factory.mktemp("whole") / "demo"))


def test_compiling_ahead_compiles_every_kernel_and_leaves_nothing_to_a_run(
    kept: Path, compiled: dict[str, Any], said: str
) -> None:
    assert compiled["compiled"] == compiled["kernels"] > 20
    assert all(Path(folder).is_relative_to(kept) for folder in compiled["folders"])
    assert said == "done\n"


def test_the_whole_job_reaches_for_no_network(said: str) -> None:
    assert said == "done\n"
