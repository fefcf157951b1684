"""However a command ends: one sentence, valid JSON, a code of its own, and nothing left behind."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from churngrid.features.errors import ArtifactError, NoRoomError
from churngrid.features.system_errors import raise_if_full, room_words, writing
from churngrid.features.whole_file import (
    made_folder,
    replace_all,
    scratch_folder,
    write_all,
    write_whole,
)
from churngrid.serving.cli.run_command import Talk, talking

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals and locks of POSIX")

# The command line for real, with a verb that does what each test needs.
PROGRAM = """
import os, signal, sys, tempfile
from pathlib import Path
import numpy as np
import pyarrow as pa
from churngrid.features.ingest.growing_table import GatheredTable
from churngrid.features.whole_file import scratch_folder, whole_file
from churngrid.serving.api import check as verbs
from churngrid.serving.cli import app

def spilled():
    table = GatheredTable(pa.schema({"n": pa.float64()}), memory_mb=0)
    table.add(pa.table({"n": np.zeros(200_000)}))
    return table

def work(data, settings=None, **options):
    how, out = os.environ["HOW"], Path(os.environ["PLACE"])
    with scratch_folder() as scratch, whole_file(out / "result.csv") as file:
        (scratch / "model").write_bytes(bytes(100_000))
        file.write(bytes(100_000))
        held = spilled()
        if how == "memory":
            raise MemoryError
        if how == "depth":
            def deeper(): deeper()
            deeper()
        if how == "crash":
            raise AttributeError("'NoneType' object has no attribute 'x'")
        os.kill(os.getpid(), getattr(signal, how))
        for _ in range(10_000_000):
            pass

verbs.check = work
app.main()
"""


@pytest.fixture
def run(tmp_path):
    """Run the program and say how it ended; its temporary files have a folder of their own."""
    temporary, out = tmp_path / "temporary", tmp_path / "out"
    temporary.mkdir()
    out.mkdir()

    def started(how, *options, stdout=subprocess.PIPE):
        return subprocess.run(
            [sys.executable, "-c", PROGRAM, "check", "data", *options],
            check=False,
            stdout=stdout,
            stderr=subprocess.PIPE,
            text=True,
            timeout=120,
            env=os.environ | {"HOW": how, "PLACE": str(out), "TMPDIR": str(temporary)},
        )

    started.temporary, started.out = temporary, out
    return started


def left(folder):
    return [path.name for path in folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    ("how", "code", "said"),
    [
        ("SIGTERM", 143, "Terminated."),
        ("SIGINT", 130, "Interrupted."),
        ("memory", 3, "memory of this machine does not suffice"),
        ("depth", 3, "RecursionError"),
        ("crash", 3, "AttributeError ('NoneType' object has no attribute 'x')"),
    ],
)
def test_command_that_is_stopped_says_so_and_leaves_nothing(run, how, code, said):
    done = run(how, "--json")
    assert done.returncode == code
    assert said in json.loads(done.stdout)["error"]
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert left(run.temporary) == left(run.out) == []


def test_killed_command_leaves_little_and_the_next_one_nothing(run):
    assert run("SIGKILL").returncode == -signal.SIGKILL
    # What was kept on disk had no name; what has one is removed by the next run.
    assert sum(path.stat().st_size for path in run.temporary.rglob("*")) < 200_000
    assert run("crash").returncode == 3
    assert left(run.temporary) == left(run.out) == []


def test_output_that_nobody_takes_is_a_fault_and_told_on_standard_error(run):
    if not Path("/dev/full").exists():
        pytest.skip("this system has no device that is always full")
    for options in ((), ("--json",)):
        with open("/dev/full", "w") as full:
            done = run("crash", *options, stdout=full)
        assert done.returncode == 3
        assert "AttributeError" in done.stderr
        assert "Traceback" not in done.stderr


def test_result_that_cannot_be_told_is_not_done():
    program = (
        "from churngrid.serving.cli import app\n"
        "from churngrid.serving.api import check_files as verbs\n"
        "verbs.check_file = lambda *_: []\n"
        "app.main()\n"
    )
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-c", program, "playbook", "check", "x.yaml", "--json"],
            check=False,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=120,
        )
    assert done.returncode == 3
    assert done.stderr.startswith("The work is done, but ")
    assert "standard output cannot be written: No space" in done.stderr


def test_output_that_is_closed_is_told_on_standard_error(monkeypatch):
    monkeypatch.setattr(sys, "stdout", None)
    with pytest.raises(Exception, match="it is closed") as untold:
        Talk(as_json=False, quiet=True).tell({}, lambda _: None)
    assert str(untold.value) == "standard output cannot be written: it is closed"


# Files whole or not at all


def test_file_that_is_being_written_is_not_swept_by_another(tmp_path):
    program = (
        "import sys; from pathlib import Path\n"
        "from churngrid.features.whole_file import write_whole\n"
        "write_whole(Path(sys.argv[1]), b'second')\n"
    )
    from churngrid.features.whole_file import whole_file

    with whole_file(tmp_path / "a.csv") as file:
        file.write(b"first")
        subprocess.run([sys.executable, "-c", program, str(tmp_path / "a.csv")], check=True)
        assert (tmp_path / "a.csv").read_bytes() == b"second"
    assert (tmp_path / "a.csv").read_bytes() == b"first"
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]


def test_scratch_folder_in_use_is_not_swept(tmp_path, monkeypatch):
    import tempfile

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with scratch_folder() as first, scratch_folder() as second:
        assert first.is_dir()
        assert second.is_dir()
    assert list(tmp_path.iterdir()) == []


def test_new_files_are_written_all_or_none(tmp_path):
    (tmp_path / "b").write_text("mine")
    with pytest.raises(FileExistsError):
        write_all(tmp_path, {"a": b"1", "b": b"2", "c": b"3"})
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"b": "mine"}


def test_what_the_system_refuses_names_the_place_and_the_next_step():
    with (
        pytest.raises(
            ArtifactError, match=r"^store 'a' cannot be written: Read-only: 'b'\. Move\.$"
        ),
        writing("store 'a'", step="Move."),
    ):
        raise OSError(30, "Read-only", "b")
    with pytest.raises(NoRoomError, match="The disk has no room for 'a'"):
        raise_if_full(OSError(28, "No space left on device"), "'a'")


def test_files_that_belong_together_are_replaced_all_or_none(tmp_path):
    replace_all(tmp_path, {"a": b"1", "b": b"1"})
    (tmp_path / "c").mkdir()
    with pytest.raises(OSError, match="c"):
        replace_all(tmp_path, {"a": b"2", "b": b"2", "c/d/e": b"2"})
    assert [(tmp_path / name).read_bytes() for name in "ab"] == [b"1", b"1"]
    replace_all(tmp_path, {"a": b"2", "b": b"2"})
    assert [(tmp_path / name).read_bytes() for name in "ab"] == [b"2", b"2"]


def test_folder_that_was_made_for_nothing_goes_again(tmp_path):
    (tmp_path / "kept").mkdir()
    for place in (tmp_path / "kept", tmp_path / "new" / "deep"):
        with pytest.raises(ZeroDivisionError), made_folder(place):
            raise ZeroDivisionError
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]


def test_where_a_file_can_have_one_name_only_none_is_replaced(tmp_path, monkeypatch):
    def one_name_only(*_):
        raise OSError("not supported")

    monkeypatch.setattr(os, "link", one_name_only)
    write_whole(tmp_path / "a", b"1", replace=False)
    with pytest.raises(FileExistsError, match="is already there"):
        write_whole(tmp_path / "a", b"2", replace=False)
    assert (tmp_path / "a").read_bytes() == b"1"


LIMITED = """
import resource, signal, sys
from pathlib import Path
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), int(sys.argv[1])))
from churngrid.features.errors import ArtifactError
from churngrid.features.whole_file import write_all
from churngrid.serving.results.stores import open_store, write_tables
from churngrid.training.registry.mlflow_registry import local_uri, log_training
from tests.serving.kept import results
from tests.faults.test_stored_models import REPORT, model

