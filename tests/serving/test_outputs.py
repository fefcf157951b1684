import fcntl
import io
import json
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from churngrid.features.errors import ArtifactError, SchemaError
from churngrid.serving.csvfiles import as_csv
from churngrid.serving.outputs import open_store, write_tables
from churngrid.serving.storable import storable

NOVEMBER, DECEMBER = "2025-11-01", "2025-12-01"
ODD_IDS = ["it's", '"; DROP TABLE scores; --', "Ωμέγα 株式会社 🦊", "a,b\nc", " ", "x" * 10_000]


def day(text):
    return pd.Timestamp(text, tz="UTC")


def results(as_of, *, p=0.25, accounts=("a", "b"), plays=True):
    ids = list(accounts)
    scores = pd.DataFrame({"account_id": ids, "as_of": day(as_of), "p_churn": p})
    kept = ids if plays else []
    chosen = pd.DataFrame({"account_id": kept, "slot": ["cell"] * len(kept)})
    chosen["as_of"] = pd.Series([day(as_of)] * len(kept), dtype=object)
    chosen["p"] = p
    return {"scores": scores, "plays": chosen}


def run_sql(url, statement, *, autocommit=False):
    from adbc_driver_postgresql import dbapi

    with (
        dbapi.connect(url, autocommit=autocommit) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
        if not autocommit:
            connection.commit()


@pytest.fixture
def database(postgres_url):
    run_sql(postgres_url, "DROP SCHEMA IF EXISTS churngrid CASCADE")
    return postgres_url


@pytest.fixture(params=["folder", "duckdb", "postgres"])
def out(request, tmp_path):
    if request.param == "postgres":
        return request.getfixturevalue("database")
    return str(tmp_path / ("results" if request.param == "folder" else "results.duckdb"))


def stored(out, name="scores"):
    return open_store(out).read(name)


def column(out, name, *, table="scores"):
    return stored(out, table)[name].tolist()


def files_below(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(Path(folder).rglob("*"))
        if path.is_file()
    }


# Every kind of place


def test_nothing_is_there_and_nothing_is_made_before_the_first_write(out, tmp_path):
    assert stored(out) is None
    assert list(tmp_path.iterdir()) == []


def test_stored_rows_come_back_with_their_types(out):
    frame = pd.DataFrame(
        {
            "account_id": ["a", "b"],
            "as_of": day(DECEMBER),
            "p_churn": [0.1 + 0.2, np.nan],
            "rank": [1, 2**40],
            "actionable": [True, False],
            "term_end": [pd.NaT, day("2026-03-01")],
            "cap_reason": [None, "a sponsor left"],
            "quadrant": pd.Series([None, None], dtype=object),
        }
    )
    open_store(out).write({"scores": frame})
    back = stored(out)
    assert back["p_churn"].iloc[0] == 0.1 + 0.2
    assert back["p_churn"].isna().tolist() == [False, True]
    assert back["rank"].tolist() == [1, 2**40]
    assert back["actionable"].tolist() == [True, False]
    assert back["term_end"].tolist() == [pd.NaT, day("2026-03-01")]
    assert back["cap_reason"].isna().tolist() == [True, False]
    assert back["quadrant"].isna().all()
    assert str(back["as_of"].dtype) == "datetime64[us, UTC]"
    assert list(back.columns) == list(frame.columns)


def test_times_are_stored_in_utc(out):
    tables = results(DECEMBER)
    tables["scores"]["term_end"] = pd.Timestamp("2026-03-01 01:30", tz="Europe/Berlin")
    tables["scores"]["naive"] = pd.Timestamp("2026-03-01 12:00")
    open_store(out).write(tables)
    assert column(out, "term_end")[0] == pd.Timestamp("2026-03-01 00:30", tz="UTC")
    assert column(out, "naive")[0] == pd.Timestamp("2026-03-01 12:00", tz="UTC")


def test_history_grows_by_as_of(out):
    for as_of in (DECEMBER, NOVEMBER):
        open_store(out).write(results(as_of))
    assert column(out, "as_of") == [day(NOVEMBER)] * 2 + [day(DECEMBER)] * 2
    assert column(out, "account_id", table="plays") == ["a", "b", "a", "b"]


def test_writing_a_date_again_replaces_its_rows(out):
    open_store(out).write(results(NOVEMBER))
    open_store(out).write(results(DECEMBER, p=0.5, accounts=("a", "b", "c")))
    open_store(out).write(results(DECEMBER, p=0.75))
    assert column(out, "p_churn") == [0.25, 0.25, 0.75, 0.75]


def test_writing_the_same_again_changes_nothing(out):
    open_store(out).write(results(NOVEMBER))
    open_store(out).write(results(DECEMBER))
    before = stored(out)
    open_store(out).write(results(DECEMBER))
    pd.testing.assert_frame_equal(stored(out), before)


def test_date_without_plays_replaces_its_earlier_plays(out):
    open_store(out).write(results(DECEMBER))
    open_store(out).write(results(DECEMBER, plays=False))
    assert len(stored(out, "plays")) == 0
    assert len(stored(out)) == 2


def test_first_write_may_have_no_plays(out):
    open_store(out).write(results(NOVEMBER, plays=False))
    open_store(out).write(results(DECEMBER))
    assert column(out, "as_of", table="plays") == [day(DECEMBER)] * 2


def test_odd_ids_round_trip(out):
    open_store(out).write(results(DECEMBER, accounts=ODD_IDS))
    assert column(out, "account_id") == sorted(ODD_IDS)


def test_odd_column_names_round_trip(out):
    name = 'chs_"; DROP TABLE scores; --é'
    tables = results(DECEMBER)
    tables["scores"][name] = 1.5
    open_store(out).write(tables)
    assert column(out, name) == [1.5, 1.5]


def test_column_gets_its_type_with_its_first_value(out):
    for as_of, value in ((NOVEMBER, None), (DECEMBER, 2.5)):
        tables = results(as_of)
        tables["scores"]["cmi"] = pd.Series([value] * 2, dtype=object)
        open_store(out).write(tables)
    back = stored(out)
    assert back["cmi"].tolist()[2:] == [2.5, 2.5]
    assert back["cmi"].dtype == float


def test_columns_may_come_and_go(out):
    extra = results(NOVEMBER)
    extra["scores"]["old"] = 1
    open_store(out).write(extra)
    extra = results(DECEMBER)
    extra["scores"]["new"] = "text"
    open_store(out).write(extra)
    back = stored(out)
    assert back["old"].notna().tolist() == [True, True, False, False]
    assert back["new"].notna().tolist() == [False, False, True, True]


def test_whole_numbers_and_numbers_go_together(out):
    for as_of, value in ((NOVEMBER, 3), (DECEMBER, 0.5)):
        tables = results(as_of)
        tables["scores"]["weight"] = value
        open_store(out).write(tables)
    assert column(out, "weight") == [3.0, 3.0, 0.5, 0.5]


def test_failed_write_changes_no_table(out):
    open_store(out).write(results(NOVEMBER))
    wrong = results(DECEMBER)
    wrong["plays"]["slot"] = 1.5
    with pytest.raises(ArtifactError, match="`slot` of `plays` holds text in the stored history "):
        open_store(out).write(wrong)
    assert column(out, "as_of") == [day(NOVEMBER)] * 2


def test_rows_come_back_in_one_order_everywhere(out):
    drivers = pd.DataFrame(
        {
            "account_id": ["b", "a", "a", "a"],
            "as_of": day(DECEMBER),
            "target": ["churned", "expanded", "churned", "churned"],
            "rank": [1, 1, 2, 1],
        }
    )
    plays = pd.DataFrame(
        {"account_id": "a", "as_of": day(DECEMBER), "slot": ["maturity", "cell", "urgent"]}
    )
    open_store(out).write({"drivers": drivers, "plays": plays})
    back = stored(out, "drivers")
    assert back["account_id"].tolist() == ["a", "a", "a", "b"]
    assert back["rank"].tolist() == [1, 2, 1, 1]
    assert column(out, "slot", table="plays") == ["urgent", "cell", "maturity"]


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (pd.DataFrame({"account_id": ["a"]}), "Table `scores` needs a column `as_of`"),
        (
            pd.DataFrame({"as_of": [day(DECEMBER), pd.NaT]}),
            "Column `as_of` of `scores` is empty in 1 rows",
        ),
        (pd.DataFrame({"as_of": ["2025"]}), "Column `as_of` of `scores` must hold times, got text"),
        (
            pd.DataFrame({"as_of": [day(DECEMBER)], "caps": [["a"]]}),
            "Column `caps` of `scores` must hold text, numbers, flags or times, got 'list",
        ),
        (
            pd.DataFrame({"as_of": [day(DECEMBER)] * 2, "x": ["a", 1]}),
            "Column `x` of `scores` cannot be stored",
        ),
    ],
)
def test_table_that_cannot_be_stored_is_refused(out, frame, message):
    with pytest.raises(SchemaError, match=message):
        open_store(out).write({"scores": frame})
    assert stored(out) is None


