"""A process killed in the middle of a write leaves the old results or the new ones."""

import json
import shutil
import subprocess
import sys

import pandas as pd
import pytest

from churngrid.serving.results.stores import open_store
from tests.build import day
from tests.serving.kept import DECEMBER, NOVEMBER, column, files_below, results, run_sql, stored

KILLED = """
import os, signal, sys
from pathlib import Path
import pandas as pd
import churngrid.serving.results.database_store as database_store
import churngrid.serving.results.folder_store as folder_store
from churngrid.serving.results.stores import open_store

def results(as_of, p):
    as_of = pd.Timestamp(as_of, tz="UTC")
    ids = ["a", "b"]
    return {
        "scores": pd.DataFrame({"account_id": ids, "as_of": as_of, "p_churn": p}),
        "plays": pd.DataFrame({"account_id": ids, "slot": "cell", "as_of": as_of, "p": p}),
    }

def die_at(owner, name, call, *, after=False):
    real, calls = getattr(owner, name), [0]
    def counted(*args, **kwargs):
        calls[0] += 1
        if calls[0] == call and not after:
            os.kill(os.getpid(), signal.SIGKILL)
        answer = real(*args, **kwargs)
        if calls[0] == call:
            os.kill(os.getpid(), signal.SIGKILL)
        return answer
    setattr(owner, name, counted)

def write(out, p, as_of="2025-12-01"):
    open_store(out).write(results(as_of, p), files={"report.html": str(p)})

def run(out, point, start):
    if start == "used":
        write(out, 0.0, "2025-11-01")
        write(out, 0.25)
    owner, name, call, when = point.split(":")
    owners = {"os": os, "shutil": folder_store.shutil}
    die_at(owners.get(owner) or getattr(database_store, owner), name, int(call),
           after=when == "after")
    write(out, 0.5)

for job in sys.argv[1:]:
    out, point, start = job.rsplit("|", 2)
    child = os.fork()
    if child == 0:
        run(out, point, start)
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    assert os.WIFSIGNALED(status), (job, status)
"""

STARTS = {"used": {0.25}, "fresh": {None}}

# The third rename is the index's.
FOLDER_POINTS = {
    "os:fsync:1:before": "old",
    "os:replace:1:before": "old",
    "os:replace:2:before": "old",
    "os:fsync:6:after": "old",
    "os:replace:3:before": "old",
    "os:replace:3:after": "new",
    "os:replace:4:before": "new",
    "os:replace:5:after": "new",
    "shutil:rmtree:1:before": "new",
    "shutil:rmtree:1:after": "new",
}
DUCKDB_POINTS = {
    "_DuckdbSession:prepare:1:after": "old",
    "_DuckdbSession:append:1:after": "old",
    "_DuckdbSession:append:2:after": "old",
    "_DuckdbSession:commit:1:before": "old",
    "_DuckdbSession:commit:1:after": "new",
}
POSTGRES_POINTS = {
    point.replace("_Duckdb", "_Postgres"): state for point, state in DUCKDB_POINTS.items()
}


def kill_at(jobs):
    command = [sys.executable, "-c", KILLED, *jobs]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr


def states(out):
    """What each table says of December: all must say the same."""
    found = set()
    for table, name in (("scores", "p_churn"), ("plays", "p")):
        frame = stored(out, table)
        if frame is None:
            found.add(None)
        else:
            newest = frame[frame["as_of"] == day(DECEMBER)]
            assert len(newest) == 2
            found |= set(newest[name])
    return found


@pytest.fixture(scope="module")
def killed(tmp_path_factory):
    """A place for each point at which a write into it was killed."""
    root = tmp_path_factory.mktemp("killed")
    points = [(point, "") for point in FOLDER_POINTS] + [(p, ".duckdb") for p in DUCKDB_POINTS]
    places = {
        (point, start): root / f"{start}_{number}{suffix}"
        for start in STARTS
        for number, (point, suffix) in enumerate(points)
    }
    kill_at([f"{out}|{point}|{start}" for (point, start), out in places.items()])
    return places


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("point", [*FOLDER_POINTS, *DUCKDB_POINTS])
def test_killed_write_leaves_the_old_state_or_the_new_one(killed, point, start):
    survives = {**FOLDER_POINTS, **DUCKDB_POINTS}[point]
    assert states(killed[point, start]) == (STARTS[start] if survives == "old" else {0.5})


@pytest.mark.parametrize("start", STARTS)
def test_next_write_tidies_up_after_a_killed_one(killed, tmp_path, start):
    for number, point in enumerate(FOLDER_POINTS):
        shutil.copytree(killed[point, start], tmp_path / str(number))
    for out in ("clean", *map(str, range(len(FOLDER_POINTS)))):
        for as_of, p in ((NOVEMBER, 0.0), (DECEMBER, 0.75)):
            open_store(tmp_path / out).write(results(as_of, p=p), files={"report.html": str(p)})
    clean = files_below(tmp_path / "clean")
    for number, point in enumerate(FOLDER_POINTS):
        assert files_below(tmp_path / str(number)) == clean, point


@pytest.mark.parametrize("point", DUCKDB_POINTS)
def test_next_write_to_duckdb_works_after_a_killed_one(killed, tmp_path, point):
    for path in killed[point, "used"].parent.glob(f"{killed[point, 'used'].name}*"):
        shutil.copy(path, tmp_path / path.name.replace("used", "copy"))
    out = tmp_path / killed[point, "used"].name.replace("used", "copy")
    open_store(out).write(results(DECEMBER, p=0.75))
    assert column(out, "p_churn") == [0.0, 0.0, 0.75, 0.75]


def test_next_write_finishes_a_switch_that_was_cut_short(killed, tmp_path):
    out = tmp_path / "out"
    shutil.copytree(killed["os:replace:3:after", "used"], out)
    assert (out / "report.html").read_text() == "0.25"
    open_store(out).write(results("2025-10-01"))
    assert (out / "report.html").read_text() == "0.5"
    assert pd.read_csv(out / "scores.csv")["p_churn"].tolist() == [0.5, 0.5]


def test_unfinished_file_of_a_killed_write_is_not_put_in_place(tmp_path):
    open_store(tmp_path).write(results(DECEMBER), files={"report.html": "whole"})
    staged = tmp_path / json.loads((tmp_path / "index.json").read_text())["staged"]
    staged.mkdir()
    (staged / "report.html").write_text("who")
    open_store(tmp_path).write(results(NOVEMBER))
    assert (tmp_path / "report.html").read_text() == "whole"
    assert not staged.exists()


@pytest.fixture
def databases(postgres_url):
    """Several empty databases on the server."""
    names = [f"killed_{number}" for number in range(len(POSTGRES_POINTS))]
    for name in names:
        run_sql(postgres_url, f"CREATE DATABASE {name}", autocommit=True)
    yield [postgres_url.replace("/postgres", f"/{name}") for name in names]
    for name in names:
        run_sql(postgres_url, f"DROP DATABASE {name} WITH (FORCE)", autocommit=True)


def test_killed_write_to_postgres_leaves_the_old_state_or_the_new_one(databases):
    places = dict(zip(databases, POSTGRES_POINTS.items(), strict=True))
    kill_at([f"{out}|{point}|used" for out, (point, _) in places.items()])
    for out, (point, state) in places.items():
        assert states(out) == ({0.25} if state == "old" else {0.5}), point
        open_store(out).write(results(DECEMBER, p=0.75))
        assert column(out, "p_churn")[-2:] == [0.75, 0.75]