place = Path(sys.argv[2])
try:
    {
        "results": lambda: open_store(place).write(
            results("2025-12-01"), files={"report.html": "x" * 100_000}
        ),
        "tables": lambda: write_tables(place, results("2025-12-01", accounts=range(5_000))),
        "init": lambda: write_all(place, {"a": b"1", "b": bytes(100_000)}),
        "models": lambda: log_training(local_uri(place), model(), REPORT),
    }[sys.argv[3]]()
except (ArtifactError, OSError) as error:
    print(error)
"""


@pytest.mark.parametrize(
    ("what", "size", "said"),
    [
        ("results", 50_000, "The disk has no room for folder "),
        ("tables", 2_000, "The disk has no room for folder "),
        ("init", 50_000, "The disk has no room for "),
        ("models", 500_000, "The disk has no room for model store "),
    ],
)
def test_full_disk_leaves_no_half_made_file(tmp_path, what, size, said):
    place = tmp_path / "place"
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(size), str(place), what],
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert said in done.stdout
    assert done.stderr == ""
    kept = {path.name for path in place.rglob("*") if path.is_file()} - {".lock"}
    assert kept == set()
    assert not list(place.rglob(".*staged*"))


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (OSError(28, "No space left on device"), 3, "The disk has no room for temporary files. "),
        (OSError(28, "No space left", "/a/b"), 3, "The disk has no room for '/a/b'. Make room"),
        (
            NoRoomError(room_words("folder 'a'")),
            3,
            "The disk has no room for folder 'a'. Make room",
        ),
        (RuntimeError("database or disk is full"), 3, "The disk has no room for temporary files"),
        (IsADirectoryError(21, "Is a directory", "/a"), 2, "'/a' cannot be used: Is a directory."),
        (PermissionError(13, "Permission denied"), 2, "The system refused: Permission denied."),
        (OSError("of a library"), 2, "of a library"),
    ],
)
def test_what_the_system_refuses_is_said_in_words(error, code, said, capsys):
    with pytest.raises(typer.Exit) as end, talking(as_json=True, quiet=True, debug=False):
        raise error
    assert end.value.exit_code == code
    told = json.loads(capsys.readouterr().out)["error"]
    assert told.startswith(said)
    assert "Errno" not in told


def test_working_folder_that_is_gone_is_said(monkeypatch, capsys):
    def gone():
        raise FileNotFoundError(2, "No such file or directory")

    monkeypatch.setattr(os, "getcwd", gone)
    with pytest.raises(typer.Exit) as end, talking(as_json=False, quiet=True, debug=False):
        gone()
    assert end.value.exit_code == 2
    assert "The working folder is gone; change into one that is there." in capsys.readouterr().err
