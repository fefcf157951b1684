"""A folder keeps its history whole, and shows people the newest date."""

import fcntl
import json
import shutil

import duckdb
import pandas as pd
import pytest

from churngrid.features.errors import ArtifactError, SchemaError
from churngrid.serving.results import folder_store
from churngrid.serving.results.folder_index import read_index
from churngrid.serving.results.stores import open_store
from tests.build import day
from tests.serving.kept import DECEMBER, NOVEMBER, column, files_below, results, stored


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


def test_second_writer_is_turned_away_in_the_end(tmp_path, monkeypatch):
    monkeypatch.setattr(folder_store, "WAIT_SECONDS", 0.0)
    open_store(tmp_path).write(results(NOVEMBER))
    with (tmp_path / ".lock").open("ab") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(ArtifactError, match="is still being written by another process"):
            open_store(tmp_path).write(results(DECEMBER))
    open_store(tmp_path).write(results(DECEMBER))
    assert len(stored(tmp_path)) == 4


def test_reader_follows_a_switch_in_between(tmp_path, monkeypatch):
    store = open_store(tmp_path)
    store.write(results(DECEMBER))
    stale = read_index(tmp_path)
    store.write(results(DECEMBER, p=0.5))
    indexes = iter([stale, read_index(tmp_path)])
    monkeypatch.setattr(folder_store, "read_index", lambda _: next(indexes))
    assert store.read("scores")["p_churn"].tolist() == [0.5, 0.5]


def test_lost_part_is_named(tmp_path):
    open_store(tmp_path).write(results(DECEMBER))
    shutil.rmtree(tmp_path / "scores")
    with pytest.raises(ArtifactError, match=r"12-01-.*', which the list of .* names, is gone"):
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


def test_pages_in_a_folder_of_their_own_replace_those_of_before(tmp_path):
    store = open_store(tmp_path)
    store.write(results(NOVEMBER), files={"report/ann.html": "ann", "report/bob.html": "bob"})
    store.write(results(DECEMBER), files={"report/ann.html": "ann later"})
    assert [path.name for path in (tmp_path / "report").iterdir()] == ["ann.html"]
    assert (tmp_path / "report" / "ann.html").read_text() == "ann later"
    store.write({}, files={"report.html": "all"})
    assert (tmp_path / "report" / "ann.html").exists()


def test_folder_of_somebody_else_is_not_written_into(tmp_path):
    (tmp_path / "report").mkdir()
    (tmp_path / "report" / "mine.html").write_text("mine")
    with pytest.raises(ArtifactError, match=r"has a file 'report' that is no stored result"):
        open_store(tmp_path).write(results(DECEMBER), files={"report/ann.html": "x"})
    assert (tmp_path / "report" / "mine.html").read_text() == "mine"


@pytest.mark.parametrize(
    "name",
    ["../report.html", "index.json", "scores.csv", ".hidden", "a/b", "report/../x", "report/.x"],
)
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
