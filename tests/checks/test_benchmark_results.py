"""A benchmark run one world at a time keeps the rows of the others, each table for itself."""

import importlib
from pathlib import Path
from types import ModuleType

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def results(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    script = importlib.import_module("results")
    monkeypatch.setattr(script, "RESULTS", tmp_path / "RESULTS.md")
    return script


def section(results: ModuleType, said: str, rows: list, others: list) -> list[str]:
    first = results.markdown(("world", "loss"), rows)
    return ["# Worlds", "", said, "", *first, "", *results.markdown(("world", "gain"), others)]


def test_new_rows_of_a_world_replace_its_old_ones_and_the_others_stay(results: ModuleType) -> None:
    old = section(results, "Then.", [("a", 1), ("a", 2), ("b", 3)], [("a", 4), ("b", 5)])
    results.write_section(old, by_world=True)
    results.write_section(["# Other", "", "| world | loss |", "|---|---|", "| a | 9 |"])
    new = section(results, "Now.", [("a", 6), ("c", 7)], [("a", 8)])
    results.write_section(new, by_world=True)
    merged = section(results, "Now.", [("a", 6), ("b", 3), ("c", 7)], [("a", 8), ("b", 5)])
    kept = results.RESULTS.read_text(encoding="utf-8")
    assert kept.startswith("\n".join(merged))
    assert kept.endswith("| a | 9 |\n")


def test_a_whole_benchmark_leaves_nothing_of_the_one_before(results: ModuleType) -> None:
    results.write_section(section(results, "Then.", [("a", 1), ("b", 3)], [("b", 5)]))
    new = section(results, "Now.", [("a", 6)], [("a", 8)])
    results.write_section(new)
    assert results.RESULTS.read_text(encoding="utf-8") == "\n".join(new) + "\n"