# A folder


def test_newest_date_is_there_as_csv_and_with_its_report(tmp_path):
    store = open_store(tmp_path)
    assert store.write(results(NOVEMBER), files={"report.html": "<p>old"}) == ()
    assert store.write(results(DECEMBER, p=0.5), files={"report.html": b"<p>new"}) == ()
    shown = pd.read_csv(tmp_path / "scores.csv")
    assert shown["as_of"].unique().tolist() == [DECEMBER]
    assert shown["p_churn"].tolist() == [0.5, 0.5]
    assert (tmp_path / "report.html").read_text() == "<p>new"


def test_older_date_leaves_what_people_see_alone(tmp_path):
    store = open_store(tmp_path)
    store.write(results(DECEMBER), files={"report.html": "new"})
    before = files_below(tmp_path)
    unwritten = store.write(results(NOVEMBER, p=0.9), files={"report.html": "old"})
    assert unwritten == ("report.html",)
    after = files_below(tmp_path)
    for name in ("scores.csv", "plays.csv", "report.html"):
        assert after[name] == before[name]
    assert column(tmp_path, "as_of")[0] == day(NOVEMBER)


def test_report_alone_can_be_written_again(tmp_path):
    open_store(tmp_path).write(results(DECEMBER), files={"report.html": "old"})
    assert open_store(tmp_path).write({}, files={"report.html": "new"}) == ()
    assert (tmp_path / "report.html").read_text() == "new"
    assert len(stored(tmp_path)) == 2


