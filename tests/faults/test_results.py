"""Results that were damaged, are being written, or were told to go where they must not."""

import fcntl
import json
import subprocess
import sys

import pytest

import churngrid
from churngrid.demo import write_company
from churngrid.features.errors import ArtifactError, SchemaError
from churngrid.features.schema.settings import Settings
from churngrid.serving.company.config import read_config
from churngrid.serving.results import database_store, folder_store
from churngrid.serving.results.folder_index import rebuilt_index
from churngrid.serving.results.stores import open_store
from tests.faults.edits import edited_bytes, edited_text
from tests.serving.kept import DECEMBER, NOVEMBER, results, stored

OCTOBER = "2025-10-01"


@pytest.fixture
def out(tmp_path):
    """A folder with the results of two dates."""
    for date in (OCTOBER, NOVEMBER):
        open_store(tmp_path / "out").write(results(date), files={"report.html": date})
    return tmp_path / "out"


def old_part(out):
    return next(iter((out / "scores").glob(f"{OCTOBER}*.parquet")))


def dates(out):
    return sorted({str(date)[:10] for date in stored(out)["as_of"]})


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.unlink(),
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(path.read_bytes()[:-20]),
        lambda path: path.write_bytes(b"x" + path.read_bytes()),
    ],
)
def test_damaged_part_is_named_and_mending_goes_on_from_the_rest(out, damage):
    part = old_part(out)
    damage(part)
    with pytest.raises(ArtifactError, match=rf"{part.name}.*--fresh"):
        stored(out)
    assert open_store(out).mend() == (str(part),)
    open_store(out).write(results(DECEMBER))
    assert dates(out) == [NOVEMBER, DECEMBER]
    assert open_store(out).mend() == ()


def test_part_that_cannot_be_read_blocks_no_mended_folder_on_writing(out):
    part = old_part(out)
    part.write_bytes(b"no parquet")
    with pytest.raises(ArtifactError, match=r"has no columns to add to. Restore the file"):
        open_store(out).write(results(DECEMBER))
    open_store(out).mend()
    assert part.with_name(f"{part.name}.damaged").read_bytes() == b"no parquet"


@pytest.mark.parametrize("damage", [lambda path: path.unlink(), lambda path: path.write_text("{")])
def test_list_that_is_lost_loses_no_results(out, damage):
    damage(out / "index.json")
    for act in (stored, lambda out: open_store(out).write(results(DECEMBER))):
        with pytest.raises(ArtifactError, match=r"holds results, such as|is no list of stored"):
            act(out)
    open_store(out).mend()
    assert dates(out) == [OCTOBER, NOVEMBER]
    open_store(out).write(results(DECEMBER), files={"report.html": DECEMBER})
    assert dates(out) == [OCTOBER, NOVEMBER, DECEMBER]


def test_folder_that_cannot_be_mended_is_said(out, monkeypatch):
    def full(*_):
        raise OSError("No space left on device")

    old_part(out).write_bytes(b"")
    monkeypatch.setattr(folder_store, "write_whole", full)
    with pytest.raises(ArtifactError, match="The disk has no room for folder "):
        open_store(out).mend()


def test_results_without_their_list_are_named(out):
    (out / "index.json").unlink()
    with pytest.raises(ArtifactError, match=r"holds results, such as '.*', but no index.json"):
        stored(out)


def test_list_of_somebody_else_is_left_alone(tmp_path):
    (tmp_path / "index.json").write_text('{"name": "my-web-app"}')
    with pytest.raises(ArtifactError, match="is no list of stored results"):
        open_store(tmp_path).mend()
    assert json.loads((tmp_path / "index.json").read_text()) == {"name": "my-web-app"}


def test_list_made_again_has_the_newest_of_two_parts_and_those_without_rows(tmp_path):
    store = open_store(tmp_path)
    store.write(results(OCTOBER, plays=False))
    before = json.loads((tmp_path / "index.json").read_text())["tables"]
    assert json.loads(rebuilt_index(tmp_path).model_dump_json())["tables"] == before


def test_place_without_results_needs_no_mending(tmp_path):
    assert open_store(tmp_path / "none").mend() == ()
    assert open_store(tmp_path / "none.duckdb").mend() == ()
    assert list(tmp_path.iterdir()) == []


def test_second_writer_waits_for_the_first(out, monkeypatch):
    with (out / ".lock").open("ab") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        waited = []

        def sleep(seconds):
            waited.append(seconds)
            fcntl.flock(other, fcntl.LOCK_UN)

        monkeypatch.setattr(folder_store, "sleep", sleep)
        open_store(out).write(results(DECEMBER))
    assert len(waited) == 1
    assert dates(out) == [OCTOBER, NOVEMBER, DECEMBER]


