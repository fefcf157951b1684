"""How much of the machine a computation takes."""

import os

import pytest

from churngrid.features.schema.effort import DEFAULT_EFFORT, Effort

MEGABYTE = 1 << 20


def test_all_cores_are_used_unless_told_otherwise(monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 6)
    assert DEFAULT_EFFORT.workers == Effort().workers == 6
    assert Effort(threads=2).workers == 2


def test_where_cores_cannot_be_counted_there_is_one(monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert Effort().workers == 1


def test_little_work_is_one_part_for_each_at_work():
    assert Effort(memory_mb=1).parts(0) == 1
    assert Effort(memory_mb=1).parts(0, 3) == 3


@pytest.mark.parametrize(
    ("needed", "parts"),
    [(1 * MEGABYTE, 2), (2 * MEGABYTE, 2), (2 * MEGABYTE + 1, 3), (10 * MEGABYTE, 10)],
)
def test_parts_at_work_fit_into_the_memory_together(needed, parts):
    """Two at a time and 2 MB: each part may keep 1 MB."""
    assert Effort(memory_mb=2).parts(needed, 2) == parts
    assert needed / parts * 2 <= 2 * MEGABYTE