def test_same_results_give_the_same_bytes(tmp_path):
    for name in ("one", "two"):
        for as_of in (NOVEMBER, DECEMBER):
            open_store(tmp_path / name).write(results(as_of), files={"report.html": "r"})
    open_store(tmp_path / "two").write(results(DECEMBER), files={"report.html": "r"})
    assert files_below(tmp_path / "one") == files_below(tmp_path / "two")


def test_only_listed_files_remain_and_others_are_left_alone(tmp_path):
    store = open_store(tmp_path)
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "scores").mkdir()
    (tmp_path / "scores" / "mine.parquet").write_text("mine")
    store.write(results(DECEMBER))
    store.write(results(DECEMBER, p=0.5))
    parts = sorted(path.name for path in (tmp_path / "scores").iterdir())
    assert len(parts) == 2
    assert parts[1] == "mine.parquet"
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_any_parquet_reader_sees_the_history(tmp_path):
    for as_of in (NOVEMBER, DECEMBER):
        open_store(tmp_path).write(results(as_of))
    found = duckdb.sql(f"SELECT count(*) FROM '{tmp_path}/scores/*.parquet'").fetchall()
    assert found == [(4,)]


def test_time_of_day_is_part_of_the_file_name(tmp_path):
    open_store(tmp_path).write(results("2025-12-01 06:30"))
    (part,) = (tmp_path / "scores").iterdir()
    assert part.name.startswith("2025-12-01T063000-")
    assert "2025-12-01T06:30:00Z" in (tmp_path / "scores.csv").read_text()


