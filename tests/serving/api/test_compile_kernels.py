"""What compiling ahead says it did, and what it compiles with."""

from pathlib import Path

from churngrid.serving.api import compile_kernels as kernels
from churngrid.serving.api.compile_kernels import Compiled


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
