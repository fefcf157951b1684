"""Every notebook runs from top to bottom in a fresh kernel; together they make one company."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from churngrid.demo import example_company

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))
RAW = ("csm_id", "p_churn", "arr_at_risk", "active_users_28d")
"""Names of columns, which nobody should have to read."""


def shown_tables(notebook):
    """The tables that a notebook shows, as HTML."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    return [
        output["data"]["text/html"] for output in outputs if "text/html" in output.get("data", {})
    ]


def test_there_is_a_notebook_for_every_job():
    assert len(NOTEBOOKS) == 6


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_is_stored_with_its_outputs_and_without_errors(path):
    notebook = nbformat.read(path, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert sum(bool(cell.outputs) for cell in code) >= 6
    assert all(output.output_type != "error" for cell in code for output in cell.outputs)
    assert not any("def " in line[:4] for cell in code for line in cell.source.splitlines())


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_tables_have_labels(path):
    tables = shown_tables(nbformat.read(path, as_version=4))
    assert not [name for name in RAW for table in tables if f">{name}<" in table]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Where all of them run: with a company smaller than that of the stored outputs.

    Quarters teach nearly as much as months, in a third of the time.
    """
    place = tmp_path_factory.mktemp("notebooks")
    data = example_company(place / "company", accounts=120)
    (data / "churngrid.yaml").write_text("as_of_step: quarter\n", encoding="utf-8")
    return place


def smaller(notebook):
    """The same notebook on a smaller company with planted plays."""
    for cell in notebook.cells:
        cell.source = cell.source.replace("build_company(1150,", "build_company(500,")
    return notebook


@pytest.mark.long
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_runs_and_shows_something(path, folder):
    notebook = smaller(nbformat.read(path, as_version=4))
    resources = {"metadata": {"path": str(folder)}}
    NotebookClient(notebook, timeout=600, resources=resources).execute()
    shown = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.outputs]
    assert len(shown) >= 6