def test_second_writer_is_turned_away(tmp_path):
    open_store(tmp_path).write(results(NOVEMBER))
    with (tmp_path / ".lock").open("ab") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(ArtifactError, match="is being written by another process"):
            open_store(tmp_path).write(results(DECEMBER))
    open_store(tmp_path).write(results(DECEMBER))
    assert len(stored(tmp_path)) == 4


def test_reader_follows_a_switch_in_between(tmp_path, monkeypatch):
    store = open_store(tmp_path)
    store.write(results(DECEMBER))
    stale = store._index()
    store.write(results(DECEMBER, p=0.5))
    indexes = iter([stale, store._index()])
    monkeypatch.setattr(store, "_index", lambda: next(indexes))
    assert store.read("scores")["p_churn"].tolist() == [0.5, 0.5]


def test_lost_part_is_named(tmp_path):
    open_store(tmp_path).write(results(DECEMBER))
    shutil.rmtree(tmp_path / "scores")
    with pytest.raises(ArtifactError, match=r"lacks '.*2025-12-01-.*', which index.json lists"):
        stored(tmp_path)


def test_changed_part_is_refused(tmp_path):
    open_store(tmp_path).write(results(DECEMBER))
    (part,) = (tmp_path / "scores").iterdir()
    part.write_bytes(part.read_bytes() + b"x")
    with pytest.raises(ArtifactError, match="is not what was written: its hash differs"):
        stored(tmp_path)


@pytest.mark.parametrize("content", ["[]", "not JSON", '{"name": "my-web-app"}'])
def test_folder_with_an_index_of_something_else_is_refused(tmp_path, content):
    (tmp_path / "index.json").write_text(content)
    with pytest.raises(ArtifactError, match=r"is no list of stored results.*another folder"):
        open_store(tmp_path).write(results(DECEMBER))
    assert (tmp_path / "index.json").read_text() == content


def test_index_cannot_point_out_of_the_folder(tmp_path):
    open_store(tmp_path).write(results(DECEMBER))
    index = json.loads((tmp_path / "index.json").read_text())
    index["tables"]["scores"][0]["file"] = "../../secret.parquet"
    (tmp_path / "index.json").write_text(json.dumps(index))
    with pytest.raises(ArtifactError, match="is no list of stored results"):
        stored(tmp_path)


def test_file_of_somebody_else_is_not_overwritten(tmp_path):
    (tmp_path / "scores.csv").write_text("mine")
    with pytest.raises(ArtifactError, match=r"has a file 'scores.csv' that is no stored result"):
        open_store(tmp_path).write(results(DECEMBER))
    assert (tmp_path / "scores.csv").read_text() == "mine"
    assert stored(tmp_path) is None


@pytest.mark.parametrize("name", ["../report.html", "index.json", "scores.csv", ".hidden", "a/b"])
def test_file_names_are_plain_and_free(tmp_path, name):
    with pytest.raises(SchemaError, match="`files` must have plain and free file names, got"):
        open_store(tmp_path).write(results(DECEMBER), files={name: "x"})


def test_table_names_are_plain(tmp_path):
    with pytest.raises(SchemaError, match=r"small letters, digits and _, got '\.\./scores'"):
        open_store(tmp_path / "out").write({"../scores": results(DECEMBER)["scores"]})


def test_folder_that_cannot_be_made_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ArtifactError, match="cannot be written"):
        open_store(tmp_path / "file" / "results").write(results(DECEMBER))


# A process killed in the middle

