"""`init` in a folder of tables: they are read, and what is written is never read as one."""

import pandas as pd
import pytest

from churngrid.features.ingest.read import open_source
from churngrid.serving.api.init import init

KEYS = [f"acc-{number:04d}" for number in range(8)]


@pytest.fixture
def folder(tmp_path):
    customers = pd.DataFrame({"Customer ID": KEYS, "Customer Name": KEYS, "MRR": "100"})
    customers.assign(**{"Start Date": "2025-01-05"}).to_csv(tmp_path / "customers.csv", index=False)
    return tmp_path


def test_tables_of_the_folder_are_read_and_the_files_go_below_it(folder):
    done = init(folder)
    assert {part.table for part in done.proposal.parts} == {"accounts", "subscription_items"}
    assert {path.parent for path in done.written} == {folder / "churngrid"}
    assert "were read" in done.proposal.notes[0]
    assert done.check is not None
    assert done.next == f"cd {folder / 'churngrid'} && churngrid score"
    assert str(folder) in (folder / "churngrid" / "churngrid.yaml").read_text()


def test_what_init_wrote_is_no_table_of_the_data(folder):
    init(folder)
    (folder / "churngrid" / "churngrid-results").mkdir()
    (folder / "churngrid" / "churngrid-results" / "scores.csv").write_text("account_id\na\n")
    assert open_source(folder).names() == ("customers",)


def test_a_folder_without_tables_is_filled_as_before(tmp_path):
    done = init(tmp_path)
    assert done.proposal is None
    assert {path.parent for path in done.written} == {tmp_path}
    assert done.next.endswith("churngrid check DATA")