def test_table_on_another_disk_is_written(out, tmp_path):
    """Where the disk is really another one, renaming from one to the other is an error."""
    from pathlib import Path

    elsewhere = Path("/dev/shm")
    if not elsewhere.is_dir() or elsewhere.stat().st_dev == out.stat().st_dev:
        pytest.skip("this system has no second file system at hand")
    import shutil
    import tempfile

    with tempfile.TemporaryDirectory(dir=elsewhere) as other:
        shutil.move(out / "scores", other)
        (out / "scores").symlink_to(Path(other) / "scores")
        open_store(out).write(results(DECEMBER))
        assert dates(out) == [OCTOBER, NOVEMBER, DECEMBER]


def test_no_edit_of_stored_results_crashes(out):
    index = (out / "index.json").read_text()
    part, whole = old_part(out), old_part(out).read_bytes()
    for seed in range(200):
        (out / "index.json").write_text(edited_text(index, seed), encoding="utf-8")
        part.write_bytes(edited_bytes(whole, seed))
        for act in (stored, lambda out: open_store(out).mend(), stored):
            try:
                act(out)
            except (ArtifactError, SchemaError):
                continue
        for aside in out.rglob("*.damaged"):
            aside.unlink()
        part.write_bytes(whole)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """A small company in a folder."""
    folder = tmp_path_factory.mktemp("company") / "data"
    write_company(folder, accounts=40, seed=3)
    return folder


@pytest.mark.parametrize("spelled", ["{}", "{}/", "{}/../data", "{}/."])
def test_results_do_not_go_into_the_data(data, spelled):
    before = sorted(path.name for path in data.iterdir())
    place = spelled.format(data)
    for act in (churngrid.score, churngrid.check, churngrid.backtest):
        with pytest.raises(SchemaError, match="Results must not go into the folder of the data"):
            act(str(data), out=place)
    assert sorted(path.name for path in data.iterdir()) == before


@pytest.mark.parametrize("place", ["", "  "])
def test_results_do_not_go_nowhere(data, place):
    with pytest.raises(SchemaError, match="The place for results is empty; name a folder"):
        churngrid.score(str(data), out=place)


def test_named_model_store_that_is_not_there_is_an_error(data, tmp_path):
    store = f"sqlite:///{tmp_path}/none.db"
    with pytest.raises(ArtifactError, match=r"There is no model store '.*none.db'; check"):
        churngrid.score(str(data), tracking=store)
    assert list(tmp_path.iterdir()) == []
    assert len(churngrid.score(str(data), tracking=store, model="none").scored.scores)


def test_fresh_scoring_mends_the_folder_and_says_what_it_took_out(data, tmp_path):
    out = tmp_path / "out"
    first = churngrid.score(str(data), out=out, as_of="2025-06-01", model="none")
    part = next(iter((out / "scores").glob("*.parquet")))
    part.write_bytes(b"")
    with pytest.raises(ArtifactError, match="--fresh"):
        churngrid.score(str(data), out=out, as_of="2025-07-01", model="none")
    result = churngrid.score(str(data), out=out, as_of="2025-07-01", model="none", fresh=True)
    assert any(part.name in note for note in result.scored.notes)
    assert dates(out) == ["2025-07-01"]
    assert len(first.scored.scores)


def test_id_of_an_account_wins_over_the_name_of_another(data):
    scored = churngrid.score(str(data), model="none").scored
    ids = scored.scores["account_id"].tolist()
    from dataclasses import replace

    from churngrid.serving.company.config import FACT_FIELDS
    from churngrid.serving.company.playbook_file import read_playbook
    from churngrid.serving.report.account_story import account_story

    renamed = scored.scores.assign(account_name=[ids[1], *["x"] * (len(ids) - 1)])
    story = account_story(replace(scored, scores=renamed), ids[1], read_playbook(None, FACT_FIELDS))
    assert story.account["account_id"] == ids[1]


def test_hash_of_the_settings_does_not_depend_on_the_machine():
    digests = {
        read_config(Settings(threads=threads, memory_mb=memory)).digest
        for threads, memory in [(None, 4096), (1, 50), (8, 9999)]
    }
    assert len(digests) == 1
    assert read_config(Settings(currency="EUR")).digest not in digests


HOLDS = """
import sys, duckdb
connection = duckdb.connect(sys.argv[1])
print("held", flush=True)
sys.stdin.readline()
"""


def test_second_writer_of_a_duckdb_file_waits_for_the_first(tmp_path, monkeypatch):
    path = tmp_path / "results.duckdb"
    open_store(path).write(results(OCTOBER))
    with subprocess.Popen(
        [sys.executable, "-c", HOLDS, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout.readline() == "held\n"

        def let_go(_):
            other.kill()
            other.wait(timeout=60)

        monkeypatch.setattr(database_store, "sleep", let_go)
        open_store(path).write(results(NOVEMBER))
    assert dates(path) == [OCTOBER, NOVEMBER]


def test_link_that_leads_to_itself_is_refused_in_words(tmp_path):
    from churngrid.serving.results.stores import check_apart

    loop, data = tmp_path / "loop", tmp_path / "data"
    loop.symlink_to(loop)
    data.mkdir()
    check_apart(loop, data)
    with pytest.raises(ArtifactError, match=r"folder '.*loop' cannot be written: "):
        open_store(loop).write(results("2025-12-01"))
