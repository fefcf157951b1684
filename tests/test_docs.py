"""The reference pages say what the declarations say."""

import importlib.util
from pathlib import Path

import pytest

import churngrid

ROOT = Path(__file__).parents[1]


def generator():
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", sorted(generator().PAGES))
def test_reference_page_is_up_to_date(name):
    assert (ROOT / "docs" / name).read_text() == generator().PAGES[name](), "run `make docs`"


def test_python_reference_names_everything_public():
    page = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    listed = {line.split(".")[-1] for line in page.splitlines() if line.startswith("::: ")}
    assert listed == {name for name in churngrid.__all__ if name[0] != "_"}


def test_every_page_stands_in_the_site():
    nav = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    pages = [path.relative_to(ROOT / "docs") for path in (ROOT / "docs").rglob("*.md")]
    pages += [Path("notebooks", path.name) for path in (ROOT / "notebooks").glob("*.ipynb")]
    shown = {str(page) for page in pages if page.parent.name != "decisions"}
    assert {page for page in shown if f": {page}\n" not in nav} == set()