KILLED = """
import os, signal, sys
from pathlib import Path
import pandas as pd
import churngrid.serving.database_store as database_store
import churngrid.serving.folder_store as folder_store
from churngrid.serving.outputs import open_store

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


# Databases


def test_database_takes_no_files_and_says_so(tmp_path, database):
    for out in (tmp_path / "r.duckdb", database):
        unwritten = open_store(out).write(results(DECEMBER), files={"report.html": "x"})
        assert unwritten == ("report.html",)


def test_folder_of_a_new_duckdb_file_is_made(tmp_path):
    out = tmp_path / "new" / "results.db"
    open_store(out).write(results(DECEMBER))
    assert len(stored(out)) == 2


def test_duckdb_table_of_something_else_is_left_alone(tmp_path):
    out = tmp_path / "results.duckdb"
    with duckdb.connect(str(out)) as connection:
        connection.execute("CREATE TABLE scores AS SELECT 'home' AS team, 3 AS goals")
    with pytest.raises(ArtifactError, match=r"has a table 'scores' that holds no stored results"):
        open_store(out).write(results(DECEMBER))
    with duckdb.connect(str(out)) as connection:
        assert connection.execute("SELECT * FROM scores").fetchall() == [("home", 3)]


def test_file_that_is_no_duckdb_file_is_said(tmp_path):
    out = tmp_path / "results.duckdb"
    out.write_text("something else, long enough to have a header of its own" * 100)
    with pytest.raises(ArtifactError, match=r"DuckDB file .* cannot be used"):
        open_store(out).write(results(DECEMBER))


def test_duckdb_file_in_use_is_said(tmp_path):
    out = tmp_path / "results.duckdb"
    holder = f"import duckdb; c = duckdb.connect({str(out)!r}); print(1, flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", holder], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        process.stdout.readline()
        with pytest.raises(ArtifactError, match=r"cannot be used: .*lock"):
            open_store(out).write(results(DECEMBER))
        process.stdin.close()
    open_store(out).write(results(DECEMBER))


def test_postgres_results_have_a_schema_of_their_own(database):
    open_store(database).write(results(DECEMBER))
    run_sql(database, "SELECT p_churn FROM churngrid.scores WHERE as_of = '2025-12-01Z'")


def test_two_writers_to_postgres_take_turns(database):
    def write(p):
        open_store(database).write(results(DECEMBER, p=p))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, [0.1, 0.2, 0.3, 0.4]))
    found = column(database, "p_churn")
    assert len(found) == 2
    assert len(set(found)) == 1


def test_column_name_that_postgres_would_cut_is_refused(database):
    tables = results(DECEMBER)
    tables["scores"]["chs_" + "é" * 30] = 1.0
    with pytest.raises(SchemaError, match=r"names of at most 63 bytes, got 'chs_é"):
        open_store(database).write(tables)
    assert stored(database) is None


def test_character_that_postgres_cannot_hold_is_said(database):
    with pytest.raises(ArtifactError, match=r"cannot be used: .*invalid byte sequence"):
        open_store(database).write(results(DECEMBER, accounts=["a\0b"]))
    assert stored(database) is None


def test_password_is_in_no_message(database):
    wrong = database.replace("postgresql://churn:", "postgresql://churn:hunter2")
    for action in (lambda: stored(wrong), lambda: open_store(wrong).write(results(DECEMBER))):
        with pytest.raises(ArtifactError, match=r"database 'postgresql://127.0.0.1:") as caught:
            action()
        assert "hunter2" not in str(caught.value)
        assert caught.value.__suppress_context__
    assert "hunter2" not in repr(open_store(wrong))


def test_server_that_does_not_answer_is_said():
    pytest.importorskip("adbc_driver_postgresql", reason="the PostgreSQL driver is not installed")
    with pytest.raises(ArtifactError, match=r"database 'postgresql://127.0.0.1:1/x' cannot be"):
        stored("postgresql://ann:s3cret@127.0.0.1:1/x")


def test_missing_driver_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "adbc_driver_postgresql", None)
    with pytest.raises(SchemaError, match=r"pip install 'churngrid\[postgres\]'"):
        stored("postgresql://db.example/crm")


# What kind of place it is


@pytest.mark.parametrize(
    ("out", "message"),
    [
        ("mysql://ann:s3cret@db/crm", "begin with postgresql://, got 'mysql://db/crm'"),
        ("results.csv", "must be a folder, a DuckDB file .* got 'results.csv'"),
    ],
)
def test_other_places_are_refused(out, message):
    with pytest.raises(SchemaError, match=message) as caught:
        open_store(out)
    assert "s3cret" not in str(caught.value)


def test_existing_file_is_no_folder(tmp_path):
    (tmp_path / "results").write_text("")
    with pytest.raises(SchemaError, match="must be a folder, a DuckDB file"):
        open_store(tmp_path / "results")


def test_folder_named_like_a_database_is_a_folder(tmp_path):
    (tmp_path / "results.db").mkdir()
    open_store(tmp_path / "results.db").write(results(DECEMBER))
    assert (tmp_path / "results.db" / "index.json").exists()


# CSV and files without history


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "\uff1d"])
def test_text_that_begins_like_a_formula_is_defused(start):
    frame = pd.DataFrame({"name": [f"{start}cmd|' /C calc'!A0", "a=b"], "shap": [-1.5, 2.0]})
    lines = pd.read_csv(io.BytesIO(as_csv(frame)))
    assert lines["name"].iloc[0].startswith("'")
    assert lines["name"].iloc[1] == "a=b"
    assert lines["shap"].tolist() == [-1.5, 2.0]


def test_column_name_that_begins_like_a_formula_is_defused():
    assert as_csv(pd.DataFrame({"=1+1": [1]})).decode("utf-8-sig") == "'=1+1\r\n1\r\n"


def test_csv_of_missing_values_is_empty_cells():
    frame = pd.DataFrame({"a": [None, "x"], "b": [np.nan, 1.5], "c": [pd.NaT, day(DECEMBER)]})
    assert as_csv(frame).decode("utf-8-sig") == "a,b,c\r\n,,\r\nx,1.5,2025-12-01\r\n"


def test_table_without_rows_is_its_header():
    assert as_csv(pd.DataFrame(columns=["a", "b"])).decode("utf-8-sig") == "a,b\r\n"


def test_nanoseconds_are_cut_and_numbers_are_not():
    fine = pd.DataFrame({"at": pd.to_datetime(["2025-01-01 00:00:00.123456789"])})
    assert storable(fine, name="t")["at"][0].value == 1735689600123456
    with pytest.raises(SchemaError, match="Column `n` of `t` cannot be stored"):
        storable(pd.DataFrame({"n": np.array([2**64 - 1], dtype=np.uint64)}), name="t")


def test_categories_dates_and_nullable_types_can_be_stored():
    frame = pd.DataFrame(
        {
            "band": pd.Categorical(["low", "high"]),
            "day": [day(DECEMBER).date(), None],
            "count": pd.array([1, None], dtype="Int64"),
            "flag": pd.array([True, None], dtype="boolean"),
        }
    )
    types = [str(kind) for kind in storable(frame, name="t").schema.types]
    assert types == ["string", "timestamp[us, tz=UTC]", "int64", "bool"]


def test_tables_without_history_are_parquet_and_csv(tmp_path):
    frame = pd.DataFrame({"model": ["base_rate"], "value": [0.5]})
    written = write_tables(tmp_path / "out", {"scorers": frame})
    assert [path.name for path in written] == ["scorers.parquet", "scorers.csv"]
    assert pd.read_parquet(written[0])["value"].tolist() == [0.5]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "scorers.csv",
        "scorers.parquet",
    ]


def test_tables_without_history_need_a_folder(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ArtifactError, match="cannot be written"):
        write_tables(tmp_path / "file", {"scorers": pd.DataFrame({"a": [1]})})
