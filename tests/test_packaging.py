"""What is shipped is what is there, and the parts depend on each other one way only."""

import ast
import tomllib
from fnmatch import fnmatch
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PARTS = ("features", "training", "serving", "demo")
SETUPTOOLS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]

MAY_USE = {
    "features": {"features"},
    "demo": {"demo", "features"},
    "training": {"training", "features"},
    "serving": {"serving", "training", "features", "demo"},
}


def modules(part):
    return sorted((ROOT / part).rglob("*.py"))


def imported(path):
    """The modules a file imports, relative ones from the root of the package."""
    home = path.relative_to(ROOT).parent.parts
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = home[: len(home) - node.level + 1] if node.level else ()
            yield ".".join([*above, *((node.module or "").split(".") if node.module else [])])


def test_every_package_is_listed():
    found = {"churngrid"} | {
        ".".join(["churngrid", *path.parent.relative_to(ROOT).parts])
        for part in PARTS
        for path in (ROOT / part).rglob("__init__.py")
    }
    assert set(SETUPTOOLS["packages"]) == found


def test_every_data_file_is_shipped():
    patterns = SETUPTOOLS["package-data"]
    for part in PARTS:
        for path in (ROOT / part).rglob("*"):
            if path.suffix in {".yaml", ".j2"}:
                home = ".".join(["churngrid", *path.parent.relative_to(ROOT).parts])
                assert any(fnmatch(path.name, pattern) for pattern in patterns.get(home, [])), path


@pytest.mark.parametrize("part", PARTS)
def test_parts_depend_one_way(part):
    for path in modules(part):
        used = {name.split(".")[0] for name in imported(path)} & set(PARTS)
        assert used <= MAY_USE[part], path


@pytest.mark.parametrize(
    ("package", "expected"),
    [
        ("mlflow", {"mlflow_store.py", "mlflow_run.py", "mlflow_registry.py"}),
        ("pyspark", {"on_spark.py"}),
    ],
)
def test_large_package_is_imported_in_one_place(package, expected):
    users = {
        path.name
        for part in PARTS
        for path in modules(part)
        if any(name.split(".")[0] == package for name in imported(path))
    }
    assert users == expected


def names_of(node):
    """What a node takes of joblib: itself, or names of it that do more than count threads."""
    if isinstance(node, ast.Import):
        return {alias.name.split(".")[0] for alias in node.names}
    if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "joblib":
        return set() if {a.name for a in node.names} == {"effective_n_jobs"} else {"joblib"}
    return set()


def test_nothing_is_pickled_or_evaluated():
    for part in PARTS:
        for path in modules(part):
            assert not {"pickle", "cloudpickle", "dill"} & set(imported(path)), path
            nodes = list(ast.walk(ast.parse(path.read_text())))
            # Of joblib, which pickles, only how it counts threads.
            assert not any("joblib" in names_of(node) for node in nodes), path
            called = {
                node.func.id
                for node in nodes
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
            }
            assert not {"eval", "exec"} & called, path
