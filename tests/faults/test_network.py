"""Nothing but the database and the model store that were named is asked over the network."""

import subprocess
import sys

import pytest

GUARDED = """
import socket, sys

def refused(*arguments, **options):
    raise AssertionError(f"reached for the network: {arguments[1:] or arguments}")

socket.socket.connect = refused
socket.socket.connect_ex = refused
socket.socket.sendto = refused
socket.getaddrinfo = refused
socket.create_connection = refused

from pathlib import Path
import churngrid
from churngrid.serving.api.demo import demo

folder = Path(sys.argv[1])
demo(folder, accounts=120)
models = f"sqlite:///{folder}/models/mlflow.db"
churngrid.score(str(folder / "data"), out=folder / "again", tracking=models)
churngrid.report(folder / "again")
churngrid.check(str(folder / "data"), out=folder / "checked")
print("done")
"""


@pytest.mark.long
def test_the_whole_job_reaches_for_no_network(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", GUARDED, str(tmp_path / "demo")],
        check=False,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.stdout.endswith("done\n"), done.stderr[-2000:]
